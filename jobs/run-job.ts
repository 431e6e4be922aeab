import { createHash, randomUUID } from 'node:crypto';
import type { PipelineDefinition } from '../shared/pipelines/pipeline-definition.ts';
import { PipelineError, toPipelineError } from '../shared/pipelines/pipeline-error.ts';
import type { PipelineRun } from '../shared/pipelines/processor.ts';
import { LEASE_MS, type RunStore } from '../shared/pipelines/run-store.ts';
import { runPipeline, type RunnerDeps, type RunOutcome } from '../shared/pipelines/runner.ts';
import type { JobArguments } from './job-arguments.ts';

export interface JobDeps extends Omit<RunnerDeps, 'runs'> {
  readonly runs: RunnerDeps['runs'] & Pick<RunStore, 'listOrgs'>;
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
      args.org === undefined ? await runAll(definition, args, deps) : [await runOne(definition, args.org, args, deps)];
    exitCode = Math.max(exitCode, ...codes);
  }
  return deps.signal.aborted ? 1 : exitCode;
}

async function runOne(pipeline: PipelineDefinition, org: string, args: JobArguments, deps: JobDeps): Promise<number> {
  const run = newRun(pipeline, org, args, deps);
  const giveUpAt = deps.platform.clock.now().getTime() + 2 * LEASE_MS;
  for (;;) {
    const { state } = await runPipeline(run, 'request', deps);
    if (state !== 'BUSY') return state === 'FAILED' || state === 'CANCELLED' ? 1 : 0;
    // The lease of a killed process runs out within this time; the run of a living one may end.
    if (deps.platform.clock.now().getTime() > giveUpAt)
      throw new PipelineError('run_in_progress', 'Another run holds these days');
    await deps.sleep(BUSY_PAUSE_MS, deps.signal);
  }
}

/** Every organisation of this task's share; one that fails stops none of the others. */
async function runAll(pipeline: PipelineDefinition, args: JobArguments, deps: JobDeps): Promise<number[]> {
  const orgs = await orgsOf(pipeline, deps);
  const queue = orgs.values();
  const codes: number[] = [];
  const worker = async (): Promise<void> => {
    for (const org of queue) {
      if (deps.signal.aborted) return;
      codes.push(await guarded(org, () => runPipeline(newRun(pipeline, org, args, deps), 'schedule', deps), deps));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_ORGS }, worker));
  return codes;
}

async function orgsOf(
  { provider }: PipelineDefinition,
  { runs, providerKey, needsCredential, platform }: JobDeps,
): Promise<string[]> {
  const { index, count } = platform.config.task;
  const found = await runs.listOrgs(providerKey(provider));
  return found
    .filter(({ org, isValid }) => (isValid || !needsCredential) && shardOf(org, count) === index)
    .map(({ org }) => org);
}

async function guarded(org: string, run: () => Promise<RunOutcome>, { platform }: JobDeps): Promise<number> {
  try {
    const { state, error } = await run();
    return state === 'FAILED' && error?.retryable ? 1 : 0;
  } catch (err) {
    platform.log.error('run-not-recorded', { org, code: toPipelineError(err).code, error: err });
    return 1;
  }
}

/** Which task of `count` works on an organisation. */
export function shardOf(org: string, count: number): number {
  return createHash('sha256').update(org).digest().readUInt32BE(0) % Math.max(1, count);
}

/** A task that is tried again goes on with the run of its first attempt. */
function newRun(
  pipeline: PipelineDefinition,
  org: string,
  { window }: JobArguments,
  { platform }: JobDeps,
): PipelineRun {
  const { execution } = platform.config.task;
  const seed = execution === undefined ? randomUUID() : JSON.stringify([execution, pipeline.id, org, window]);
  const id = `run_${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
  return { id, org, pipeline, window };
}
