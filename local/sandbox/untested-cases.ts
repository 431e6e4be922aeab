import { createHash, generateKeyPair, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { expectation, type SandboxCase } from './cases.ts';
import { randomText } from './sandbox-keys.ts';

/** Well-formed credentials of providers that have no stand-in: they stay PENDING, as nobody can tell whether they work. */
const untested = (credentials: Readonly<Record<string, string>>): SandboxCase => ({
  credentials,
  expect: expectation('unreachable'),
});

export function awsRoleCase(): SandboxCase {
  return untested({ role_arn: `arn:aws:iam::${accountNumber()}:role/finops/CostReader` });
}

export function awsKeysCase(): SandboxCase {
  const id = Array.from({ length: 16 }, () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[randomInt(32)]).join('');
  return untested({ access_key_id: `AKIA${id}`, secret_access_key: randomBytes(30).toString('base64') });
}

export function azureCase(): SandboxCase {
  return untested({
    tenant_id: randomUUID(),
    client_id: randomUUID(),
    client_secret: `abc8Q~${randomText(34)}`,
    subscription_id: randomUUID(),
  });
}

/** With a real key pair, since its fingerprint is checked. */
export async function ociCase(): Promise<SandboxCase> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const digest = createHash('md5').update(publicKey.export({ type: 'spki', format: 'der' }));
  const ocid = (noun: string): string => `ocid1.${noun}.oc1..aaaaaaaa${randomBytes(26).toString('hex')}`;
  return untested({
    tenancy: ocid('tenancy'),
    user: ocid('user'),
    fingerprint: digest.digest('hex').match(/../g)!.join(':'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    region: 'eu-frankfurt-1',
  });
}

function accountNumber(): string {
  return String(randomInt(10 ** 11, 10 ** 12));
}
