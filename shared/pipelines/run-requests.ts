import { randomUUID } from 'node:crypto';
import type { BigQuery } from '@google-cloud/bigquery';
import { parametersOf } from '../credentials/row-codec.ts';
import { StatementRunner } from '../credentials/statement-runner.ts';
import type { Statement } from '../credentials/statements.ts';
import type { Clock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import { unavailable } from '../platform/deadline.ts';
import type { Window } from './processor.ts';
import { readRun, type RunRecord } from './run-record.ts';
import * as statements from './run-request-statements.ts';
import type { RunState } from './run-states.ts';
import { jobIdOf } from './warehouse.ts';

/** A run that somebody asks for. */
export interface RunRequest {
  readonly org: string;
  readonly pipeline: string;
  readonly window: Window;
  readonly requestedBy: string;
}

export interface RunFilter {
  readonly pipeline: string | null;
  readonly state: RunState | null;
  readonly limit: number;
}

const MINUTE_MS = 60_000;
/** A job begins within seconds; one that waits for its days does so for a minute and more, and is tried again. */
const QUEUE_MS = 10 * MINUTE_MS;
/** Longer than Cloud Run takes to try a task again, which then goes on with its run. */
const LOST_MS = 10 * MINUTE_MS;
/** How often the name of the lock changes when its job failed on BigQuery's side. */
const MAX_LOCKS = 4;

/** Runs as users see them and ask for them; the jobs' own view of the same rows is `RunStore`. */
export class RunRequests {
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

  /** Newest first. */
  async list(org: string, filter: RunFilter): Promise<RunRecord[]> {
    return (await this.#query(statements.LIST_RUNS, { org_slug: org, ...filter })).rows.map(readRun);
  }

  async find(org: string, runId: string): Promise<RunRecord | undefined> {
    const { rows } = await this.#query(statements.GET_RUN, { org_slug: org, run_id: runId });
    return rows[0] && readRun(rows[0]);
  }

  /**
   * Queues a run unless one of the same pipeline and days is under way.
   *
   * A job id is accepted once, so of requests at the same time one makes the run and the others get it.
   *
   * @returns The run's id, and whether it is this request's own: then its job has to be started.
   * @throws ServiceError `backend_unavailable`
   */
  async queue(request: RunRequest): Promise<{ runId: string; isNew: boolean }> {
    const former = await this.#findLive(request);
    if (former?.isLive) return { runId: former.runId, isNew: false };
    const runId = `run_${randomUUID().replaceAll('-', '')}`;
    for (let lock = 1; lock <= MAX_LOCKS; lock += 1) {
      const { org, pipeline, window } = request;
      const lockId = jobIdOf('run-queue', org, pipeline, window, former?.runId ?? null, lock);
      const queued = await this.#runner.runOnce(statements.QUEUE_RUN, this.#rowOf(request, runId), lockId);
      if (queued === 'changed') return { runId, isNew: true };
      const other = queued === 'run' ? await this.#findLive(request) : undefined;
      if (other) return { runId: other.runId, isNew: other.runId === runId };
    }
    throw unavailable('BigQuery');
  }

  /** @returns Whether there was anything to call off. */
  async cancel(org: string, runId: string, by: string): Promise<boolean> {
    const values = { org_slug: org, run_id: runId, error_message: `Cancelled by ${by}.`, now: this.#ago(0) };
    return (await this.#query(statements.CANCEL_RUN, values)).changed === 1;
  }

  /** @returns False when the run has begun all the same, or was called off. */
  async withdraw(org: string, runId: string, reason: string): Promise<boolean> {
    const values = { org_slug: org, run_id: runId, error_message: reason, now: this.#ago(0) };
    return (await this.#query(statements.WITHDRAW_RUN, values)).changed === 1;
  }

  /** Ends what nobody will carry on, of all organisations. @returns How many runs. */
  async closeLost(): Promise<number> {
    const values = { queued_before: this.#ago(3 * QUEUE_MS), lease_before: this.#ago(LOST_MS), now: this.#ago(0) };
    return (await this.#query(statements.CLOSE_LOST, values)).changed;
  }

  async #findLive({ org, pipeline, window }: RunRequest): Promise<{ runId: string; isLive: boolean } | undefined> {
    const { rows } = await this.#query(statements.FIND_LIVE, {
      org_slug: org,
      pipeline,
      window_from: window.from,
      window_to: window.to,
      queued_since: this.#ago(QUEUE_MS),
      now: this.#ago(0),
    });
    const [row] = rows;
    return row && { runId: row['run_id'] as string, isLive: row['is_live'] === true };
  }

  #rowOf({ org, pipeline, window, requestedBy }: RunRequest, runId: string): Record<string, unknown> {
    const row = {
      run_id: runId,
      org_slug: org,
      pipeline,
      requested_by: requestedBy,
      window_from: window.from,
      window_to: window.to,
      now: this.#ago(0),
    };
    return parametersOf(row, statements.QUEUE_RUN.types);
  }

  #query(statement: Statement, values: object): ReturnType<StatementRunner['query']> {
    return this.#runner.query(statement, parametersOf(values, statement.types));
  }

  #ago(ms: number): string {
    return new Date(this.#clock.now().getTime() - ms).toISOString();
  }
}
