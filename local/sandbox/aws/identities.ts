import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { SealedTexts } from './sealed-texts.ts';
import type { TrustPolicy } from './trust-policy.ts';

/** What AWS thinks of a key or role. */
export type AwsState = 'active' | 'inactive' | 'not_activated' | 'rate_limited' | 'unreachable' | 'provider_error';

/** Whom a key stands for. */
export interface Principal {
  readonly arn: string;
  readonly userId: string;
  /** Actions that its policies allow, on everything. */
  readonly allowed: readonly string[];
}

export interface AwsKey extends Principal {
  readonly id: string;
  readonly secret: string;
  /** Hash of the session token that has to come with a temporary key. */
  readonly tokenHash: string | null;
  readonly expiresAt: Date | null;
  readonly state: AwsState;
}

export interface AwsRole {
  readonly arn: string;
  readonly id: string;
  readonly trust: TrustPolicy;
  readonly allowed: readonly string[];
  readonly state: AwsState;
}

/** A key as it is handed out, once. */
export interface NewKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface KeyOptions {
  readonly state?: AwsState;
  /** Makes the key a temporary one. */
  readonly expiresAt?: Date;
}

/** Keys and roles of all accounts of the stand-in; kept in `db`. */
export class Identities {
  readonly #db: DatabaseSync;
  readonly #seal: SealedTexts;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#seal = new SealedTexts(db);
    db.exec(`CREATE TABLE IF NOT EXISTS sandbox_aws_keys (
      id TEXT PRIMARY KEY, secret BLOB NOT NULL, token_hash TEXT, expires_ms INTEGER, arn TEXT NOT NULL, user_id TEXT NOT NULL,
      allowed TEXT NOT NULL, state TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS sandbox_aws_roles (
      arn TEXT PRIMARY KEY, id TEXT NOT NULL, trust TEXT NOT NULL, allowed TEXT NOT NULL, state TEXT NOT NULL)`);
  }

  createKey({ arn, userId, allowed }: Principal, { state = 'active', expiresAt }: KeyOptions = {}): NewKey {
    const made = newKey(expiresAt !== undefined);
    const { accessKeyId: id, secretAccessKey, sessionToken } = made;
    const hash = sessionToken === undefined ? null : hashOf(sessionToken);
    this.#db
      .prepare('INSERT INTO sandbox_aws_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        id,
        this.#seal.seal(secretAccessKey),
        hash,
        expiresAt?.getTime() ?? null,
        arn,
        userId,
        listed(allowed),
        state,
      );
    return made;
  }

  findKey(id: string): AwsKey | undefined {
    const row = this.#db.prepare('SELECT * FROM sandbox_aws_keys WHERE id = ?').get(id);
    if (!row) return undefined;
    return {
      id,
      secret: this.#seal.open(row['secret'] as Uint8Array),
      tokenHash: row['token_hash'] as string | null,
      expiresAt: row['expires_ms'] === null ? null : new Date(row['expires_ms'] as number),
      arn: row['arn'] as string,
      userId: row['user_id'] as string,
      allowed: JSON.parse(row['allowed'] as string) as string[],
      state: row['state'] as AwsState,
    };
  }

  setKeyState(id: string, state: AwsState): void {
    this.#changed(this.#db.prepare('UPDATE sandbox_aws_keys SET state = ? WHERE id = ?').run(state, id), id);
  }

  createRole(role: Omit<AwsRole, 'id' | 'state'> & { readonly state?: AwsState }): void {
    const { arn, trust, allowed, state = 'active' } = role;
    this.#db
      .prepare('INSERT INTO sandbox_aws_roles VALUES (?, ?, ?, ?, ?)')
      .run(arn, newId('AROA'), JSON.stringify(trust), listed(allowed), state);
  }

  findRole(arn: string): AwsRole | undefined {
    const row = this.#db.prepare('SELECT * FROM sandbox_aws_roles WHERE arn = ?').get(arn);
    if (!row) return undefined;
    const { id, trust, allowed, state } = row as Readonly<Record<'id' | 'trust' | 'allowed' | 'state', string>>;
    return {
      arn,
      id,
      trust: JSON.parse(trust) as TrustPolicy,
      allowed: JSON.parse(allowed) as string[],
      state: state as AwsState,
    };
  }

  setTrust(arn: string, trust: TrustPolicy): void {
    const found = this.#db.prepare('UPDATE sandbox_aws_roles SET trust = ? WHERE arn = ?');
    this.#changed(found.run(JSON.stringify(trust), arn), arn);
  }

  deleteRole(arn: string): void {
    this.#changed(this.#db.prepare('DELETE FROM sandbox_aws_roles WHERE arn = ?').run(arn), arn);
  }

  /** What the policies of a user or role allow; undefined when there is none of that ARN. */
  allowedTo(arn: string): readonly string[] | undefined {
    const role = this.findRole(arn);
    if (role) return role.allowed;
    const row = this.#db.prepare('SELECT allowed FROM sandbox_aws_keys WHERE arn = ?').get(arn);
    return row && (JSON.parse(row['allowed'] as string) as string[]);
  }

  #changed({ changes }: { changes: number | bigint }, name: string): void {
    if (Number(changes) === 0) throw new Error(`There is no ${name}.`);
  }
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A key in AWS's form that nobody knows until it is kept. */
export function newKey(isTemporary: boolean): NewKey {
  const keys = { accessKeyId: newId(isTemporary ? 'ASIA' : 'AKIA'), secretAccessKey: newSecret() };
  return isTemporary ? { ...keys, sessionToken: `IQoJb3JpZ2luX2Vj${randomBytes(240).toString('base64')}` } : keys;
}

export function newAccount(): string {
  return String(randomInt(10 ** 11, 10 ** 12));
}

/** @param prefix - `AKIA` for keys, `AIDA` for users, `AROA` for roles. */
export function newId(prefix: string): string {
  return prefix + Array.from({ length: 16 }, () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[randomInt(32)]).join('');
}

function newSecret(): string {
  return randomBytes(30).toString('base64');
}

function listed(allowed: readonly string[]): string {
  return JSON.stringify(allowed);
}
