import { randomUUID } from 'node:crypto';
import { ApiError } from '../kit/api-error.ts';
import { apiListener, listen, type ApiRequest, type ApiRoute } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import type { JobHost } from '../host/jobs.ts';
import { JOB_GRANTS } from '../topology.ts';

/** `max_retries` of our Cloud Run jobs. */
const MAX_RETRIES = 3;
/** Finished executions kept for polling clients. */
const KEPT_EXECUTIONS = 1000;

interface Execution {
  readonly name: string;
  readonly operation: string;
  readonly createTime: string;
  readonly stop: AbortController;
  exitCode?: number;
  completionTime?: string;
}

interface RunBody {
  overrides?: { containerOverrides?: { args?: string[] }[]; taskCount?: number };
}

/**
 * Cloud Run's Admin API v2 as far as jobs go: get, list, run with overrides, executions, operations.
 *
 * @see https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs
 */
export async function startRun(
  ctx: ServiceContext,
  jobs: JobHost,
  options: { port?: number } = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const executions = new Map<string, Execution>();
  const server = await listen(
    apiListener({ service: 'run', routes: routes(ctx, jobs, executions), ...ctx }),
    options.port,
  );
  return { url: server.url, close: server.close };
}

function routes(ctx: ServiceContext, jobs: JobHost, executions: Map<string, Execution>): ApiRoute[] {
  const parent = '/v2/(?<parent>projects/[^/]+/locations/[^/]+)';
  const find = ({ params, path }: ApiRequest): Execution => {
    const found = executions.get(params['id'] ?? '');
    if (!found) throw new ApiError(404, `Resource '${path.slice('/v2/'.length)}' was not found.`);
    return found;
  };
  return [
    {
      verb: 'GET',
      pattern: new RegExp(`^${parent}/jobs$`),
      name: 'jobs.list',
      handle: ({ params, caller }) => {
        demand(ctx, caller, 'run.jobs.list', params['parent']);
        return { body: { jobs: Object.keys(JOB_GRANTS).map((job) => jobResource(params['parent'] ?? '', job)) } };
      },
    },
    {
      verb: 'GET',
      pattern: new RegExp(`^${parent}/jobs/(?<job>[^/:]+)$`),
      name: 'jobs.get',
      handle: ({ params, caller }) => {
        demand(ctx, caller, 'run.jobs.get', `${params['parent']}/jobs/${params['job']}`);
        return { body: jobResource(params['parent'] ?? '', knownJob(params['job'])) };
      },
    },
    {
      verb: 'POST',
      pattern: new RegExp(`^${parent}/jobs/(?<job>[^/:]+):run$`),
      name: 'jobs.run',
      handle: async (request) => {
        const name = `${request.params['parent']}/jobs/${request.params['job']}`;
        const { overrides } = await request.json<RunBody>();
        demand(ctx, request.caller, overrides ? 'run.jobs.runWithOverrides' : 'run.jobs.run', name);
        return { body: operation(start(ctx, jobs, executions, name, knownJob(request.params['job']), overrides)) };
      },
    },
    {
      verb: 'GET',
      pattern: new RegExp(`^${parent}/operations/(?<id>[^/]+)$`),
      name: 'operations.get',
      handle: (request) => {
        demand(ctx, request.caller, 'run.operations.get', request.params['parent']);
        return { body: operation(find(request)) };
      },
    },
    {
      verb: 'GET',
      pattern: new RegExp(`^${parent}/jobs/[^/]+/executions/(?<id>[^/:]+)$`),
      name: 'executions.get',
      handle: (request) => {
        demand(ctx, request.caller, 'run.executions.get', request.params['parent']);
        return { body: executionResource(find(request)) };
      },
    },
    {
      verb: 'POST',
      pattern: new RegExp(`^${parent}/jobs/[^/]+/executions/(?<id>[^/:]+):cancel$`),
      name: 'executions.cancel',
      handle: (request) => {
        demand(ctx, request.caller, 'run.executions.cancel', request.params['parent']);
        const execution = find(request);
        execution.stop.abort();
        return { body: operation(execution) };
      },
    },
  ];
}

function start(
  ctx: ServiceContext,
  jobs: JobHost,
  executions: Map<string, Execution>,
  name: string,
  job: string,
  overrides: RunBody['overrides'],
): Execution {
  const id = `${job}-${randomUUID().slice(0, 13)}`;
  const execution: Execution = {
    name: `${name}/executions/${id}`,
    operation: `${name.split('/jobs/')[0]}/operations/${id}`,
    createTime: ctx.clock.now().toISOString(),
    stop: new AbortController(),
  };
  executions.set(id, execution);
  const oldest = executions.size > KEPT_EXECUTIONS ? executions.keys().next().value : undefined;
  if (oldest) executions.delete(oldest);
  const request = {
    job,
    args: overrides?.containerOverrides?.[0]?.args ?? [],
    taskCount: overrides?.taskCount ?? 1,
    maxRetries: MAX_RETRIES,
    signal: execution.stop.signal,
  };
  jobs
    .run(request)
    .catch(() => 1)
    .then((exitCode) => Object.assign(execution, { exitCode, completionTime: ctx.clock.now().toISOString() }))
    .catch((err: unknown) => console.error('execution failed', err));
  return execution;
}

function demand(ctx: ServiceContext, caller: ApiRequest['caller'], permission: string, resource = ''): void {
  if (ctx.policy.allows(caller, permission, resource)) return;
  throw new ApiError(403, `Permission '${permission}' denied on resource '${resource}' (or resource may not exist).`);
}

function knownJob(job = ''): string {
  if (Object.hasOwn(JOB_GRANTS, job)) return job;
  throw new ApiError(404, `Resource '${job}' of kind 'JOB' does not exist.`);
}

const jobResource = (parent: string, job: string): object => ({
  name: `${parent}/jobs/${job}`,
  template: { template: { maxRetries: MAX_RETRIES } },
});

function executionResource(execution: Execution): object {
  const { name, createTime, completionTime, exitCode } = execution;
  const done = exitCode === undefined ? {} : exitCode === 0 ? { succeededCount: 1 } : { failedCount: 1 };
  return { name, createTime, ...(completionTime ? { completionTime } : { runningCount: 1 }), ...done };
}

function operation(execution: Execution): object {
  const metadata = {
    '@type': 'type.googleapis.com/google.cloud.run.v2.Execution',
    ...executionResource(execution),
  };
  const base = { name: execution.operation, metadata, done: execution.exitCode !== undefined };
  if (execution.exitCode === undefined) return base;
  return execution.exitCode === 0
    ? { ...base, response: metadata }
    : { ...base, error: { code: 10, message: 'The execution failed: a task used up its retries.' } };
}
