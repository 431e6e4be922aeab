import { isLive } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { pipelineReadiness } from '../../shared/credentials/pipeline-readiness.ts';
import type { JobStarter } from '../../shared/gcp/run-jobs.ts';
import type { Window } from '../../shared/pipelines/processor.ts';
import type { RunRecord } from '../../shared/pipelines/run-record.ts';
import type { RunRequests } from '../../shared/pipelines/run-requests.ts';
import { DeploymentError, ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { Provider, Registry } from '../../shared/providers/registry.ts';
import { invalid } from './start-body.ts';

export interface StartRequest {
  readonly org: string;
  readonly pipeline: string;
  readonly window: Window;
  readonly requestedBy: string;
}

export interface StartDeps {
  readonly registry: Pick<Registry, 'providers'>;
  readonly store: Pick<IntegrationStore, 'find'>;
  readonly runs: Pick<RunRequests, 'queue' | 'withdraw' | 'find'>;
  readonly jobs: JobStarter;
  /** The Cloud Run job of a pipeline. */
  readonly jobOf: (pipeline: string) => string | undefined;
  readonly log: Logger;
}

/**
 * Queues a run and starts the job that carries it out. Asked for again while it is under way, it is the same run.
 *
 * @throws ServiceError `invalid_request` for a pipeline that nobody has, `not_configured` while it lacks something,
 * `backend_unavailable` when the job cannot be started: the run is withdrawn then.
 */
export async function startRun(request: StartRequest, deps: StartDeps): Promise<{ run: RunRecord; isNew: boolean }> {
  const { org, pipeline } = request;
  const job = deps.jobOf(pipeline);
  await checkReady(request, providerOf(pipeline, deps.registry), deps);
  if (!job) throw new DeploymentError(`No job of configs/system/jobs.yml runs ${pipeline}`);
  const { runId, isNew } = await deps.runs.queue(request);
  if (isNew) {
    await startJob(job, runId, request, deps);
    deps.log.info('run-queued', { org, pipeline, runId, ...request.window });
  }
  const run = await deps.runs.find(org, runId);
  if (!run) throw new ServiceError('internal', `The run ${runId} is gone`);
  return { run, isNew };
}

function providerOf(pipeline: string, { providers }: StartDeps['registry']): Provider {
  const found = providers.find(({ pipelines }) => pipelines.some(({ id }) => id === pipeline));
  if (found) return found;
  const known = providers.flatMap(({ pipelines }) => pipelines.map(({ id }) => id));
  const message = 'No provider has this pipeline';
  throw invalid([{ pointer: '/pipeline', code: 'unknown_pipeline', message, hint: `One of ${known.join(', ')}.` }]);
}

async function checkReady({ org, pipeline }: StartRequest, provider: Provider, { store }: StartDeps): Promise<void> {
  const row = await store.find(org, provider.key);
  if (!isLive(row)) throw new ServiceError('not_configured', `${provider.name} is not set up; the pipeline reads it`);
  const { missing = [] } = pipelineReadiness(row, provider).find(({ id }) => id === pipeline) ?? {};
  if (missing.length > 0) throw new ServiceError('not_configured', `The pipeline cannot run yet: ${missing.join(' ')}`);
}

async function startJob(job: string, runId: string, request: StartRequest, deps: StartDeps): Promise<void> {
  const { org, pipeline, window } = request;
  const days = Object.entries(window).flatMap(([name, day]) => (day === undefined ? [] : [`--${name}`, String(day)]));
  try {
    await deps.jobs.start(job, ['--pipeline', pipeline, '--org', org, ...days, '--run', runId]);
  } catch (err) {
    // Without an answer nobody knows; a job that has begun carries the run on.
    if (await deps.runs.withdraw(org, runId, 'Its job could not be started.')) throw err;
  }
}
