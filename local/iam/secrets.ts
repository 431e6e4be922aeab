import type { DatabaseSync } from 'node:sqlite';

/** Private keys of the embedded cloud itself: the signing keys and the operator's. No tenant's key is ever here. */
export class Secrets {
  readonly #db: DatabaseSync;
  readonly #making = new Map<string, Promise<string>>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec('CREATE TABLE IF NOT EXISTS iam_secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)');
  }

  /** The secret of that name; made once, by whichever process asks first. */
  get(name: string, make: () => Promise<string>): Promise<string> {
    const value = this.#making.get(name) ?? this.#readOrMake(name, make);
    this.#making.set(name, value);
    value.catch(() => this.#making.delete(name));
    return value;
  }

  async #readOrMake(name: string, make: () => Promise<string>): Promise<string> {
    const present = this.#read(name);
    if (present !== undefined) return present;
    const value = await make();
    // Another process may have made one meanwhile: the first counts for both.
    this.#db.prepare('INSERT OR IGNORE INTO iam_secrets (name, value) VALUES (?, ?)').run(name, value);
    return this.#read(name)!;
  }

  #read(name: string): string | undefined {
    return this.#db.prepare('SELECT value FROM iam_secrets WHERE name = ?').get(name)?.['value'] as string | undefined;
  }
}
