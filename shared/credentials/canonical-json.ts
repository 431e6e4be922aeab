import canonicalize from 'canonicalize';

/** JSON with one spelling per value (RFC 8785): what is hashed, sealed and bound to a ciphertext. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('There is no JSON for this value');
  return text;
}
