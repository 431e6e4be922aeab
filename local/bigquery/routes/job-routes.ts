import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import { accessDenied, invalid } from '../errors.ts';
import { fullJobId, jobResource, settled, type JobRecord } from '../jobs/job.ts';
import { runDryQuery } from '../jobs/query-job.ts';
import { countOf, isObject, isTrue, jsonBody, type Json } from '../requests.ts';
import type { Services } from '../services.ts';
import { baseUrl, param, route } from './route.ts';

const MAX_LISTED = 1000;
const SHORT_WAIT_MS = 250;

export function jobRoutes(services: Services): ApiRoute[] {
  const one = '/projects/{projectId}/jobs/{jobId}';
  return [
    route('jobs.insert', 'POST /projects/{projectId}/jobs', 'write', async (request) =>
      insertJob(services, request, await jsonBody(request)),
    ),
    route('jobs.list', 'GET /projects/{projectId}/jobs', 'read', (request) => list(services, request)),
    route('jobs.get', `GET ${one}`, 'read', (request) => ({
      body: jobResource(visibleJob(services, request), baseUrl(request)),
    })),
    route('jobs.cancel', `POST ${one}/cancel`, 'write', (request) => cancel(services, request)),
    route('jobs.delete', `DELETE ${one}/delete`, 'write', (request) => remove(services, request)),
  ];
}

/** @param upload - File with the rows of a load job. */
export async function insertJob(
  services: Services,
  request: ApiRequest,
  body: Json,
  upload?: string,
): Promise<ApiResponse> {
  const projectId = param(request, 'projectId');
  const configuration = body['configuration'];
  if (!isObject(configuration)) throw invalid('Required parameter is missing: configuration', 'required');
  const submission = {
    caller: request.caller,
    projectId,
    configuration,
    jobReference: body['jobReference'] as Json | undefined,
    isKept: true,
  };
  if (isTrue(configuration['dryRun']))
    return { body: jobResource(await runDryQuery(services.jobs, submission), baseUrl(request)) };
  const job = services.jobs.submit(submission, upload);
  void job.done.then(() => job.releaseRows());
  // A small load is done by then, which spares its caller the first round of asking.
  if (upload !== undefined) await settled(job, SHORT_WAIT_MS);
  return { body: jobResource(job.record, baseUrl(request)) };
}

export function visibleJob({ jobs }: Services, request: ApiRequest): JobRecord {
  return jobs.visible(request.caller, {
    projectId: param(request, 'projectId'),
    jobId: param(request, 'jobId'),
    location: request.query.get('location') ?? undefined,
  });
}

function list({ jobs, access }: Services, request: ApiRequest): ApiResponse {
  const { query, caller } = request;
  const projectId = param(request, 'projectId');
  const resource = `projects/${projectId}`;
  const mayListAll = access.allows(caller, 'bigquery.jobs.listAll', resource);
  if (!mayListAll) access.requireProject(caller, 'bigquery.jobs.list', projectId);
  const limit = Math.min(countOf(query.get('maxResults'), 'maxResults') ?? 50, MAX_LISTED);
  const offset = countOf(query.get('pageToken'), 'pageToken') ?? 0;
  const parentJobId = query.get('parentJobId') ?? undefined;
  const found = jobs.store.list(
    {
      projectId,
      caller: mayListAll && (isTrue(query.get('allUsers')) || parentJobId !== undefined) ? undefined : caller.email,
      parentJobId,
      states: query.getAll('stateFilter').map((state) => state.toUpperCase()),
      minCreatedMs: countOf(query.get('minCreationTime'), 'minCreationTime'),
      maxCreatedMs: countOf(query.get('maxCreationTime'), 'maxCreationTime'),
    },
    limit + 1,
    offset,
  );
  const items = found.slice(0, limit).map((record) => listItem(record, request));
  return {
    body: {
      kind: 'bigquery#jobList',
      etag: '',
      jobs: items,
      ...(found.length > limit ? { nextPageToken: String(offset + limit) } : {}),
    },
  };
}

function listItem(record: JobRecord, request: ApiRequest): Json {
  const { status, ...resource } = jobResource(record, baseUrl(request)) as Json & { status: Json };
  return {
    ...resource,
    status,
    state: status['state'],
    ...(status['errorResult'] ? { errorResult: status['errorResult'] } : {}),
  };
}

function cancel(services: Services, request: ApiRequest): ApiResponse {
  const record = requireOwn(services, request, 'bigquery.jobs.update');
  services.jobs.live(record.ref)?.abort.abort();
  return { body: { kind: 'bigquery#jobCancelResponse', job: jobResource(record, baseUrl(request)) } };
}

function remove(services: Services, request: ApiRequest): ApiResponse {
  const record = requireOwn(services, request, 'bigquery.jobs.delete');
  if (record.state !== 'DONE') throw invalid(`The job ${fullJobId(record.ref)} is still running.`);
  services.jobs.remove(record.ref);
  return { status: 204 };
}

/** One's own job, or the right to change anybody's. */
function requireOwn(services: Services, request: ApiRequest, permission: string): JobRecord {
  const record = visibleJob(services, request);
  const isOwn = record.caller === request.caller.email && permission === 'bigquery.jobs.update';
  if (!isOwn && !services.access.allows(request.caller, permission, `projects/${record.ref.projectId}`)) {
    const name = fullJobId(record.ref);
    throw accessDenied(`Job ${name}: Permission ${permission} denied on job ${name} (or it may not exist).`);
  }
  return record;
}
