import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { ProviderCases, SandboxCases } from './cases.ts';

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
    db.exec(`CREATE TABLE IF NOT EXISTS sandbox_provider_cases (
        org TEXT NOT NULL, provider TEXT NOT NULL, cases BLOB NOT NULL, PRIMARY KEY (org, provider));
      CREATE TABLE IF NOT EXISTS sandbox_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL)`);
    db.prepare('INSERT OR IGNORE INTO sandbox_key (id, key) VALUES (1, ?)').run(randomBytes(32));
    this.#key = db.prepare('SELECT key FROM sandbox_key').get()?.['key'] as Uint8Array;
  }

  /** The cases of an organisation: made once, the same ever after; a provider that is new gets its own. */
  get(
    org: string,
    providers: readonly string[],
    make: (provider: string) => ProviderCases | Promise<ProviderCases>,
  ): Promise<SandboxCases> {
    const present = this.#making.get(org) ?? this.#readOrMake(org, providers, make);
    this.#making.set(org, present);
    present.catch(() => this.#making.delete(org));
    return present;
  }

  async #readOrMake(
    org: string,
    providers: readonly string[],
    make: (provider: string) => ProviderCases | Promise<ProviderCases>,
  ): Promise<SandboxCases> {
    const find = this.#db.prepare('SELECT cases FROM sandbox_provider_cases WHERE org = ? AND provider = ?');
    const keep = this.#db.prepare('INSERT INTO sandbox_provider_cases (org, provider, cases) VALUES (?, ?, ?)');
    const entries = providers.map(async (provider) => {
      const row = find.get(org, provider);
      if (row) return [provider, JSON.parse(this.#open(row['cases'] as Uint8Array)) as ProviderCases] as const;
      const cases = await make(provider);
      keep.run(org, provider, this.#seal(JSON.stringify(cases)));
      return [provider, cases] as const;
    });
    return { providers: Object.fromEntries(await Promise.all(entries)) };
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
