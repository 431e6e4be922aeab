import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { PipelineError } from './pipeline-error.ts';
import type { PipelineRun } from './processor.ts';
import type { EndState, RunState } from './run-states.ts';
import * as statements from './run-statements.ts';
import type { Warehouse } from './warehouse.ts';

/** A row of `pipeline_run_steps`. */
export interface StepRow {
  readonly step_id: string;
  readonly position: number;
  readonly state: RunState;
  readonly rows: number;
  readonly bytes: number;
  /** Of our own queries. */
  readonly bytes_billed: number;
  readonly attempts: number;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly remedy: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

export interface RunEnd {
  readonly state: EndState;
  readonly rows: number;
  readonly bytes: number;
  /** Of our own queries. */
  readonly bytesBilled: number;
  readonly error?: PipelineError | undefined;
}

/** How long a lease holds without being renewed: the longest that a killed process blocks its window, milliseconds. */
export const LEASE_MS = 30_000;

/** Runs and steps in BigQuery; a run row is also the lease of its organisation, pipeline and window. */
export class RunStore {
  readonly #warehouse: Warehouse;
  readonly #clock: Clock;
  readonly #owner: string;
  readonly #savedSteps = new Set<string>();

  /**
   * @param execution - Name of the Cloud Run execution, whose later attempts go on with the leases of earlier ones; by default
   * one that nobody else has.
   */
  constructor(warehouse: Warehouse, clock: Clock, execution: string = randomUUID()) {
    this.#warehouse = warehouse;
    this.#clock = clock;
    this.#owner = execution;
  }

  /** Organisations that have set up a provider, by whether its credential is VALID. */
  async listOrgs(providerKey: string): Promise<{ org: string; isValid: boolean }[]> {
    const { rows } = await this.#warehouse.query(statements.LIST_ORGS, { provider_key: providerKey });
    return rows.map((row) => ({ org: row['org_slug'] as string, isValid: row['validation_status'] === 'VALID' }));
  }

  /**
   * Makes the run known and takes the lease of its window.
   *
   * @param requestedBy - Absent for a run that was queued by who asked for it: it is carried out while its row is there.
   * @returns `done` when nothing is left to do for this execution: the run has ended, was withdrawn, or another execution is
   * at it; `busy` while another run holds the window.
   */
  async claim(run: PipelineRun, requestedBy?: string): Promise<'claimed' | 'busy' | 'done'> {
    const ids = { org_slug: run.org, pipeline: run.pipeline.id, run_id: run.id };
    const now = this.#clock.now().toISOString();
    const known = (await this.#warehouse.query(statements.FIND_RUNS, ids)).rows;
    const own = known.find((row) => row['run_id'] === run.id);
    if (own ? isEnded(own) || this.#isAnothers(own, now) : requestedBy === undefined) return 'done';
    if (known.some((row) => row !== own && isOver(row, now))) {
      await this.#warehouse.query(statements.CLOSE_ABANDONED, { ...ids, now });
    }
    const window = { window_from: run.window.from ?? null, window_to: run.window.to ?? null };
    if (own) await this.#warehouse.query(statements.FORGET_STEPS, { org_slug: run.org, run_id: run.id });
    else await this.#warehouse.query(statements.ENQUEUE_RUN, { ...ids, ...window, requested_by: requestedBy, now });
    const { changed } = await this.#warehouse.query(statements.CLAIM_RUN, { ...ids, ...window, ...this.#lease() });
    return changed === 1 ? 'claimed' : 'busy';
  }

  /** Holds the lease further and shows the progress; false when the run is no longer ours to go on with. */
  async renew(run: PipelineRun, { rows, bytes }: { rows: number; bytes: number }): Promise<boolean> {
    const params = { org_slug: run.org, run_id: run.id, rows, bytes, ...this.#lease() };
    return (await this.#warehouse.query(statements.RENEW_RUN, params)).changed === 1;
  }

  async finish(run: PipelineRun, { state, rows, bytes, bytesBilled, error }: RunEnd): Promise<void> {
    await this.#warehouse.query(statements.FINISH_RUN, {
      org_slug: run.org,
      run_id: run.id,
      state,
      rows,
      bytes,
      bytes_billed: bytesBilled,
      lease_owner: this.#owner,
      error_code: error?.code ?? null,
      error_message: error?.message ?? null,
      now: this.#clock.now().toISOString(),
    });
  }

  /** Ends a run that never got its window, so that it does not stand in the queue for ever. */
  async giveUp(run: PipelineRun, state: EndState, error: PipelineError): Promise<void> {
    await this.#warehouse.query(statements.GIVE_UP_RUN, {
      org_slug: run.org,
      run_id: run.id,
      state,
      error_code: error.code,
      error_message: error.message,
      now: this.#clock.now().toISOString(),
    });
  }

  async saveStep(run: PipelineRun, step: StepRow): Promise<void> {
    const key = `${run.id}/${step.step_id}`;
    const params = { ...step, org_slug: run.org, run_id: run.id };
    const { position, ...changing } = params;
    if (this.#savedSteps.has(key)) await this.#warehouse.query(statements.UPDATE_STEP, changing);
    else await this.#warehouse.query(statements.INSERT_STEP, { ...changing, position });
    this.#savedSteps.add(key);
  }

  #lease(): { now: string; lease_until: string; lease_owner: string } {
    const now = this.#clock.now();
    const until = new Date(now.getTime() + LEASE_MS);
    return { now: now.toISOString(), lease_until: until.toISOString(), lease_owner: this.#owner };
  }

  /** Cloud Run makes an execution twice when the answer to the first request for it got lost. */
  #isAnothers(row: Readonly<Record<string, unknown>>, now: string): boolean {
    return row['state'] === 'RUNNING' && row['lease_owner'] !== this.#owner && !isOver(row, now);
  }
}

function isOver(row: Readonly<Record<string, unknown>>, now: string): boolean {
  const until = row['lease_until'] as { value: string } | null;
  return until !== null && new Date(until.value) <= new Date(now);
}

function isEnded(row: Readonly<Record<string, unknown>>): boolean {
  const { state, error_code: code } = row;
  return state === 'SUCCEEDED' || code === 'not_started' || (state === 'CANCELLED' && code !== 'interrupted');
}
