import type { Clock } from '../platform/clock.ts';
import { ServiceError } from '../platform/errors.ts';
import type { Secret } from '../platform/secret.ts';
import type { Credentials } from '../providers/format-check.ts';
import type { CredentialCache } from './credential-cache.ts';
import type { CredentialCipher } from './credential-cipher.ts';
import { CREDENTIAL_FORMAT, type IntegrationRow } from './integration-row.ts';
import type { IntegrationStore } from './integration-store.ts';
import { recordAccess } from './record-event.ts';

/** Who opens, and on whose behalf: both stand in the audit. */
export interface Opener {
  readonly actor: string;
  /** The request or run that needs the credential. */
  readonly requestId: string | null;
}

export interface OpenDeps {
  readonly cipher: Pick<CredentialCipher, 'decrypt'>;
  readonly store: Pick<IntegrationStore, 'append'>;
  readonly clock: Clock;
  readonly cache?: CredentialCache;
}

/** What is opened: a ciphertext of the row, and the fingerprint of what is in it. */
export interface Sealed {
  readonly ciphertext: string | null;
  readonly fingerprint: string;
}

/**
 * Opens the active credential of a row, through the cache when there is one.
 *
 * Pipelines open VALID rows and nothing else; they read the row anew before each provider session, so that a changed
 * version misses the cache. An opening from the cache is covered by the event of the one that filled it.
 *
 * @throws ServiceError as `openSealed`.
 */
export async function openCredential(
  row: IntegrationRow,
  opener: Opener,
  deps: OpenDeps,
): Promise<Secret<Credentials>> {
  if (row.encrypted_credentials === null) throw holdsNone();
  const active = { ciphertext: row.encrypted_credentials, fingerprint: row.fingerprint };
  const open = () => openSealed(row, active, opener, deps);
  return deps.cache ? deps.cache.get(row, open) : open();
}

/**
 * Opens a ciphertext of a row. Without an audit there is no secret: it is handed out when its event is stored.
 *
 * @throws ServiceError `not_configured` when there is no credential, `unsupported_format`, `backend_unavailable` when the
 * audit cannot be written; else as `CredentialCipher.decrypt`.
 */
export async function openSealed(
  row: IntegrationRow,
  { ciphertext, fingerprint }: Sealed,
  { actor, requestId }: Opener,
  { cipher, store, clock }: OpenDeps,
): Promise<Secret<Credentials>> {
  if (ciphertext === null) throw holdsNone();
  if (row.credential_format !== CREDENTIAL_FORMAT) {
    throw new ServiceError(
      'unsupported_format',
      `The stored credential has the unknown format ${row.credential_format}`,
    );
  }
  const { org_slug: org, provider_key: providerKey, credential_id: credentialId } = row;
  const credentials = await cipher.decrypt(ciphertext, { org, providerKey, credentialId });
  await recordAccess({ store, clock }, row, { action: 'decrypted', actor, requestId, fingerprint });
  return credentials;
}

function holdsNone(): ServiceError {
  return new ServiceError('not_configured', 'This integration holds no credential');
}
