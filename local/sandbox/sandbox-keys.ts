import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** What a provider knows about a key; everything else that it says follows from this. */
export interface SandboxKey<Kind extends string = string, State extends string = string> {
  readonly id: string;
  readonly kind: Kind;
  readonly state: State;
}

/** A provider's own list of keys: it keeps their hashes and judges by their state. */
export class SandboxKeys<Kind extends string = string, State extends string = string> {
  readonly #db: DatabaseSync;
  readonly #provider: string;
  readonly #newSecret: (kind: Kind) => string;

  /** @param newSecret - Makes a secret in the provider's form. */
  constructor(db: DatabaseSync, provider: string, newSecret: (kind: Kind) => string) {
    this.#db = db;
    this.#provider = provider;
    this.#newSecret = newSecret;
    db.exec(`CREATE TABLE IF NOT EXISTS sandbox_keys (
      provider TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
      PRIMARY KEY (provider, hash))`);
  }

  /** Makes a key; the answer is its only copy. */
  create(kind: Kind, state: State): { id: string; secret: string } {
    const id = `key_${randomBytes(12).toString('hex')}`;
    const secret = this.#newSecret(kind);
    this.#db
      .prepare('INSERT INTO sandbox_keys (provider, id, hash, kind, state) VALUES (?, ?, ?, ?, ?)')
      .run(this.#provider, id, hashOf(secret), kind, state);
    return { id, secret };
  }

  setState(id: string, state: State): void {
    const { changes } = this.#db
      .prepare('UPDATE sandbox_keys SET state = ? WHERE provider = ? AND id = ?')
      .run(state, this.#provider, id);
    if (changes === 0) throw new Error(`There is no key ${id}.`);
  }

  find(secret: string): SandboxKey<Kind, State> | undefined {
    const row = this.#db
      .prepare('SELECT id, kind, state FROM sandbox_keys WHERE provider = ? AND hash = ?')
      .get(this.#provider, hashOf(secret));
    return row as SandboxKey<Kind, State> | undefined;
  }

  /** A secret in the provider's form that nobody was given. */
  unknownSecret(kind: Kind): string {
    return this.#newSecret(kind);
  }
}

/** Random text of URL-safe characters. */
export function randomText(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length);
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
