import { createHash, constants, generateKeyPairSync, publicDecrypt, type KeyObject } from 'node:crypto';
import type { Credentials } from '../../../shared/providers/format-check.ts';
import { ociFingerprint, randomText } from '../examples.ts';

export const PASSPHRASE = 'open sesame';
export const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export function pem(type: 'pkcs1' | 'pkcs8', isEncrypted = false): string {
  const cipher = isEncrypted ? { cipher: 'aes-256-cbc', passphrase: PASSPHRASE } : {};
  return privateKey.export({ type, format: 'pem', ...cipher }) as string;
}

/** A credential for the key pair of this file. */
export function anApiKey(changes: Credentials = {}): Credentials {
  return {
    tenancy: `ocid1.tenancy.oc1..fake${randomText(56, 'lower')}`,
    user: `ocid1.user.oc1..fake${randomText(56, 'lower')}`,
    fingerprint: ociFingerprint(publicKey),
    private_key: pem('pkcs8'),
    region: 'eu-frankfurt-1',
    ...changes,
  };
}

/** The parts of an `Authorization` header. */
export function authorizationParts(header: string): Record<string, string> {
  return Object.fromEntries(
    [...header.replace(/^Signature /, '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

/** Opens a signature with the public key and compares the digest in it, without Node's own way to verify one. */
export function isSignatureOf(text: string, signature: string, key: KeyObject = publicKey): boolean {
  const padding = constants.RSA_PKCS1_PADDING;
  const opened = publicDecrypt({ key, padding }, Buffer.from(signature, 'base64'));
  const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex'); // RFC 8017 9.2: SHA-256
  return opened.equals(Buffer.concat([digestInfo, createHash('sha256').update(text).digest()]));
}
