import type { CredentialCipher, SealedCredential } from '../../shared/credentials/credential-cipher.ts';
import { isLive, type IntegrationRow } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { openSealed, type Sealed } from '../../shared/credentials/open-credential.ts';
import { recordChange } from '../../shared/credentials/record-event.ts';
import { reencryptedRow } from '../../shared/credentials/row-drafts.ts';
import type { UpkeepStore } from '../../shared/credentials/upkeep-store.ts';
import type { PrimaryVersions } from '../../shared/gcp/kms-keys.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import type { Logger } from '../../shared/platform/log.ts';
import { forEachRow, type Report } from './task.ts';

export interface ReencryptDeps {
  readonly upkeep: Pick<UpkeepStore, 'listKeyVersions' | 'listSealedUnder'>;
  readonly store: Pick<IntegrationStore, 'findSealed' | 'replace' | 'append'>;
  readonly cipher: Pick<CredentialCipher, 'encrypt' | 'decrypt'>;
  readonly keys: PrimaryVersions;
  readonly clock: Clock;
  readonly log: Logger;
}

const ACTOR = 'upkeep';

/**
 * Seals under the primary version what an older version of its key has sealed, so that the older one can be destroyed.
 *
 * Row by row, each by compare-and-set: a run that is cut off is continued by the next one.
 */
export async function reencryptOld(deps: ReencryptDeps): Promise<Report> {
  const total = { done: 0, failed: 0 };
  for (const version of await oldVersions(deps)) {
    const rows = await deps.upkeep.listSealedUnder(version);
    const { done, failed } = await forEachRow(rows, deps.log, (row) =>
      reencrypt(row.org_slug, row.provider_key, version, deps),
    );
    deps.log.info('key-version-left', { version, done, failed });
    total.done += done;
    total.failed += failed;
  }
  return total;
}

/** Versions in use that are not the primary of their key; a key without a primary version cannot seal anything anew. */
async function oldVersions({ upkeep, keys }: ReencryptDeps): Promise<string[]> {
  const versions = await upkeep.listKeyVersions();
  const names = [...new Set(versions.map(keyOf))];
  const primaries = new Map<string, string | undefined>();
  for (const name of names) primaries.set(name, await keys.primaryOf(name));
  return versions.filter((version) => ![undefined, version].includes(primaries.get(keyOf(version))));
}

function keyOf(version: string): string {
  return version.slice(0, version.indexOf('/cryptoKeyVersions/'));
}

async function reencrypt(org: string, providerKey: string, version: string, deps: ReencryptDeps): Promise<boolean> {
  const row = await deps.store.findSealed(org, providerKey);
  if (!isLive(row)) return false;
  const active = { ciphertext: row.encrypted_credentials, fingerprint: row.fingerprint };
  const candidate = {
    ciphertext: row.candidate_encrypted_credentials,
    fingerprint: row.candidate_fingerprint ?? row.fingerprint,
  };
  const sealed = row.kms_key_version === version ? await sealAnew(row, active, deps) : undefined;
  const sealedCandidate = row.candidate_kms_key_version === version ? await sealAnew(row, candidate, deps) : undefined;
  if (!sealed && !sealedCandidate) return false;
  const by = { actor: ACTOR, at: deps.clock.now() };
  const written = await deps.store.replace(row, reencryptedRow(row, { sealed, sealedCandidate }, by));
  const from = row.validation_status;
  await recordChange(deps, written, { action: 're_encrypted', actor: ACTOR, requestId: null, from });
  return true;
}

async function sealAnew(
  row: IntegrationRow,
  sealed: Sealed,
  deps: ReencryptDeps,
): Promise<SealedCredential | undefined> {
  if (sealed.ciphertext === null) return undefined;
  const credentials = await openSealed(row, sealed, { actor: ACTOR, requestId: null }, deps);
  const { org_slug: org, provider_key: providerKey, credential_id: credentialId } = row;
  return deps.cipher.encrypt(credentials, { org, providerKey, credentialId });
}
