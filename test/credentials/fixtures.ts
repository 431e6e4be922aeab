import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';

export const NOW = new Date('2026-11-24T12:00:00.000Z');
export const clock = { now: () => NOW };

/** A stored integration, PENDING unless changed. */
export function aRow(changes: Partial<IntegrationRow> = {}): IntegrationRow {
  return {
    org_slug: 'acme',
    provider_key: 'OPENAI',
    credential_id: 'cred_1',
    label: null,
    validation_status: 'PENDING',
    encrypted_credentials: 'c2VhbGVk',
    fingerprint: '1a557469',
    kms_key_version: 'projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1',
    credential_format: 1,
    candidate_encrypted_credentials: null,
    candidate_fingerprint: null,
    candidate_kms_key_version: null,
    candidate_metadata: null,
    candidate_expires_at: null,
    candidate_status: null,
    candidate_submitted_at: null,
    candidate_last_check: null,
    metadata: {},
    discovered: null,
    last_check: null,
    last_validated_at: null,
    expires_at: null,
    version: 1,
    last_request_id: 'write-1',
    created_at: NOW.toISOString(),
    created_by: 'ana',
    updated_at: NOW.toISOString(),
    updated_by: 'ana',
    deleted_at: null,
    ...changes,
  };
}
