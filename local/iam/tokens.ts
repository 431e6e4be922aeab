import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../kit/contracts.ts';
import type { ServiceAccount } from './accounts.ts';

export interface IssuedToken {
  readonly accessToken: string;
  readonly expiresMs: number;
}

export interface TokenGrant {
  readonly accountId: string;
  readonly scopes: readonly string[];
  readonly expiresMs: number;
}

/** A token is handed out again until this little is left of it, as the metadata server does. */
const REUSE_UNTIL_MS = 5 * 60_000;

/** Opaque access tokens: only their hashes are stored, so they outlive a restart and cannot be read back. */
export class AccessTokens {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #reusable = new Map<string, IssuedToken>();

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    db.exec(`CREATE TABLE IF NOT EXISTS iam_tokens (
      hash TEXT PRIMARY KEY, account_id TEXT NOT NULL, scopes TEXT NOT NULL, expires_ms INTEGER NOT NULL)`);
    db.prepare('DELETE FROM iam_tokens WHERE expires_ms < ?').run(clock.now().getTime());
  }

  issue({ uniqueId }: ServiceAccount, scopes: readonly string[], lifetimeS: number): IssuedToken {
    const accessToken = `ya29.c.${randomBytes(120).toString('base64url')}`;
    const expiresMs = this.#clock.now().getTime() + lifetimeS * 1000;
    this.#db
      .prepare('INSERT INTO iam_tokens (hash, account_id, scopes, expires_ms) VALUES (?, ?, ?, ?)')
      .run(hashOf(accessToken), uniqueId, scopes.join(' '), expiresMs);
    return { accessToken, expiresMs };
  }

  /** A token that may have been handed out before and is still good for some minutes. */
  reuse(account: ServiceAccount, scopes: readonly string[], lifetimeS: number): IssuedToken {
    const name = [account.uniqueId, lifetimeS, ...scopes].join(' ');
    const known = this.#reusable.get(name);
    if (known && this.find(known.accessToken) && known.expiresMs - this.#clock.now().getTime() > REUSE_UNTIL_MS) {
      return known;
    }
    const fresh = this.issue(account, scopes, lifetimeS);
    this.#reusable.set(name, fresh);
    return fresh;
  }

  find(accessToken: string): TokenGrant | undefined {
    const row = this.#db
      .prepare('SELECT account_id, scopes, expires_ms FROM iam_tokens WHERE hash = ? AND expires_ms > ?')
      .get(hashOf(accessToken), this.#clock.now().getTime());
    if (!row) return undefined;
    const scopes = String(row['scopes']).split(' ').filter(Boolean);
    return { accountId: String(row['account_id']), scopes, expiresMs: Number(row['expires_ms']) };
  }

  revoke(accessToken: string): boolean {
    return this.#db.prepare('DELETE FROM iam_tokens WHERE hash = ?').run(hashOf(accessToken)).changes > 0;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
