import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { FieldFault } from '../platform/errors.ts';
import type { Credentials } from './format-check.ts';

/** What we use of a service account JSON; none of its URLs is ever followed. */
export interface GoogleServiceAccount {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
}

/** Whether the credential says that our principal was granted something, and holds no key. */
export function isKeyless({ type }: Credentials): boolean {
  return type === 'workload_identity';
}

const MIN_RSA_BITS = 2048;
const NEW_KEY = 'Download a new JSON key from IAM > Service accounts > Keys and paste the file unchanged.';

/** The fields of a stored credential that sign for the account, with line breaks as PEM wants them. */
export function serviceAccountOf(credentials: Credentials): GoogleServiceAccount {
  const { project_id = '', client_email = '', private_key = '', private_key_id } = credentials;
  return {
    project_id,
    client_email,
    private_key: unescapeLineBreaks(private_key),
    ...(private_key_id ? { private_key_id } : {}),
  };
}

/** Faults of the private key that a schema cannot see. */
export function serviceAccountFaults({ private_key }: Credentials): FieldFault[] {
  if (private_key === undefined) return [];
  const key = parseKey(unescapeLineBreaks(private_key));
  if (!key) return [keyFault('pem', 'private_key is not a PKCS#8 key in PEM form')];
  if (key.asymmetricKeyType !== 'rsa') return [keyFault('not_rsa', 'private_key is not an RSA key')];
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return bits < MIN_RSA_BITS ? [keyFault('weak_key', `private_key has fewer than ${MIN_RSA_BITS} bits`)] : [];
}

function parseKey(pem: string): KeyObject | undefined {
  if (!pem.includes('-----BEGIN PRIVATE KEY-----')) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined; // OpenSSL's message may quote the input
  }
}

// Keys copied out of another JSON text arrive with their line breaks escaped twice.
function unescapeLineBreaks(pem: string): string {
  return pem.replaceAll('\\r', '').replaceAll('\\n', '\n');
}

function keyFault(code: string, message: string): FieldFault {
  return { pointer: '/credentials/private_key', code, message, hint: NEW_KEY };
}
