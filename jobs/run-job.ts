import { createHash, randomUUID } from 'node:crypto';
import type { PipelineDefinition } from '../shared/pipelines/pipeline-definition.ts';
import { PipelineError, toPipelineError } from '../shared/pipelines/pipeline-error.ts';
import type { PipelineRun } from '../shared/pipelines/processor.ts';
import type { EndState } from '../shared/pipelines/run-states.ts';
import { LEASE_MS, type RunStore } from '../shared/pipelines/run-store.ts';
import { runPipeline, type RunnerDeps, type RunOutcome } from '../shared/pipelines/runner.ts';
import type { JobArguments } from './job-arguments.ts';

export interface JobDeps extends Omit<RunnerDeps, 'runs'> {
  readonly runs: RunnerDeps['runs'] & Pick<RunStore, 'listOrgs' | 'giveUp'>;
  /** Key of the provider registry by its slug: `gcp` to `GCP_SA`. */
  readonly providerKey: (slug: string) => string;
  /** Whether organisations whose credential is not VALID are left out when all are run. */
  readonly needsCredential: boolean;
}

/** Organisations that one task works on at the same time. */
const PARALLEL_ORGS = 4;
/** How often a run that somebody asked for looks whether its window is free, milliseconds. */
const BUSY_PAUSE_MS = 1_000;

/**
 * Runs pipelines for one organisation or for all, and answers the exit code of the task.
 *
 * 1 asks Cloud Run to try again: for faults of the infrastructure, and for an organisation that was asked for by name
 * and failed. A failure that only the customer can mend is recorded and ends with 0, or retries would hammer them.
 */
export async function runJob(
  definitions: readonly PipelineDefinition[],
  args: JobArguments,
  deps: JobDeps,
): Promise<number> {
  const chosen = definitions.filter(({ id }) => args.pipeline === undefined || args.pipeline === id);
  let exitCode = 0;
  for (const definition of chosen) {
    const codes =
      args.org === undefined ? await runAll(definition, args, deps) : [await runNamed(definition, args, deps)];
    exitCode = Math.max(exitCode, ...codes);
  }
  return deps.signal.aborted ? 1 : exitCode;
}

/** The one organisation that was asked for; of several tasks only that of its share works on it. */
async function runNamed(pipeline: PipelineDefinition, args: JobArguments, deps: JobDeps): Promise<number> {
  const org = args.org ?? '';
  if (!isOurs(org, deps)) return 0;
  const run = newRun(pipeline, org, args, deps);
  const outcome = await untilFree(run, args, deps);
  // Who queued a run looks at its record; whoever calls the job by hand has nothing but its exit code.
  if (args.run !== undefined) return exitCodeOf(outcome);
  return outcome.state === 'FAILED' || outcome.state === 'CANCELLED' ? 1 : 0;
}

async function untilFree(run: PipelineRun, args: JobArguments, deps: JobDeps): Promise<RunOutcome> {
  const { clock } = deps.platform;
  const giveUpAt = clock.now().getTime() + 2 * LEASE_MS;
  const requestedBy = args.run === undefined ? 'request' : undefined;
  for (;;) {
    const outcome = await runPipeline(run, requestedBy, deps);
    if (outcome.state !== 'BUSY') return outcome;
    // The lease of a killed process runs out within this time; the run of a living one may end.
    if (clock.now().getTime() > giveUpAt)
      return { ...outcome, state: 'FAILED', error: await giveUp(run, 'FAILED', deps) };
    await deps.sleep(BUSY_PAUSE_MS, deps.signal);
  }
}

async function giveUp(run: PipelineRun, state: EndState, { runs }: JobDeps): Promise<PipelineError> {
  const error = new PipelineError('run_in_progress', 'Another run of this pipeline holds these days');
  await runs.giveUp(run, state, error);
  return error;
}

/** Every organisation of this task's share; one that fails stops none of the others. */
async function runAll(pipeline: PipelineDefinition, args: JobArguments, deps: JobDeps): Promise<number[]> {
  const orgs = await orgsOf(pipeline, deps);
  const queue = orgs.values();
  const codes: number[] = [];
  const worker = async (): Promise<void> => {
    for (const org of queue) {
      if (deps.signal.aborted) return;
      codes.push(await guarded(newRun(pipeline, org, args, deps), deps));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_ORGS }, worker));
  return codes;
}

async function orgsOf(
  { provider }: PipelineDefinition,
  { runs, providerKey, needsCredential, platform }: JobDeps,
): Promise<string[]> {
  const found = await runs.listOrgs(providerKey(provider));
  return found
    .filter(({ org, isValid }) => (isValid || !needsCredential) && isOurs(org, { platform }))
    .map(({ org }) => org);
}

/** A run whose window is taken leaves it to whoever is at it. */
async function guarded(run: PipelineRun, deps: JobDeps): Promise<number> {
  try {
    const outcome = await runPipeline(run, 'schedule', deps);
    if (outcome.state === 'BUSY') await giveUp(run, 'CANCELLED', deps);
    return exitCodeOf(outcome);
  } catch (err) {
    deps.platform.log.error('run-not-recorded', { org: run.org, code: toPipelineError(err).code, error: err });
    return 1;
  }
}

function exitCodeOf({ state, error }: RunOutcome): number {
  return state === 'FAILED' && error?.retryable ? 1 : 0;
}

function isOurs(org: string, { platform }: Pick<JobDeps, 'platform'>): boolean {
  const { index, count } = platform.config.task;
  return shardOf(org, count) === index;
}

/** Which task of `count` works on an organisation. */
export function shardOf(org: string, count: number): number {
  return createHash('sha256').update(org).digest().readUInt32BE(0) % Math.max(1, count);
}

/** A queued run has its id; else a task that is tried again goes on with the run of its first attempt. */
function newRun(
  pipeline: PipelineDefinition,
  org: string,
  { window, run }: JobArguments,
  { platform }: JobDeps,
): PipelineRun {
  if (run !== undefined) return { id: run, org, pipeline, window };
  const { execution } = platform.config.task;
  const seed = execution === undefined ? randomUUID() : JSON.stringify([execution, pipeline.id, org, window]);
  const id = `run_${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
  return { id, org, pipeline, window };
}
