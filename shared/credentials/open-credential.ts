import { ServiceError } from '../platform/errors.ts';
import type { Secret } from '../platform/secret.ts';
import type { Credentials } from '../providers/format-check.ts';
import type { CredentialCache } from './credential-cache.ts';
import type { CredentialCipher } from './credential-cipher.ts';
import type { IntegrationRow } from './integration-row.ts';

export interface OpenDeps {
  readonly cipher: Pick<CredentialCipher, 'decrypt'>;
  readonly cache?: CredentialCache;
}

/**
 * Opens the active credential of a row, through the cache when there is one.
 *
 * Pipelines open VALID rows and nothing else; they read the row anew before each provider session, so that a changed
 * version misses the cache.
 *
 * @throws ServiceError `not_configured` when the row holds no credential; else as `CredentialCipher.decrypt`.
 */
export async function openCredential(row: IntegrationRow, { cipher, cache }: OpenDeps): Promise<Secret<Credentials>> {
  const ciphertext = row.encrypted_credentials;
  if (ciphertext === null) throw new ServiceError('not_configured', 'This integration holds no credential');
  const { org_slug: org, provider_key: providerKey, credential_id: credentialId } = row;
  const open = () => cipher.decrypt(ciphertext, { org, providerKey, credentialId });
  return cache ? cache.get(row, open) : open();
}
