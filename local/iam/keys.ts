import { generateKeyPair, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import type { Clock } from '../kit/contracts.ts';
import type { ServiceAccount } from './accounts.ts';
import { selfSignedCertificate } from './certificate.ts';
import { failedPrecondition } from './google-error.ts';

/** A service account's key as IAM knows it: its public half. */
export interface AccountKey {
  readonly id: string;
  readonly accountId: string;
  readonly kind: 'USER_MANAGED' | 'SYSTEM_MANAGED';
  /** PEM */
  readonly certificate: string;
  readonly validAfterMs: number;
  readonly validBeforeMs: number;
  readonly disabled: boolean;
}

/** The JSON that a user downloads once. */
export interface KeyFile {
  readonly type: 'service_account';
  readonly project_id: string;
  readonly private_key_id: string;
  readonly private_key: string;
  readonly client_email: string;
  readonly client_id: string;
  readonly auth_uri: string;
  readonly token_uri: string;
  readonly auth_provider_x509_cert_url: string;
  readonly client_x509_cert_url: string;
  readonly universe_domain: string;
}

export const NEVER = new Date('9999-12-31T23:59:59Z');
const MAX_USER_KEYS = 10;
const generate = promisify(generateKeyPair);

/** Service account keys. Private halves are not stored: a user's is in the file, Google's own lives in memory. */
export class Keys {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #publicKeys = new Map<string, KeyObject>();
  readonly #systemKeys = new Map<string, Promise<{ id: string; privateKey: KeyObject }>>();

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    db.exec(`CREATE TABLE IF NOT EXISTS iam_keys (
      id TEXT PRIMARY KEY, account_id TEXT NOT NULL, kind TEXT NOT NULL, certificate TEXT NOT NULL,
      valid_after_ms INTEGER NOT NULL, valid_before_ms INTEGER NOT NULL, disabled INTEGER NOT NULL DEFAULT 0);
      CREATE INDEX IF NOT EXISTS iam_keys_account ON iam_keys (account_id)`);
  }

  /** Makes a user-managed key; the answer is the only copy of its private half. */
  async create(account: ServiceAccount, validBefore: Date = NEVER): Promise<KeyFile> {
    this.#assertRoom(account);
    const { id, privateKey } = await this.#make(account, 'USER_MANAGED', validBefore);
    return keyFile(account, id, privateKey);
  }

  find(id: string): AccountKey | undefined {
    const row = this.#db.prepare('SELECT * FROM iam_keys WHERE id = ?').get(id);
    return row && fromRow(row);
  }

  list(accountId: string): AccountKey[] {
    return this.#db
      .prepare('SELECT * FROM iam_keys WHERE account_id = ? ORDER BY valid_after_ms, id')
      .all(accountId)
      .map(fromRow);
  }

  /** Keys whose signatures count now. */
  usable(accountId: string): AccountKey[] {
    const now = this.#clock.now().getTime();
    return this.list(accountId).filter(({ disabled, validBeforeMs }) => !disabled && validBeforeMs > now);
  }

  publicKey({ id, certificate }: AccountKey): KeyObject {
    const known = this.#publicKeys.get(id) ?? new X509Certificate(certificate).publicKey;
    this.#publicKeys.set(id, known);
    return known;
  }

  setDisabled(id: string, disabled: boolean): void {
    this.#db.prepare('UPDATE iam_keys SET disabled = ? WHERE id = ?').run(Number(disabled), id);
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM iam_keys WHERE id = ?').run(id);
  }

  /** Signs with the key that Google manages for the account: RSASSA-PKCS1-v1_5 over SHA-256. */
  async signAs(
    account: ServiceAccount,
    bytes: (keyId: string) => Buffer,
  ): Promise<{ keyId: string; signature: Buffer }> {
    const making = this.#systemKeys.get(account.uniqueId) ?? this.#make(account, 'SYSTEM_MANAGED', NEVER);
    this.#systemKeys.set(account.uniqueId, making);
    const { id, privateKey } = await making;
    return { keyId: id, signature: sign('sha256', bytes(id), privateKey) };
  }

  async #make(account: ServiceAccount, kind: AccountKey['kind'], notAfter: Date) {
    const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
    const id = randomBytes(20).toString('hex');
    const notBefore = this.#clock.now();
    const names = { commonName: account.uniqueId, publicKey, privateKey, notBefore, notAfter };
    this.#db
      .prepare(
        'INSERT INTO iam_keys (id, account_id, kind, certificate, valid_after_ms, valid_before_ms) VALUES (?,?,?,?,?,?)',
      )
      .run(id, account.uniqueId, kind, selfSignedCertificate(names), notBefore.getTime(), notAfter.getTime());
    return { id, privateKey };
  }

  #assertRoom({ uniqueId }: ServiceAccount): void {
    const userKeys = this.list(uniqueId).filter(({ kind }) => kind === 'USER_MANAGED');
    if (userKeys.length >= MAX_USER_KEYS) throw failedPrecondition('Precondition check failed.');
  }
}

function keyFile({ projectId, email, uniqueId }: ServiceAccount, id: string, privateKey: KeyObject): KeyFile {
  return {
    type: 'service_account',
    project_id: projectId,
    private_key_id: id,
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: email,
    client_id: uniqueId,
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`,
    universe_domain: 'googleapis.com',
  };
}

function fromRow(row: Record<string, unknown>): AccountKey {
  return {
    id: String(row['id']),
    accountId: String(row['account_id']),
    kind: row['kind'] as AccountKey['kind'],
    certificate: String(row['certificate']),
    validAfterMs: Number(row['valid_after_ms']),
    validBeforeMs: Number(row['valid_before_ms']),
    disabled: row['disabled'] === 1,
  };
}
