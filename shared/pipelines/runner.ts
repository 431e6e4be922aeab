import { setTimeout as delay } from 'node:timers/promises';
import { Value } from '@sinclair/typebox/value';
import { DeploymentError } from '../platform/errors.ts';
import type { Platform } from '../platform/platform.ts';
import { metered } from './billing-meter.ts';
import { Handover } from './handover.ts';
import type { PipelineDefinition, StepDefinition } from './pipeline-definition.ts';
import { allOf, PipelineError, toPipelineError } from './pipeline-error.ts';
import type { PipelineRun, Processor, Processors, StepContext } from './processor.ts';
import type { EndState } from './run-states.ts';
import { LEASE_MS, type RunStore, type StepRow } from './run-store.ts';

export interface RunnerDeps {
  readonly platform: Platform;
  readonly processors: Processors;
  readonly runs: Pick<RunStore, 'claim' | 'renew' | 'finish' | 'saveStep'>;
  /** Aborted by SIGTERM. */
  readonly signal: AbortSignal;
  /** Pauses between tries; ends early, with an error, when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Makes what the organisation's dataset needs, before the first step. */
  readonly prepare?: (run: PipelineRun) => Promise<void>;
}

export interface RunOutcome {
  readonly state: EndState | 'BUSY' | 'DONE';
  readonly rows: number;
  readonly bytes: number;
  /** What BigQuery bills for our own queries. */
  readonly bytesBilled: number;
  readonly error?: PipelineError | undefined;
}

export const realSleep = async (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal });

/** Fills in the defaults of every step's settings. @throws Error that lists all faults of the pipeline's steps. */
export function withSettings(definition: PipelineDefinition, processors: Processors): PipelineDefinition {
  const faults: string[] = [];
  const steps = definition.steps.map((step) => checkedStep(step, processors[step.processor], faults));
  if (faults.length > 0)
    throw new DeploymentError(`The pipeline ${definition.id} has faults:\n  ${faults.join('\n  ')}`);
  return { ...definition, steps };
}

function checkedStep(step: StepDefinition, processor: Processor | undefined, faults: string[]): StepDefinition {
  if (!processor) faults.push(`${step.id}: this job has no processor ${step.processor}`);
  const { settings } = processor ?? {};
  if (!settings) return step;
  const values = Value.Default(settings, structuredClone(step.with)) as StepDefinition['with'];
  for (const { path, message } of Value.Errors(settings, values)) faults.push(`${step.id}: with${path}: ${message}`);
  return { ...step, with: values };
}

/**
 * Runs a pipeline for one organisation and records how it went. A failure is an outcome, not an error: only when the
 * record itself cannot be written does this reject.
 *
 * @param requestedBy - Absent for a run that stands in the queue already.
 */
export async function runPipeline(
  run: PipelineRun,
  requestedBy: string | undefined,
  deps: RunnerDeps,
): Promise<RunOutcome> {
  const claim = await deps.runs.claim(run, requestedBy);
  if (claim !== 'claimed') return { state: claim === 'busy' ? 'BUSY' : 'DONE', rows: 0, bytes: 0, bytesBilled: 0 };
  const log = deps.platform.log.child({ org: run.org, pipeline: run.pipeline.id, runId: run.id });
  log.info('run-started', { from: run.window.from, to: run.window.to });
  const lease = holdLease(run, deps);
  const execution = new Execution(run, { ...deps, platform: { ...deps.platform, log } }, lease);
  try {
    const outcome = await execution.play();
    await deps.runs.finish(run, outcome);
    const { error, ...counts } = outcome;
    log[outcome.state === 'SUCCEEDED' ? 'info' : 'warn']('run-finished', {
      ...counts,
      ...(error ? { code: error.code, reason: error.message } : {}),
    });
    return outcome;
  } finally {
    lease.release();
  }
}

interface Lease {
  /** Aborted by SIGTERM and when the lease is lost. */
  readonly signal: AbortSignal;
  readonly counts: { rows: number; bytes: number; bytesBilled: number };
  release(): void;
}

/** Renews the lease three times as often as needed; a run that lost it stops, since another one may be at work. */
function holdLease(run: PipelineRun, { runs, signal, platform }: RunnerDeps): Lease {
  const lost = new AbortController();
  const counts = { rows: 0, bytes: 0, bytesBilled: 0 };
  const stop = new PipelineError('cancelled', 'The run was cancelled, or another execution took it over');
  const renew = (): void => {
    runs.renew(run, counts).then(
      (isOurs) => isOurs || lost.abort(stop),
      (err: unknown) => platform.log.warn('lease-not-renewed', { org: run.org, runId: run.id, error: err }),
    );
  };
  const timer = setInterval(renew, LEASE_MS / 3);
  timer.unref();
  return { signal: AbortSignal.any([signal, lost.signal]), counts, release: () => clearInterval(timer) };
}

/** One run at work: its steps in order, each with its retries. */
class Execution {
  readonly #run: PipelineRun;
  readonly #deps: RunnerDeps;
  readonly #lease: Lease;
  readonly #handover = new Handover();
  readonly #failures: PipelineError[] = [];

  constructor(run: PipelineRun, deps: RunnerDeps, lease: Lease) {
    this.#run = run;
    this.#deps = deps;
    this.#lease = lease;
  }

  async play(): Promise<RunOutcome & { state: EndState }> {
    let stopped: PipelineError | undefined;
    try {
      await this.#deps.prepare?.(this.#run);
      for (const [position, step] of this.#run.pipeline.steps.entries()) await this.#playStep(step, position);
    } catch (err) {
      stopped = this.#describe(err);
    }
    const error = stopped ?? allOf(this.#failures);
    return { ...this.#lease.counts, state: endState(stopped, this.#failures), error };
  }

  async #playStep(step: StepDefinition, position: number): Promise<void> {
    const record = new StepRecord(step, position, () => this.#deps.platform.clock.now());
    const save = () => this.#deps.runs.saveStep(this.#run, record.row());
    try {
      record.start();
      await save();
      const failures = await this.#tryStep(step, record);
      this.#failures.push(...failures);
      record.end(failures.length > 0 ? 'PARTIAL' : 'SUCCEEDED', allOf(failures));
      await save();
    } catch (err) {
      const error = this.#describe(err);
      record.end(isStop(error) ? 'CANCELLED' : 'FAILED', error);
      await save();
      if (step.onFailure === 'stop' || isStop(error)) throw error;
      this.#failures.push(error);
    }
  }

  /** Tries again what can heal: a step that threw, or parts of it that failed. */
  async #tryStep(step: StepDefinition, record: StepRecord): Promise<readonly PipelineError[]> {
    const { platform, sleep } = this.#deps;
    for (let attempt = 1; ; attempt += 1) {
      record.attempts = attempt;
      const result = await this.#attempt(step, attempt, record).catch((err: unknown) => this.#describe(err));
      const failures = result instanceof PipelineError ? [result] : result;
      const isLast = attempt > step.retry.max || !failures.some((failure) => failure.retryable);
      if (isLast && result instanceof PipelineError) throw result;
      if (isLast) return failures;
      const pauseMs = step.retry.backoffMs * 2 ** (attempt - 1);
      platform.log.warn('step-retried', {
        step: step.id,
        attempt,
        pauseMs,
        code: failures[0]?.code,
        error: failures[0]?.cause,
      });
      await sleep(pauseMs, this.#lease.signal);
    }
  }

  async #attempt(step: StepDefinition, attempt: number, record: StepRecord): Promise<readonly PipelineError[]> {
    const timeout = AbortSignal.timeout(step.timeoutMs);
    const signal = AbortSignal.any([this.#lease.signal, timeout]);
    signal.throwIfAborted();
    const processor = this.#deps.processors[step.processor] as Processor;
    try {
      const result = await metered(
        (bytes) => this.#countBilled(bytes, record),
        () => processor.run(this.#context(step, attempt, signal, record)),
      );
      return result?.failures ?? [];
    } catch (err) {
      if (timeout.aborted) throw new PipelineError('step_timeout', `The step ${step.id} took too long`, { cause: err });
      throw err;
    }
  }

  #countBilled(bytes: number, record: StepRecord): void {
    record.addBilled(bytes);
    this.#lease.counts.bytesBilled += bytes;
  }

  #context(step: StepDefinition, attempt: number, signal: AbortSignal, record: StepRecord): StepContext {
    const { platform } = this.#deps;
    return {
      platform,
      run: this.#run,
      step,
      attempt,
      signal,
      log: platform.log.child({ step: step.id }),
      handover: this.#handover,
      progress: ({ rows = 0, bytes = 0 }) => {
        record.add(rows, bytes);
        this.#lease.counts.rows += rows;
        this.#lease.counts.bytes += bytes;
      },
    };
  }

  /** Whatever a step threw after it was told to stop is the stop. */
  #describe(err: unknown): PipelineError {
    const { signal } = this.#lease;
    if (signal.aborted && signal.reason instanceof PipelineError) return signal.reason;
    const error = toPipelineError(err);
    if (error.code === 'internal') this.#deps.platform.log.error('step-failed', { error: error.cause });
    return error;
  }
}

function isStop({ code }: PipelineError): boolean {
  return code === 'cancelled' || code === 'interrupted';
}

function endState(stopped: PipelineError | undefined, failures: readonly PipelineError[]): EndState {
  if (stopped) return isStop(stopped) ? 'CANCELLED' : 'FAILED';
  return failures.length > 0 ? 'PARTIAL' : 'SUCCEEDED';
}

/** What is known of a step so far. */
class StepRecord {
  attempts = 0;
  readonly #step: StepDefinition;
  readonly #position: number;
  readonly #now: () => Date;
  #rows = 0;
  #bytes = 0;
  #bytesBilled = 0;
  #state: StepRow['state'] = 'QUEUED';
  #startedAt: string | null = null;
  #finishedAt: string | null = null;
  #error: PipelineError | undefined;

  constructor(step: StepDefinition, position: number, now: () => Date) {
    this.#step = step;
    this.#position = position;
    this.#now = now;
  }

  start(): void {
    this.#state = 'RUNNING';
    this.#startedAt = this.#now().toISOString();
  }

  add(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }

  addBilled(bytes: number): void {
    this.#bytesBilled += bytes;
  }

  end(state: EndState, error: PipelineError | undefined): void {
    this.#state = state;
    this.#error = error;
    this.#finishedAt = this.#now().toISOString();
  }

  row(): StepRow {
    return {
      step_id: this.#step.id,
      position: this.#position,
      state: this.#state,
      rows: this.#rows,
      bytes: this.#bytes,
      bytes_billed: this.#bytesBilled,
      attempts: this.attempts,
      error_code: this.#error?.code ?? null,
      error_message: this.#error?.message ?? null,
      remedy: this.#error?.remedy ?? null,
      started_at: this.#startedAt,
      finished_at: this.#finishedAt,
    };
  }
}
