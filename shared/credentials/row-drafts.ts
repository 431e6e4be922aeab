import type { Metadata } from '../providers/format-check.ts';
import type { SealedCredential } from './credential-cipher.ts';
import { CREDENTIAL_FORMAT, type IntegrationRow, type LastCheck, type VisibleRow } from './integration-row.ts';
import type { RowDraft } from './integration-store.ts';
import { after, type LifecycleEvent, type State, type Status } from './lifecycle.ts';

/** Who changes a row, and when. */
export interface Change {
  readonly actor: string;
  readonly at: Date;
}

export interface NewIntegration extends Change {
  readonly org: string;
  readonly providerKey: string;
  readonly credentialId: string;
  /** Absent for a manual entry. */
  readonly sealed: SealedCredential | undefined;
  readonly fingerprint: string;
  readonly metadata: Metadata;
  readonly label: string | null;
  readonly expiresAt: string | null;
}

export const NO_CANDIDATE = {
  candidate_encrypted_credentials: null,
  candidate_fingerprint: null,
  candidate_kms_key_version: null,
  candidate_metadata: null,
  candidate_expires_at: null,
  candidate_status: null,
  candidate_submitted_at: null,
  candidate_last_check: null,
} as const;

const BY_HAND: LastCheck['checks'] = [
  { id: 'manual_entry', status: 'pass', message: 'Entered by hand; there is nothing to test.' },
];

/** The row of a first setup. */
export function newRow(integration: NewIntegration): RowDraft {
  const { sealed, at, actor, expiresAt } = integration;
  const now = at.toISOString();
  const row = {
    ...NO_CANDIDATE,
    org_slug: integration.org,
    provider_key: integration.providerKey,
    credential_id: integration.credentialId,
    label: integration.label,
    encrypted_credentials: sealed?.ciphertext ?? null,
    fingerprint: integration.fingerprint,
    kms_key_version: sealed?.kmsKeyVersion ?? null,
    credential_format: CREDENTIAL_FORMAT,
    metadata: integration.metadata,
    discovered: null,
    last_check: null,
    last_validated_at: null,
    expires_at: expiresAt,
    created_at: now,
    created_by: actor,
    updated_at: now,
    updated_by: actor,
    deleted_at: null,
  };
  if (!sealed) return { ...row, ...enteredByHand('NOT_CONFIGURED', expiresAt, at) };
  return { ...row, validation_status: statusAfter('NOT_CONFIGURED', 'submitted') };
}

/** The columns in which a manual entry is judged, which is at once. */
export function enteredByHand(
  state: State,
  expiresAt: string | null,
  at: Date,
): Pick<RowDraft, 'validation_status' | 'last_check' | 'last_validated_at'> {
  const now = at.toISOString();
  const status = statusAfter(state, 'entered_by_hand');
  return {
    validation_status: hasRunOut(expiresAt, at) ? statusAfter(status, 'ran_out') : status,
    last_check: { outcome: 'accepted', at: now, checks: BY_HAND },
    last_validated_at: now,
  };
}

/** What stays of a row: its version goes on, and nothing that opens anything. */
export function tombstone(row: VisibleRow, { actor, at }: Change): RowDraft {
  const now = at.toISOString();
  return { ...row, ...NO_CANDIDATE, encrypted_credentials: null, updated_at: now, updated_by: actor, deleted_at: now };
}

/** The row whose stated expiry has passed. */
export function expiredRow(row: IntegrationRow, { actor, at }: Change): RowDraft {
  const validation_status = statusAfter(row.validation_status, 'ran_out');
  return { ...row, validation_status, updated_at: at.toISOString(), updated_by: actor };
}

/** The row with its ciphertexts sealed anew; nothing else of it changes. */
export function reencryptedRow(
  row: IntegrationRow,
  { sealed, sealedCandidate }: { sealed: SealedCredential | undefined; sealedCandidate: SealedCredential | undefined },
  { actor, at }: Change,
): RowDraft {
  return {
    ...row,
    encrypted_credentials: sealed?.ciphertext ?? row.encrypted_credentials,
    kms_key_version: sealed?.kmsKeyVersion ?? row.kms_key_version,
    candidate_encrypted_credentials: sealedCandidate?.ciphertext ?? row.candidate_encrypted_credentials,
    candidate_kms_key_version: sealedCandidate?.kmsKeyVersion ?? row.candidate_kms_key_version,
    updated_at: at.toISOString(),
    updated_by: actor,
  };
}

/** A manual entry has nothing to seal and nothing to test. */
export function isByHand({ kms_key_version }: Pick<VisibleRow, 'kms_key_version'>): boolean {
  return kms_key_version === null;
}

/** Whether somebody waits for a test: of the credential itself, or of its candidate. */
export function awaitsTest({ validation_status, candidate_status }: VisibleRow): boolean {
  return validation_status === 'PENDING' || candidate_status === 'PENDING';
}

export function hasRunOut(expiresAt: string | null, now: Date): boolean {
  return expiresAt !== null && new Date(expiresAt) <= now;
}

export function statusAfter(state: State, event: LifecycleEvent): Status {
  const next = after(state, event);
  if (next === undefined || next === 'candidate' || next === 'NOT_CONFIGURED') {
    throw new Error(`${event} has no place in ${state}`);
  }
  return next;
}
