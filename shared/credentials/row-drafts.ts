import type { Metadata } from '../providers/format-check.ts';
import { isVerdict, after } from './lifecycle.ts';
import type { SealedCredential } from './credential-cipher.ts';
import { CREDENTIAL_FORMAT, type IntegrationRow, type LastCheck } from './integration-row.ts';
import type { RowDraft } from './integration-store.ts';

export interface NewIntegration {
  readonly org: string;
  readonly providerKey: string;
  readonly credentialId: string;
  /** Absent for a manual entry. */
  readonly sealed: SealedCredential | undefined;
  readonly fingerprint: string;
  readonly metadata: Metadata;
  readonly label: string | null;
  readonly expiresAt: string | null;
  readonly actor: string;
  readonly at: Date;
}

const NO_CANDIDATE = {
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
  const { sealed, at, actor } = integration;
  const event = sealed ? 'submitted' : 'entered_by_hand';
  const now = at.toISOString();
  return {
    ...NO_CANDIDATE,
    org_slug: integration.org,
    provider_key: integration.providerKey,
    credential_id: integration.credentialId,
    label: integration.label,
    validation_status: statusAfter('NOT_CONFIGURED', event),
    encrypted_credentials: sealed?.ciphertext ?? null,
    fingerprint: integration.fingerprint,
    kms_key_version: sealed?.kmsKeyVersion ?? null,
    credential_format: CREDENTIAL_FORMAT,
    metadata: integration.metadata,
    discovered: null,
    last_check: sealed ? null : { outcome: 'accepted', at: now, checks: BY_HAND },
    last_validated_at: sealed ? null : now,
    expires_at: integration.expiresAt,
    created_at: now,
    created_by: actor,
    updated_at: now,
    updated_by: actor,
    deleted_at: null,
  };
}

/** What stays of a row: its version goes on, and nothing that opens anything. */
export function tombstone(row: IntegrationRow, actor: string, at: Date): RowDraft {
  const now = at.toISOString();
  return { ...row, ...NO_CANDIDATE, encrypted_credentials: null, updated_at: now, updated_by: actor, deleted_at: now };
}

/** The row after a test; only a verdict moves the status. */
export function testedRow(row: IntegrationRow, check: LastCheck, discovered: Metadata | undefined): RowDraft {
  const isJudged = isVerdict(check.outcome);
  const hasRunOut = row.expires_at !== null && row.expires_at <= check.at;
  const event = check.outcome === 'accepted' && hasRunOut ? 'expired' : check.outcome;
  return {
    ...row,
    validation_status: statusAfter(row.validation_status, event),
    last_check: check,
    last_validated_at: isJudged ? check.at : row.last_validated_at,
    discovered: discovered ?? row.discovered,
    updated_at: check.at,
    updated_by: 'validation',
  };
}

function statusAfter(...step: Parameters<typeof after>): IntegrationRow['validation_status'] {
  const state = after(...step);
  if (state === undefined || state === 'NOT_CONFIGURED') throw new Error(`${step[1]} has no place in ${step[0]}`);
  return state;
}
