import { randomInt } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../kit/contracts.ts';
import { GoogleError, invalidArgument, notFound } from './google-error.ts';

/** How the token endpoint treats an account whose tests need a provider in trouble. */
export type Behaviour = 'rate_limited' | 'unreachable' | 'provider_error';

export interface ServiceAccount {
  readonly uniqueId: string;
  readonly email: string;
  readonly projectId: string;
  readonly displayName: string;
  readonly description: string;
  readonly disabled: boolean;
  readonly behaviour: Behaviour | undefined;
}

/** A deleted account can be brought back by its unique id for this long. */
const UNDELETE_MS = 30 * 86_400_000;
const MAX_DISPLAY_NAME_BYTES = 100;

export class Accounts {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    db.exec(`CREATE TABLE IF NOT EXISTS iam_accounts (
      unique_id TEXT PRIMARY KEY, email TEXT NOT NULL, project_id TEXT NOT NULL, display_name TEXT NOT NULL,
      description TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, behaviour TEXT, deleted_ms INTEGER);
      CREATE UNIQUE INDEX IF NOT EXISTS iam_accounts_email ON iam_accounts (email) WHERE deleted_ms IS NULL`);
  }

  create(projectId: string, accountId: string, displayName = '', description = ''): ServiceAccount {
    if (!/^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/.test(accountId)) {
      throw invalidArgument(
        `The account ID "${accountId}" does not have a length between 6 and 30, or is not lower-case alphanumerics and dashes.`,
      );
    }
    assertDisplayName(displayName);
    const email = `${accountId}@${projectId}.iam.gserviceaccount.com`;
    if (this.find(email)) {
      const message = `Service account ${accountId} already exists within project projects/${projectId}.`;
      throw new GoogleError(409, message);
    }
    this.#db
      .prepare('INSERT INTO iam_accounts (unique_id, email, project_id, display_name, description) VALUES (?,?,?,?,?)')
      .run(newUniqueId(), email, projectId, displayName, description);
    return this.find(email)!;
  }

  /** The account of an e-mail address or unique id, if it is there and not deleted. */
  find(emailOrId: string): ServiceAccount | undefined {
    const row = this.#db
      .prepare('SELECT * FROM iam_accounts WHERE (email = ?1 OR unique_id = ?1) AND deleted_ms IS NULL')
      .get(emailOrId.toLowerCase());
    return row && fromRow(row);
  }

  list(projectId: string): ServiceAccount[] {
    return this.#db
      .prepare('SELECT * FROM iam_accounts WHERE project_id = ? AND deleted_ms IS NULL ORDER BY email')
      .all(projectId)
      .map(fromRow);
  }

  describe(uniqueId: string, displayName: string, description: string): void {
    assertDisplayName(displayName);
    this.#db
      .prepare('UPDATE iam_accounts SET display_name = ?, description = ? WHERE unique_id = ?')
      .run(displayName, description, uniqueId);
  }

  setDisabled(uniqueId: string, disabled: boolean): void {
    this.#db.prepare('UPDATE iam_accounts SET disabled = ? WHERE unique_id = ?').run(Number(disabled), uniqueId);
  }

  setBehaviour(uniqueId: string, behaviour: Behaviour | undefined): void {
    this.#db.prepare('UPDATE iam_accounts SET behaviour = ? WHERE unique_id = ?').run(behaviour ?? null, uniqueId);
  }

  remove(uniqueId: string): void {
    this.#db
      .prepare('UPDATE iam_accounts SET deleted_ms = ? WHERE unique_id = ?')
      .run(this.#clock.now().getTime(), uniqueId);
  }

  undelete(uniqueId: string): ServiceAccount {
    const since = this.#clock.now().getTime() - UNDELETE_MS;
    const row = this.#db
      .prepare('SELECT email FROM iam_accounts WHERE unique_id = ? AND deleted_ms > ?')
      .get(uniqueId, since);
    if (!row) throw notFound(`Service account ${uniqueId} was not deleted within the last 30 days.`);
    const email = String(row['email']);
    if (this.find(email)) throw new GoogleError(409, `Service account ${email} already exists.`);
    this.#db.prepare('UPDATE iam_accounts SET deleted_ms = NULL WHERE unique_id = ?').run(uniqueId);
    return this.find(uniqueId)!;
  }
}

function assertDisplayName(displayName: string): void {
  if (Buffer.byteLength(displayName) <= MAX_DISPLAY_NAME_BYTES) return;
  throw invalidArgument(`The display name is longer than ${MAX_DISPLAY_NAME_BYTES} bytes.`);
}

/** 21 digits, the first a 1. */
function newUniqueId(): string {
  const half = (): string => String(randomInt(1e10)).padStart(10, '0');
  return `1${half()}${half()}`;
}

function fromRow(row: Record<string, unknown>): ServiceAccount {
  return {
    uniqueId: String(row['unique_id']),
    email: String(row['email']),
    projectId: String(row['project_id']),
    displayName: String(row['display_name']),
    description: String(row['description']),
    disabled: row['disabled'] === 1,
    behaviour: (row['behaviour'] ?? undefined) as Behaviour | undefined,
  };
}
