import type { BigQuery } from '@google-cloud/bigquery';
import type { Clock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import type { VisibleRow } from './integration-row.ts';
import { parametersOf, readRow } from './row-codec.ts';
import { StatementRunner } from './statement-runner.ts';
import type { Statement } from './statements.ts';
import * as statements from './upkeep-statements.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A test takes seconds; a row that waits longer has lost its message between two writes. */
const OVERDUE_MS = 10 * MINUTE_MS;
/** An event follows its write within seconds. */
const HISTORY_LAG_MS = 2 * MINUTE_MS;
const HISTORY_REACH_MS = 7 * DAY_MS;

/** What upkeep looks for over all organisations. */
export class UpkeepStore {
  readonly #runner: StatementRunner;
  readonly #clock: Clock;

  constructor(
    bigQuery: BigQuery,
    config: Pick<Config, 'projectId' | 'integrationsDataset' | 'location'>,
    clock: Clock,
  ) {
    this.#runner = new StatementRunner(bigQuery, config);
    this.#clock = clock;
  }

  /** Rows and candidates that wait for a test for more than ten minutes; those given up on, for more than a day. */
  listOverdue(): Promise<VisibleRow[]> {
    return this.#list(statements.LIST_OVERDUE, { before: this.#ago(OVERDUE_MS), day_before: this.#ago(DAY_MS) });
  }

  listDue(): Promise<VisibleRow[]> {
    return this.#list(statements.LIST_DUE, { now: this.#ago(0) });
  }

  listRunOut(): Promise<VisibleRow[]> {
    return this.#list(statements.LIST_RUN_OUT, { now: this.#ago(0) });
  }

  listSealedUnder(keyVersion: string): Promise<VisibleRow[]> {
    return this.#list(statements.LIST_SEALED_UNDER, { key_version: keyVersion });
  }

  async listKeyVersions(): Promise<string[]> {
    const { rows } = await this.#runner.query(statements.LIST_KEY_VERSIONS, {});
    return rows.map((row) => row['key_version'] as string);
  }

  /** @returns How many events were missing. */
  async mendHistory(): Promise<number> {
    const range = { since: this.#ago(HISTORY_REACH_MS), before: this.#ago(HISTORY_LAG_MS) };
    const { changed } = await this.#runner.query(
      statements.MEND_HISTORY,
      parametersOf(range, statements.MEND_HISTORY.types),
    );
    return changed;
  }

  async #list(statement: Statement, values: object): Promise<VisibleRow[]> {
    const { rows } = await this.#runner.query(statement, parametersOf(values, statement.types));
    return rows.map(readRow);
  }

  #ago(ms: number): string {
    return new Date(this.#clock.now().getTime() - ms).toISOString();
  }
}
