import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** What OpenAI knows about a key; everything else it says follows from this. */
export type OpenAiKeyState =
  | 'active'
  | 'revoked'
  | 'rate_limited'
  | 'quota_exhausted'
  | 'insufficient_permission'
  | 'provider_error'
  | 'overloaded'
  | 'unreachable';

/** Admin keys read usage and costs; project keys use models. */
export type OpenAiKeyKind = 'admin' | 'project';

export interface OpenAiKey {
  readonly id: string;
  readonly kind: OpenAiKeyKind;
  readonly state: OpenAiKeyState;
}

/** OpenAI's own list of keys: it keeps their hashes and judges by their state. */
export class OpenAiKeys {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`CREATE TABLE IF NOT EXISTS openai_keys (
      id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, state TEXT NOT NULL)`);
  }

  /** Makes a key; the answer is its only copy. */
  create(kind: OpenAiKeyKind, state: OpenAiKeyState = 'active'): { id: string; secret: string } {
    const id = `key_${randomBytes(12).toString('hex')}`;
    const secret = newSecret(kind);
    this.#db
      .prepare('INSERT INTO openai_keys (id, hash, kind, state) VALUES (?, ?, ?, ?)')
      .run(id, hashOf(secret), kind, state);
    return { id, secret };
  }

  setState(id: string, state: OpenAiKeyState): void {
    const { changes } = this.#db.prepare('UPDATE openai_keys SET state = ? WHERE id = ?').run(state, id);
    if (changes === 0) throw new Error(`There is no key ${id}.`);
  }

  find(secret: string): OpenAiKey | undefined {
    const row = this.#db.prepare('SELECT id, kind, state FROM openai_keys WHERE hash = ?').get(hashOf(secret));
    return row as OpenAiKey | undefined;
  }
}

/** A secret in the provider's form that nobody was given. */
export function newSecret(kind: OpenAiKeyKind): string {
  return `sk-${kind === 'admin' ? 'admin' : 'proj'}-${randomText()}T3BlbkFJ${randomText()}`;
}

const SECRET_PART_LENGTH = 58;

function randomText(): string {
  return randomBytes(SECRET_PART_LENGTH).toString('base64url').slice(0, SECRET_PART_LENGTH);
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
