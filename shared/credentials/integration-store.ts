import { createHash, randomUUID } from 'node:crypto';
import type { BigQuery } from '@google-cloud/bigquery';
import type { Config } from '../platform/config.ts';
import { unavailable } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';
import type { IntegrationEvent, IntegrationRow, VisibleRow } from './integration-row.ts';
import { parametersOf, readEvents, readRow, type HistoryEntry } from './row-codec.ts';
import { StatementRunner } from './statement-runner.ts';
import * as statements from './statements.ts';

/** A row as it shall become; the store fills in version and write id. */
export type RowDraft = Omit<IntegrationRow, 'version' | 'last_request_id'>;
export type NewEvent = Omit<IntegrationEvent, 'event_id'>;

/** How often the name of the creation lock changes when its job failed on BigQuery's side. */
const MAX_LOCKS = 4;

/** Integrations in BigQuery: one row per organisation and provider, changed by compare-and-set on its version. */
export class IntegrationStore {
  readonly #runner: StatementRunner;

  constructor(bigQuery: BigQuery, config: Pick<Config, 'projectId' | 'integrationsDataset' | 'location'>) {
    this.#runner = new StatementRunner(bigQuery, config);
  }

  /** The row without ciphertexts, tombstones included. */
  async find(org: string, providerKey: string): Promise<VisibleRow | undefined> {
    const { rows } = await this.#runner.query(statements.FIND, { org_slug: org, provider_key: providerKey });
    return rows[0] && readRow(rows[0]);
  }

  /** The row with its ciphertexts, tombstones included. */
  async findSealed(org: string, providerKey: string): Promise<IntegrationRow | undefined> {
    const { rows } = await this.#runner.query(statements.FIND_SEALED, { org_slug: org, provider_key: providerKey });
    return rows[0] && readRow(rows[0]);
  }

  /** Row and newest events in one query. */
  async findWithHistory(
    org: string,
    providerKey: string,
  ): Promise<{ row: VisibleRow; history: HistoryEntry[] } | undefined> {
    const { rows } = await this.#runner.query(statements.FIND_WITH_HISTORY, {
      org_slug: org,
      provider_key: providerKey,
    });
    return rows[0] && { row: readRow(rows[0]), history: readEvents(rows[0]['history']) };
  }

  /** All integrations of an organisation, tombstones left out. */
  async list(org: string): Promise<VisibleRow[]> {
    const { rows } = await this.#runner.query(statements.LIST, { org_slug: org });
    return rows.map(readRow);
  }

  /**
   * Creates the first row of a pair.
   *
   * A job id is accepted once, so among racing creators one job inserts and all others see its row.
   *
   * @returns The row, or undefined when somebody else was first.
   */
  async create(draft: RowDraft): Promise<IntegrationRow | undefined> {
    const row = { ...draft, version: 1, last_request_id: randomUUID() };
    for (let lock = 1; lock <= MAX_LOCKS; lock += 1) {
      const params = parametersOf(row, statements.CREDENTIAL_COLUMNS);
      const run = await this.#runner.runOnce(statements.CREATE, params, creationLock(row, lock));
      if (run === 'changed') return row;
      const stored = run === 'run' ? await this.find(row.org_slug, row.provider_key) : undefined;
      if (stored) return stored.last_request_id === row.last_request_id ? row : undefined;
    }
    throw unavailable('BigQuery');
  }

  /**
   * Replaces a row if it still has the version it was read with.
   *
   * @returns The row with its next version.
   * @throws ServiceError `version_conflict` when somebody else changed it first.
   */
  async replace(read: Pick<VisibleRow, 'version'>, draft: RowDraft): Promise<IntegrationRow> {
    const row = { ...draft, version: read.version, last_request_id: randomUUID() };
    const isOurs = await this.#changedRows(row).then(
      (count) => count === 1 || this.#wrote(row),
      rethrowUnless(() => this.#wrote(row)),
    );
    if (!isOurs)
      throw new ServiceError('version_conflict', 'The integration was changed by somebody else; read it again');
    return { ...row, version: read.version + 1 };
  }

  /** Appends to the history; repeating it with the same id adds nothing. */
  async append(event: NewEvent, eventId: string): Promise<void> {
    const parameters = parametersOf({ ...event, event_id: eventId }, statements.EVENT_COLUMNS);
    const insert = () => this.#runner.query(statements.APPEND_EVENT, parameters);
    await insert().catch(insert);
  }

  async #changedRows(row: IntegrationRow): Promise<number> {
    const { changed } = await this.#runner.query(statements.REPLACE, parametersOf(row, statements.CREDENTIAL_COLUMNS));
    return changed;
  }

  /** Whether the row carries this write's id: its answer may have been lost on the way. */
  async #wrote(row: IntegrationRow): Promise<boolean> {
    const stored = await this.find(row.org_slug, row.provider_key);
    return stored?.last_request_id === row.last_request_id;
  }
}

function creationLock({ org_slug, provider_key }: IntegrationRow, lock: number): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([org_slug, provider_key]))
    .digest('hex')
    .slice(0, 32);
  return lock === 1 ? `cred-init-${hash}` : `cred-init-${hash}-${lock}`;
}

/** Settles a write without an answer by asking whether it happened; when even that fails, the first failure counts. */
function rethrowUnless(happened: () => Promise<boolean>): (err: unknown) => Promise<boolean> {
  return async (err) => {
    if (await happened().catch(() => false)) return true;
    throw err;
  };
}
