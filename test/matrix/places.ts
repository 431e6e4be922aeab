import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { selfSignedCertificate } from '../../local/iam/certificate.ts';
import type { ExampleSet } from '../providers/examples.ts';
import type { Row } from './expected-file.ts';

const { publicKey: FOREIGN } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/**
 * A row with the example's own values in its places: `$key_id` and, in PEM, `$certificate` of its key, `$old_certificate`, which
 * has run out, and `$foreign_certificate` of another key.
 */
export function filledRow(row: Row, { credentials }: ExampleSet): Row {
  const { private_key, private_key_id } = (credentials ?? {}) as Record<string, string | undefined>;
  if (!private_key || !private_key_id || !JSON.stringify(row.body ?? '').includes('$')) return row;
  const key = createPrivateKey(private_key);
  const places: Record<string, string> = {
    $key_id: private_key_id,
    $certificate: certificate(createPublicKey(key), key, '2049-01-01'),
    $old_certificate: certificate(createPublicKey(key), key, '2020-01-01'),
    $foreign_certificate: certificate(FOREIGN, key, '2049-01-01'),
  };
  const filled = Object.entries(row.body as Record<string, string>).map(([name, value]) => {
    return [places[name] ?? name, places[value] ?? value];
  });
  return { ...row, body: Object.fromEntries(filled) as object };
}

function certificate(publicKey: KeyObject, privateKey: KeyObject, notAfter: string): string {
  const period = { notBefore: new Date('2019-01-01'), notAfter: new Date(notAfter) };
  return selfSignedCertificate({ commonName: 'sample', publicKey, privateKey, ...period });
}
