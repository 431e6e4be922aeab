import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { SandboxCases } from './cases.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The cases given out so far. Their credentials are the sandbox customer's own copy, and open nothing but the sandbox; they are kept
 * sealed all the same, so that whoever searches the store for a credential in the clear finds none.
 */
export class CaseStore {
  readonly #db: DatabaseSync;
  readonly #key: Uint8Array;
  readonly #making = new Map<string, Promise<SandboxCases>>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`CREATE TABLE IF NOT EXISTS sandbox_sealed_cases (org TEXT PRIMARY KEY, cases BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS sandbox_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL)`);
    db.prepare('INSERT OR IGNORE INTO sandbox_key (id, key) VALUES (1, ?)').run(randomBytes(32));
    this.#key = db.prepare('SELECT key FROM sandbox_key').get()?.['key'] as Uint8Array;
  }

  /** The cases of an organisation: made once, the same ever after. */
  get(org: string, make: () => Promise<SandboxCases>): Promise<SandboxCases> {
    const present = this.#making.get(org) ?? this.#readOrMake(org, make);
    this.#making.set(org, present);
    present.catch(() => this.#making.delete(org));
    return present;
  }

  async #readOrMake(org: string, make: () => Promise<SandboxCases>): Promise<SandboxCases> {
    const row = this.#db.prepare('SELECT cases FROM sandbox_sealed_cases WHERE org = ?').get(org);
    if (row) return JSON.parse(this.#open(row['cases'] as Uint8Array)) as SandboxCases;
    const cases = await make();
    const sealed = this.#seal(JSON.stringify(cases));
    this.#db.prepare('INSERT OR REPLACE INTO sandbox_sealed_cases (org, cases) VALUES (?, ?)').run(org, sealed);
    return cases;
  }

  #seal(text: string): Uint8Array {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv);
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  #open(sealed: Uint8Array): string {
    const bytes = Buffer.from(sealed);
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  }
}
