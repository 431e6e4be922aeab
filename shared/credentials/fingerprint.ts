import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/**
 * Names a credential in logs without revealing it: the first 8 hex characters of SHA-256 over its canonical JSON.
 *
 * @param credentials - The provider's fields as uploaded; key order and white space do not matter.
 * @example
 * fingerprint({ api_key: 'sk-test' }); // '1a557469'
 * @see RFC 8785, JSON Canonicalization Scheme
 */
export function fingerprint(credentials: unknown): string {
  return createHash('sha256').update(canonicalJson(credentials)).digest('hex').slice(0, 8);
}
