import { createPublicKey, X509Certificate } from 'node:crypto';
import type { GoogleServiceAccount } from '../service-account.ts';
import { isRecord } from './google-api.ts';

/**
 * What the account's list of public keys says about a key: not there, run out, there with another private half, or there and
 * ours. Undefined when the answer is no such list.
 */
export type PublishedKey = 'absent' | 'expired' | 'foreign' | 'published';

/** @param list - JSON of `/robot/v1/metadata/x509/{email}`: key id to PEM certificate. */
export function publishedKey(
  list: unknown,
  { private_key_id, private_key }: GoogleServiceAccount,
  now: Date,
): PublishedKey | undefined {
  if (!isRecord(list)) return undefined;
  const certificates = Object.entries(list).flatMap(([id, pem]) => {
    const certificate = typeof pem === 'string' ? parsed(pem) : undefined;
    return certificate ? [{ id, certificate }] : [];
  });
  if (certificates.length === 0 && Object.keys(list).some((name) => name !== 'reasons')) return undefined;
  const isOurs = ({ certificate }: { certificate: X509Certificate }): boolean =>
    certificate.publicKey.equals(createPublicKey(private_key));
  const named = certificates.find((one) => (private_key_id ? one.id === private_key_id : isOurs(one)));
  if (!named) return 'absent';
  if (!isOurs(named)) return 'foreign';
  return named.certificate.validToDate <= now ? 'expired' : 'published';
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
