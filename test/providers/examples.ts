import { createHash, generateKeyPair, randomBytes, randomInt, randomUUID, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

export interface ExampleSet {
  readonly credentials?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const ALPHABETS = {
  digits: '0123456789',
  lower: 'abcdefghijklmnopqrstuvwxyz0123456789',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  mixed: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
} as const;

/** `length` random characters; every call gives others. */
export function randomText(length: number, alphabet: keyof typeof ALPHABETS = 'mixed'): string {
  const letters = ALPHABETS[alphabet];
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
}

/** What a person pays for and enters by hand. */
export const MANUAL_ENTRY = {
  plan: 'Business',
  seats: 12,
  unit_price: '12.50',
  currency: 'EUR',
  billing_cycle: 'annual',
  start_date: '2026-01-01',
  renewal_date: '2027-01-01',
  notes: 'Invoice FAKE-2026-000123',
} as const;

/**
 * One well-formed set per provider, with every secret field filled and keys made for this call alone.
 * None of them was ever issued by anybody.
 */
export async function exampleCredentials(): Promise<Record<string, ExampleSet>> {
  const [google, oracle] = await Promise.all([rsaKeyPair(), rsaKeyPair()]);
  return {
    gcp: {
      credentials: serviceAccount(google.privateKey),
      metadata: { billing_export_table: 'fake-prod.billing.gcp' },
    },
    'aws-iam': { credentials: { role_arn: `arn:aws:iam::${randomText(12, 'digits')}:role/fake/FinOpsReader` } },
    'aws-keys': { credentials: temporaryAwsKeys() },
    azure: { credentials: servicePrincipal() },
    oci: { credentials: ociApiKey(oracle) },
    openai: { credentials: { api_key: `sk-admin-FAKE${randomText(54)}T3BlbkFJ${randomText(58)}` } },
    anthropic: { credentials: { api_key: `sk-ant-admin01-FAKE${randomText(89)}AA` } },
    gemini: { credentials: { api_key: `AIzaSyFAKE${randomText(29)}` } },
    deepseek: { credentials: { api_key: `sk-${randomText(32, 'lower')}` } },
    canva: { metadata: MANUAL_ENTRY },
    'chatgpt-plus': { metadata: MANUAL_ENTRY },
    slack: { credentials: { token: slackToken() }, metadata: MANUAL_ENTRY },
  };
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function rsaKeyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
}

function serviceAccount(key: KeyObject): Record<string, string> {
  const client_email = 'fake-reader@fake-prod.iam.gserviceaccount.com';
  return {
    type: 'service_account',
    project_id: 'fake-prod',
    private_key_id: randomBytes(20).toString('hex'),
    private_key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    client_email,
    client_id: randomText(21, 'digits'),
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(client_email)}`,
    universe_domain: 'googleapis.com',
  };
}

function temporaryAwsKeys(): Record<string, string> {
  return {
    access_key_id: `ASIAFAKE${randomText(12, 'upper')}`,
    secret_access_key: `FAKE+${randomText(30)}/aB34`,
    session_token: `IQoJb3JpZ2lu${randomText(280)}==`,
  };
}

function servicePrincipal(): Record<string, string> {
  return {
    tenant_id: randomUUID(),
    client_id: randomUUID(),
    client_secret: `Fk~8Q~${randomText(34)}`,
    subscription_id: randomUUID(),
  };
}

/** The private key is encrypted, so that the passphrase is part of the set. */
function ociApiKey({ privateKey, publicKey }: KeyPair): Record<string, string> {
  const passphrase = `fake passphrase ${randomText(16)}`;
  return {
    tenancy: `ocid1.tenancy.oc1..fake${randomText(56, 'lower')}`,
    user: `ocid1.user.oc1..fake${randomText(56, 'lower')}`,
    fingerprint: ociFingerprint(publicKey),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string,
    passphrase,
    region: 'eu-frankfurt-1',
  };
}

/** MD5 over the DER form of the public key, as Oracle's console shows it. */
export function ociFingerprint(publicKey: KeyObject): string {
  const digest = createHash('md5')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return digest.match(/../g)!.join(':');
}

function slackToken(): string {
  return `xoxb-${randomText(12, 'digits')}-${randomText(12, 'digits')}-FAKE${randomText(20)}`;
}
