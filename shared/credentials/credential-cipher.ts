import { crc32c as checksum } from '@aws-crypto/crc32c';
import type { KeyManagementServiceClient } from '@google-cloud/kms';
import { bounded, unavailable } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';
import { Secret } from '../platform/secret.ts';
import type { Credentials } from '../providers/format-check.ts';
import { canonicalJson } from './canonical-json.ts';

/** The row that a ciphertext belongs to. */
export interface CredentialContext {
  readonly org: string;
  readonly providerKey: string;
  readonly credentialId: string;
}

export interface SealedCredential {
  /** Base64. */
  readonly ciphertext: string;
  readonly kmsKeyVersion: string;
}

/** A wrong checksum means that bytes were damaged on their way; asking again mends it. */
const MAX_TRIES = 3;
const CALL_LIMIT_MS = 3_000;
/** Far shorter than the client's ten minutes: a user waits for the answer. */
const PATIENCE = {
  timeout: CALL_LIMIT_MS,
  retry: {
    retryCodes: [4, 8, 14],
    backoffSettings: {
      initialRetryDelayMillis: 50,
      retryDelayMultiplier: 2,
      maxRetryDelayMillis: 500,
      initialRpcTimeoutMillis: 1_500,
      rpcTimeoutMultiplier: 1,
      maxRpcTimeoutMillis: 1_500,
      totalTimeoutMillis: CALL_LIMIT_MS,
    },
  },
};

type Kms = Pick<KeyManagementServiceClient, 'encrypt' | 'decrypt'>;

/** Seals credentials with Cloud KMS, each bound to its row. */
export class CredentialCipher {
  readonly #kms: Kms;
  readonly #keyTemplate: string;

  /** @param keyTemplate - Full name of the CryptoKey; `{org}` in it stands for the organisation's slug. */
  constructor(kms: Kms, keyTemplate: string) {
    this.#kms = kms;
    this.#keyTemplate = keyTemplate;
  }

  async encrypt(credentials: Secret<Credentials>, context: CredentialContext): Promise<SealedCredential> {
    const plaintext = Buffer.from(canonicalJson(credentials.reveal()));
    try {
      return await untilIntact(() => this.#encryptOnce(plaintext, context));
    } finally {
      plaintext.fill(0);
    }
  }

  /**
   * @throws ServiceError `decryption_failed` when the ciphertext is damaged or not this row's, which nobody can tell apart,
   * `key_version_disabled`, `key_version_destroyed`, `decryption_denied` when this identity may not decrypt, `backend_unavailable`.
   */
  async decrypt(ciphertext: string, context: CredentialContext): Promise<Secret<Credentials>> {
    return untilIntact(() => this.#decryptOnce(Buffer.from(ciphertext, 'base64'), context));
  }

  async #encryptOnce(plaintext: Buffer, context: CredentialContext): Promise<SealedCredential | undefined> {
    const name = this.#keyName(context);
    const aad = authenticatedData(context);
    const request = {
      name,
      plaintext,
      plaintextCrc32c: { value: checksum(plaintext) },
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: { value: checksum(aad) },
    };
    const [answer] = await called(this.#kms.encrypt(request, PATIENCE), (err) => unavailable('Cloud KMS', err));
    const sealed = bytes(answer.ciphertext);
    const isIntact =
      answer.verifiedPlaintextCrc32c &&
      answer.verifiedAdditionalAuthenticatedDataCrc32c &&
      checksum(sealed) === Number(answer.ciphertextCrc32c?.value);
    if (!isIntact || !answer.name?.startsWith(`${name}/cryptoKeyVersions/`)) return undefined;
    return { ciphertext: sealed.toString('base64'), kmsKeyVersion: answer.name };
  }

  async #decryptOnce(ciphertext: Buffer, context: CredentialContext): Promise<Secret<Credentials> | undefined> {
    const aad = authenticatedData(context);
    const request = {
      name: this.#keyName(context),
      ciphertext,
      ciphertextCrc32c: { value: checksum(ciphertext) },
      additionalAuthenticatedData: aad,
      additionalAuthenticatedDataCrc32c: { value: checksum(aad) },
    };
    const [answer] = await called(this.#kms.decrypt(request, PATIENCE), decryptionError);
    const plaintext = bytes(answer.plaintext);
    try {
      if (checksum(plaintext) !== Number(answer.plaintextCrc32c?.value)) return undefined;
      return Secret.of(parse(plaintext.toString()));
    } finally {
      plaintext.fill(0);
    }
  }

  #keyName({ org }: CredentialContext): string {
    return this.#keyTemplate.replace('{org}', org);
  }
}

/** What was sealed by something else is no credential; the parser's own error would quote it. */
function parse(plaintext: string): Credentials {
  try {
    return JSON.parse(plaintext) as Credentials;
  } catch {
    throw new ServiceError('decryption_failed', 'What the ciphertext holds is not a credential');
  }
}

/** A JSON array has one reading, whatever the ids contain; a ciphertext moved to another row does not open. */
function authenticatedData({ org, providerKey, credentialId }: CredentialContext): Buffer {
  return Buffer.from(canonicalJson(['v1', org, providerKey, credentialId]));
}

async function untilIntact<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw unavailable('Cloud KMS');
}

async function called<T>(call: Promise<T>, toError: (err: unknown) => ServiceError): Promise<T> {
  try {
    return await bounded('Cloud KMS', call, CALL_LIMIT_MS);
  } catch (err) {
    throw err instanceof ServiceError ? err : toError(err);
  }
}

/** Google's RPC codes: what is asked wrongly, what is switched off, and what is not allowed read differently to operators. */
function decryptionError(err: unknown): ServiceError {
  switch ((err as { code?: unknown }).code) {
    case 3: // INVALID_ARGUMENT
      return new ServiceError('decryption_failed', 'The ciphertext does not belong to this row', { cause: err });
    case 9: // FAILED_PRECONDITION
      return isDestroyed(err)
        ? new ServiceError('key_version_destroyed', 'The key version is destroyed', { cause: err })
        : new ServiceError('key_version_disabled', 'The key version is disabled', { cause: err });
    case 5: // NOT_FOUND
    case 7: // PERMISSION_DENIED
    case 16: // UNAUTHENTICATED
      return new ServiceError('decryption_denied', 'This identity may not use the key', { cause: err });
    default:
      return unavailable('Cloud KMS', err);
  }
}

/** The state stands in the message only; one that is to be destroyed can still be restored. */
function isDestroyed(err: unknown): boolean {
  return /state is: DESTROYED\b/.test((err as Error).message);
}

/** The answer's own memory, not a copy, so that wiping it leaves nothing behind. */
function bytes(value: Uint8Array | string | null | undefined): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'base64');
  return value ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.alloc(0);
}
