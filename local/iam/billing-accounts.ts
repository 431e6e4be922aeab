import type { DatabaseSync } from 'node:sqlite';

export interface KnownBillingAccount {
  /** `01A2B3-C4D5E6-F7A8B9` */
  readonly id: string;
  readonly displayName: string;
  readonly currencyCode: string;
}

/** Billing accounts that somebody has opened. */
export class BillingAccounts {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(`CREATE TABLE IF NOT EXISTS iam_billing_accounts (
      id TEXT PRIMARY KEY, display_name TEXT NOT NULL, currency_code TEXT NOT NULL)`);
  }

  open({ id, displayName, currencyCode }: KnownBillingAccount): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO iam_billing_accounts (id, display_name, currency_code) VALUES (?, ?, ?)')
      .run(id, displayName, currencyCode);
  }

  list(): KnownBillingAccount[] {
    return this.#db
      .prepare('SELECT id, display_name, currency_code FROM iam_billing_accounts ORDER BY id')
      .all()
      .map((row) => ({
        id: String(row['id']),
        displayName: String(row['display_name']),
        currencyCode: String(row['currency_code']),
      }));
  }
}
