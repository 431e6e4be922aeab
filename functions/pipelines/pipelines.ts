import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { jobStarter } from '../../shared/gcp/run-jobs.ts';
import { httpFunction, type Answer, type HttpHandler, type OrgCall } from '../../shared/http/edge.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import { readMethod } from '../../shared/http/routes.ts';
import { jobOf } from '../../shared/pipelines/jobs.ts';
import { RunRequests } from '../../shared/pipelines/run-requests.ts';
import { RUN_ID } from '../../shared/pipelines/run-states.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry } from '../../shared/providers/registry.ts';
import { cancelRun, unknownRun } from './cancel-run.ts';
import { runFilterOf } from './run-filter.ts';
import { parseStart } from './start-body.ts';
import { startRun, type StartDeps } from './start-run.ts';

type HandlerDeps = Omit<StartDeps, 'log' | 'runs'> & { readonly runs: RunRequests };

/** /pipelines/{org}/runs: what ran, what it came to, and runs on request. */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const client = bigQuery(platform, INTERACTIVE);
  const deps = {
    registry,
    store: new IntegrationStore(client, platform.config),
    runs: new RunRequests(client, platform.config, platform.clock),
    jobs: jobStarter(platform),
    jobOf: (pipeline: string) => jobOf(pipeline),
  };
  return httpFunction('pipelines', platform, { registry }, [
    {
      path: '/pipelines/{org}/runs',
      scope: 'org',
      handle: (call) => (readMethod(call.request.method ?? '') === 'GET' ? list(call, deps) : start(call, deps)),
    },
    { path: '/pipelines/{org}/runs/{id}', scope: 'org', handle: (call) => get(call, deps) },
    { path: '/pipelines/{org}/runs/{id}/cancel', scope: 'org', handle: (call) => cancel(call, deps) },
  ]);
}

async function list({ org, query }: OrgCall, { runs }: HandlerDeps): Promise<Answer> {
  return { status: 200, body: { runs: await runs.list(org, runFilterOf(query)) } };
}

async function get(call: OrgCall, { runs }: HandlerDeps): Promise<Answer> {
  const run = await runs.find(call.org, runIdOf(call));
  if (!run) throw unknownRun();
  return { status: 200, body: run };
}

async function start(call: OrgCall, deps: HandlerDeps): Promise<Answer> {
  const { org, principal, log, request } = call;
  const parsed = parseStart(await readJsonBody(request));
  const { run, isNew } = await startRun({ ...parsed, org, requestedBy: principal.subject }, { ...deps, log });
  return { status: isNew ? 202 : 200, body: run };
}

async function cancel(call: OrgCall, { runs }: HandlerDeps): Promise<Answer> {
  const id = runIdOf(call);
  await readJsonBody(call.request);
  const { run, isStopping } = await cancelRun({ org: call.org, id, by: call.principal.subject }, { runs });
  call.log.info('run-cancelled', { org: call.org, runId: id, state: run.state });
  return { status: isStopping ? 202 : 200, body: run };
}

function runIdOf({ parameters }: OrgCall): string {
  const id = parameters['id'] ?? '';
  if (RUN_ID.test(id)) return id;
  throw unknownRun();
}
