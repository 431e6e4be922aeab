import type { DatabaseSync } from 'node:sqlite';
import type { SandboxCases } from './cases.ts';

/** The cases given out so far. Their credentials are the sandbox customer's own copy, and open nothing but the sandbox. */
export class CaseStore {
  readonly #db: DatabaseSync;
  readonly #making = new Map<string, Promise<SandboxCases>>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec('CREATE TABLE IF NOT EXISTS sandbox_cases (org TEXT PRIMARY KEY, cases TEXT NOT NULL)');
  }

  /** The cases of an organisation: made once, the same ever after. */
  get(org: string, make: () => Promise<SandboxCases>): Promise<SandboxCases> {
    const present = this.#making.get(org) ?? this.#readOrMake(org, make);
    this.#making.set(org, present);
    present.catch(() => this.#making.delete(org));
    return present;
  }

  async #readOrMake(org: string, make: () => Promise<SandboxCases>): Promise<SandboxCases> {
    const row = this.#db.prepare('SELECT cases FROM sandbox_cases WHERE org = ?').get(org);
    if (row) return JSON.parse(String(row['cases'])) as SandboxCases;
    const cases = await make();
    this.#db.prepare('INSERT OR REPLACE INTO sandbox_cases (org, cases) VALUES (?, ?)').run(org, JSON.stringify(cases));
    return cases;
  }
}
