import type { Metadata } from '../providers/format-check.ts';
import type { SealedCredential } from './credential-cipher.ts';
import type { IntegrationRow, VisibleRow } from './integration-row.ts';
import type { RowDraft } from './integration-store.ts';
import { after } from './lifecycle.ts';
import { enteredByHand, hasRunOut, isByHand, NO_CANDIDATE, statusAfter, type Change } from './row-drafts.ts';

/** Label and expiry; what is undefined stays. */
export interface Edit {
  readonly label?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
}

/** Another credential, other metadata, or both. */
export interface Replacement extends Edit {
  /** Absent when the credential stays. */
  readonly sealed: SealedCredential | undefined;
  readonly fingerprint: string;
  readonly metadata: Metadata;
}

/** The credential and metadata that a change builds on: those last submitted, unless their test has failed. */
export interface Basis {
  readonly ciphertext: string | null;
  readonly kmsKeyVersion: string | null;
  readonly fingerprint: string;
  readonly metadata: Metadata;
  readonly expiresAt: string | null;
}

export function basisOf(row: IntegrationRow): Basis {
  const metadata = row.candidate_status === 'PENDING' ? (row.candidate_metadata ?? row.metadata) : row.metadata;
  if (!hasCandidateCredential(row)) {
    const { encrypted_credentials: ciphertext, kms_key_version: kmsKeyVersion, fingerprint, expires_at } = row;
    return { ciphertext, kmsKeyVersion, fingerprint, metadata, expiresAt: expires_at };
  }
  return {
    ciphertext: row.candidate_encrypted_credentials,
    kmsKeyVersion: row.candidate_kms_key_version,
    fingerprint: row.candidate_fingerprint ?? row.fingerprint,
    metadata,
    expiresAt: row.candidate_expires_at,
  };
}

/** Whether a candidate under test brings a credential of its own; one that changes metadata only has none. */
export function hasCandidateCredential({ candidate_status, candidate_kms_key_version }: VisibleRow): boolean {
  return candidate_status === 'PENDING' && candidate_kms_key_version !== null;
}

/** The row with another label or expiry. An expiry that has passed takes effect at once. */
export function editedRow(row: IntegrationRow, edit: Edit, change: Change): RowDraft {
  const edited = { ...withEdit(row, edit), ...stamp(change) };
  if (isByHand(row)) return { ...edited, ...enteredByHand(row.validation_status, edited.expires_at, change.at) };
  const isOver = row.validation_status === 'VALID' && hasRunOut(edited.expires_at, change.at);
  return { ...edited, validation_status: statusAfter(row.validation_status, isOver ? 'ran_out' : 'edited') };
}

/** The manual entry with other metadata. */
export function reenteredRow(row: IntegrationRow, replacement: Replacement, change: Change): RowDraft {
  const { fingerprint, metadata } = replacement;
  const edited = { ...withEdit(row, replacement), ...NO_CANDIDATE, ...stamp(change), fingerprint, metadata };
  return { ...edited, ...enteredByHand(row.validation_status, edited.expires_at, change.at) };
}

/** The row with another credential or other metadata, which have to pass a test: as candidate while the present one is in use. */
export function replacedRow(row: IntegrationRow, replacement: Replacement, change: Change): RowDraft {
  const { sealed, expiresAt } = replacement;
  // The expiry belongs to the credential: that of the present one takes effect now, that of a new one with it.
  const isKept = sealed === undefined && !hasCandidateCredential(row);
  const present = isKept ? { ...row, ...editedRow(row, { expiresAt }, change) } : row;
  const step = after(present.validation_status, 'replaced');
  return step === 'candidate'
    ? withCandidate(present, replacement, isKept, change)
    : replacedAtOnce(present, replacement, change);
}

function withCandidate(row: IntegrationRow, replacement: Replacement, isKept: boolean, change: Change): RowDraft {
  const { sealed, fingerprint, metadata, label } = replacement;
  return {
    ...withEdit(row, { label }),
    ...stamp(change),
    candidate_encrypted_credentials: sealed?.ciphertext ?? (isKept ? null : row.candidate_encrypted_credentials),
    candidate_kms_key_version: sealed?.kmsKeyVersion ?? (isKept ? null : row.candidate_kms_key_version),
    candidate_expires_at: isKept ? null : expiryOf(replacement, row.candidate_expires_at),
    candidate_fingerprint: fingerprint,
    candidate_metadata: metadata,
    candidate_status: 'PENDING',
    candidate_submitted_at: change.at.toISOString(),
    candidate_last_check: null,
  };
}

function replacedAtOnce(row: IntegrationRow, replacement: Replacement, change: Change): RowDraft {
  const { sealed, fingerprint, metadata, label } = replacement;
  const basis = basisOf(row);
  const isNew = fingerprint !== row.fingerprint;
  return {
    ...withEdit(row, { label }),
    ...NO_CANDIDATE,
    ...stamp(change),
    validation_status: statusAfter(row.validation_status, 'replaced'),
    encrypted_credentials: sealed?.ciphertext ?? basis.ciphertext,
    kms_key_version: sealed?.kmsKeyVersion ?? basis.kmsKeyVersion,
    fingerprint,
    metadata,
    expires_at: expiryOf(replacement, basis.expiresAt),
    last_check: null,
    last_validated_at: isNew ? null : row.last_validated_at,
    discovered: isNew ? null : row.discovered,
  };
}

/** A new credential does not inherit the expiry of the one before. */
function expiryOf({ sealed, expiresAt }: Replacement, present: string | null): string | null {
  if (expiresAt !== undefined) return expiresAt;
  return sealed ? null : present;
}

function withEdit(row: IntegrationRow, { label, expiresAt }: Edit): IntegrationRow {
  return {
    ...row,
    label: label === undefined ? row.label : label,
    expires_at: expiresAt === undefined ? row.expires_at : expiresAt,
  };
}

function stamp({ actor, at }: Change): Pick<RowDraft, 'updated_at' | 'updated_by'> {
  return { updated_at: at.toISOString(), updated_by: actor };
}
