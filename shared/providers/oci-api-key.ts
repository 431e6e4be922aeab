import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { FieldFault } from '../platform/errors.ts';
import type { Credentials } from './format-check.ts';
import { opensInTime } from './key-encryption.ts';
import { openedKey, pemOf } from './oci/private-key.ts';
import { realmOf } from './oci/realms.ts';

const MIN_RSA_BITS = 2048;
const NEW_KEY = 'Paste the whole .pem file, or generate another API key pair under the user > API keys.';
const NEW_PASSPHRASE = 'Enter the passphrase that the key file was encrypted with.';
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4,ENCRYPTED/m;

/** Faults of an API signing key that a schema cannot see: the key itself, and fields that do not belong together. */
export function ociApiKeyFaults(credentials: Credentials): FieldFault[] {
  return [...keyFaults(credentials), ...realmFaults(credentials)];
}

function keyFaults({ private_key = '', passphrase, fingerprint }: Credentials): FieldFault[] {
  const pem = pemOf(private_key);
  if (!/-----BEGIN (?:RSA |ENCRYPTED )?PRIVATE KEY-----/.test(pem)) {
    return [fault('private_key', 'pem', 'private_key is not a key in PEM form', NEW_KEY)];
  }
  const isEncrypted = ENCRYPTED.test(pem);
  if (isEncrypted && passphrase === undefined) {
    return [fault('passphrase', 'required', 'The private key is encrypted and passphrase is missing', NEW_PASSPHRASE)];
  }
  if (!opensInTime(pem)) {
    return [fault('private_key', 'encryption', 'The encryption of private_key takes too long to open', NEW_KEY)];
  }
  const key = openedKey(pem, passphrase);
  if (key) return [...rsaFaults(key), ...fingerprintFaults(key, fingerprint)];
  return isEncrypted
    ? [fault('passphrase', 'wrong_passphrase', 'The passphrase does not open the private key', NEW_PASSPHRASE)]
    : [fault('private_key', 'pem', 'private_key is damaged or incomplete', NEW_KEY)];
}

function rsaFaults({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): FieldFault[] {
  if (asymmetricKeyType !== 'rsa') return [fault('private_key', 'not_rsa', 'private_key is not an RSA key', NEW_KEY)];
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits >= MIN_RSA_BITS) return [];
  return [fault('private_key', 'weak_key', `private_key has fewer than ${MIN_RSA_BITS} bits`, NEW_KEY)];
}

/** Oracle names a key by MD5 over the DER form of its public part. */
function fingerprintFaults(key: KeyObject, fingerprint: string | undefined): FieldFault[] {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const own = createHash('md5').update(der).digest('hex');
  if (fingerprint === undefined || fingerprint.replaceAll(':', '') === own) return [];
  const hint = 'Copy the fingerprint of this very key from the user > API keys.';
  return [fault('fingerprint', 'contradiction', 'fingerprint is not that of private_key', hint)];
}

/** A realm is a world of its own: its users live in its tenancies. */
function realmFaults({ tenancy, user }: Credentials): FieldFault[] {
  if (tenancy === undefined || user === undefined || realmOf(tenancy) === realmOf(user)) return [];
  const hint = 'Copy tenancy and user from the same configuration preview.';
  return [fault('user', 'contradiction', 'user and tenancy belong to different realms', hint)];
}

function fault(field: string, code: string, message: string, hint: string): FieldFault {
  return { pointer: `/credentials/${field}`, code, message, hint };
}
