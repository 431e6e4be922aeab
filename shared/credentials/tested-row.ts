import type { Metadata } from '../providers/format-check.ts';
import { hasCandidateCredential } from './changed-row.ts';
import type { IntegrationRow, LastCheck, VisibleRow } from './integration-row.ts';
import type { RowDraft } from './integration-store.ts';
import { candidateAfter, isVerdict, type LifecycleEvent } from './lifecycle.ts';
import { hasRunOut, NO_CANDIDATE, statusAfter } from './row-drafts.ts';

/** What a test is about: the candidate if one waits for it, else what is in use. */
export interface Subject {
  /** Null for a manual entry. */
  readonly ciphertext: string | null;
  readonly fingerprint: string;
  readonly metadata: Metadata;
  readonly expiresAt: string | null;
  readonly isCandidate: boolean;
}

export function subjectOf(row: IntegrationRow): Subject {
  const isCandidate = row.candidate_status === 'PENDING';
  const hasOwn = hasCandidateCredential(row);
  return {
    ciphertext: hasOwn ? row.candidate_encrypted_credentials : row.encrypted_credentials,
    fingerprint: (isCandidate ? row.candidate_fingerprint : null) ?? row.fingerprint,
    metadata: (isCandidate ? row.candidate_metadata : null) ?? row.metadata,
    expiresAt: hasOwn ? row.candidate_expires_at : row.expires_at,
    isCandidate,
  };
}

/** The latest test of the row's subject. */
export function lastCheckOf(row: Pick<VisibleRow, 'candidate_status' | 'candidate_last_check' | 'last_check'>) {
  return row.candidate_status === 'PENDING' ? row.candidate_last_check : row.last_check;
}

/** The row after a test of its subject; only a verdict moves a status. */
export function testedRow(row: IntegrationRow, check: LastCheck, discovered: Metadata | undefined): RowDraft {
  const { isCandidate, expiresAt } = subjectOf(row);
  const isOver = check.outcome === 'accepted' && hasRunOut(expiresAt, new Date(check.at));
  const event = isOver ? 'expired' : check.outcome;
  const stamped = { ...row, updated_at: check.at, updated_by: 'validation' };
  return isCandidate
    ? testedCandidate(stamped, event, check, discovered)
    : testedActive(stamped, event, check, discovered);
}

/** The row whose test came to no verdict however often it was tried. */
export function givenUpRow(row: IntegrationRow, check: LastCheck): RowDraft {
  return { ...testedRow(row, { ...check, given_up: true }, undefined), updated_by: 'upkeep' };
}

function testedActive(
  row: IntegrationRow,
  event: LifecycleEvent,
  check: LastCheck,
  discovered: Metadata | undefined,
): RowDraft {
  return {
    ...row,
    validation_status: statusAfter(row.validation_status, event),
    last_check: check,
    last_validated_at: isVerdict(check.outcome) ? check.at : row.last_validated_at,
    discovered: discovered ?? row.discovered,
  };
}

function testedCandidate(
  row: IntegrationRow,
  event: LifecycleEvent,
  check: LastCheck,
  discovered: Metadata | undefined,
): RowDraft {
  const step = candidateAfter(event);
  if (step === undefined) throw new Error(`${event} has no place on a candidate`);
  if (step === 'promoted') return promoted(row, check, discovered);
  // A credential that was refused is kept nowhere.
  const wiped = step === 'PENDING' ? {} : { candidate_encrypted_credentials: null, candidate_kms_key_version: null };
  return { ...row, ...wiped, candidate_status: step, candidate_last_check: check };
}

function promoted(row: IntegrationRow, check: LastCheck, discovered: Metadata | undefined): RowDraft {
  const { ciphertext, fingerprint, metadata, expiresAt } = subjectOf(row);
  const hasOwn = hasCandidateCredential(row);
  return {
    ...row,
    ...NO_CANDIDATE,
    validation_status: 'VALID',
    encrypted_credentials: ciphertext,
    kms_key_version: hasOwn ? row.candidate_kms_key_version : row.kms_key_version,
    fingerprint,
    metadata,
    expires_at: expiresAt,
    last_check: check,
    last_validated_at: check.at,
    discovered: discovered ?? (hasOwn ? null : row.discovered),
  };
}
