import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import type { Caller } from '../../kit/contracts.ts';
import { accessDenied, jobError } from '../errors.ts';
import { fullJobId, settled, type Job, type JobRecord } from '../jobs/job.ts';
import { checkQuery, keepRows, runDryQuery } from '../jobs/query-job.ts';
import { countOf, isObject, isTrue, jsonBody, textOf, type Json } from '../requests.ts';
import type { TimestampFormat } from '../rows/wire-sql.ts';
import type { Services } from '../services.ts';
import { visibleJob } from './job-routes.ts';
import { firstPage, resultRows, type ResultPage } from './result-rows.ts';
import { param, route } from './route.ts';
import { jsonWithRows, timestampFormat } from './row-routes.ts';

const DEFAULT_WAIT_MS = 10_000;
const MAX_WAIT_MS = 200_000;
/** For so long a repeated request gets the first one's answer, milliseconds. */
const REPEATABLE_MS = 15 * 60_000;

/** Members of a `jobs.query` request that are members of a query job's configuration too. */
const QUERY_MEMBERS = [
  'query',
  'useLegacySql',
  'queryParameters',
  'parameterMode',
  'defaultDataset',
  'maximumBytesBilled',
  'useQueryCache',
  'preserveNulls',
  'createSession',
  'connectionProperties',
  'continuous',
  'destinationEncryptionConfiguration',
];

export function queryRoutes(services: Services): ApiRoute[] {
  const requests = new RepeatedRequests(services);
  return [
    route('jobs.query', 'POST /projects/{projectId}/queries', 'read', async (request) =>
      runQuery(services, requests, request),
    ),
    route('jobs.getQueryResults', 'GET /projects/{projectId}/queries/{jobId}', 'read', (request) =>
      queryResults(services, request),
    ),
  ];
}

/** Queries by their request id: a client that got no answer sends the same one again. */
class RepeatedRequests {
  readonly #services: Services;
  readonly #jobs = new Map<string, Job>();

  constructor(services: Services) {
    this.#services = services;
  }

  find(caller: Caller, projectId: string, requestId: string): Job | JobRecord | undefined {
    const sinceMs = this.#services.catalog.nowMs - REPEATABLE_MS;
    for (const [key, { record }] of this.#jobs) {
      if (record.createdMs >= sinceMs) break;
      this.#jobs.delete(key);
    }
    const name = `${projectId} ${requestId}`;
    return (
      this.#jobs.get(`${caller.email} ${name}`) ?? this.#services.jobs.store.findRequest(name, caller.email, sinceMs)
    );
  }

  remember(caller: Caller, projectId: string, requestId: string, job: Job): void {
    this.#jobs.set(`${caller.email} ${projectId} ${requestId}`, job);
  }

  forget(caller: Caller, projectId: string, requestId: string): void {
    this.#jobs.delete(`${caller.email} ${projectId} ${requestId}`);
  }
}

async function runQuery(services: Services, requests: RepeatedRequests, request: ApiRequest): Promise<ApiResponse> {
  const body = await jsonBody(request);
  const { caller } = request;
  const projectId = param(request, 'projectId');
  const configuration = configurationOf(body);
  checkQuery(configuration['query'] as Json);
  const submission = { caller, projectId, configuration, jobReference: { location: textOf(body, 'location') } };
  if (isTrue(body['dryRun'])) return dryAnswer(await runDryQuery(services.jobs, submission));

  const requestId = typeof body['requestId'] === 'string' && body['requestId'] !== '' ? body['requestId'] : undefined;
  const former = requestId === undefined ? undefined : requests.find(caller, projectId, requestId);
  if (former && !('record' in former)) return finishedAnswer(services, former, pageOptions(body));
  const job =
    former ??
    services.jobs.submit({
      ...submission,
      requestId: requestId && `${projectId} ${requestId}`,
      isKept: !isOptional(body),
    });
  if (requestId !== undefined) requests.remember(caller, projectId, requestId, job);
  await settled(job, waitMs(body['timeoutMs']));
  // What only read may as well be read again; its rows need not wait for that.
  if (requestId !== undefined && isReading(job)) requests.forget(caller, projectId, requestId);
  return jobAnswer(services, job, pageOptions(body));
}

const isReading = ({ record }: Job): boolean => record.outcome?.statistics['statementType'] === 'SELECT';

/** Whether the caller can do without a job when the answer fits one page. */
const isOptional = (body: Json): boolean => body['jobCreationMode'] === 'JOB_CREATION_OPTIONAL';

function configurationOf(body: Json): Json {
  const query = Object.fromEntries(
    QUERY_MEMBERS.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]),
  );
  return {
    query,
    ...(isObject(body['labels']) ? { labels: body['labels'] } : {}),
    ...(isTrue(body['dryRun']) ? { dryRun: true } : {}),
  };
}

interface PageOptions {
  readonly maxResults: number | undefined;
  readonly format: TimestampFormat;
}

function pageOptions(body: Json): PageOptions {
  const options = isObject(body['formatOptions']) ? body['formatOptions'] : {};
  return { maxResults: countOf(body['maxResults'], 'maxResults'), format: timestampFormat((name) => options[name]) };
}

const waitMs = (value: unknown): number => Math.min(countOf(value, 'timeoutMs') ?? DEFAULT_WAIT_MS, MAX_WAIT_MS);

async function jobAnswer(services: Services, job: Job, options: PageOptions): Promise<ApiResponse> {
  const { jobs, results } = services;
  const { record } = job;
  if (record.state !== 'DONE') {
    jobs.keep(job);
    return { body: { kind: 'bigquery#queryResponse', jobReference: record.ref, jobComplete: false } };
  }
  if (record.error) throw jobError(record.error);
  if (!job.rows && record.outcome?.stored) return finishedAnswer(services, record, options);
  const page = firstPage(job.rows ?? [], record.outcome?.schema ?? [], options.maxResults, options.format);
  if (page.pageToken !== undefined && !jobs.isKept(job)) {
    const stored = await keepRows(job, results);
    job.record = { ...job.record, outcome: { ...job.record.outcome!, stored } };
    jobs.keep(job);
  }
  job.releaseRows();
  return answer('bigquery#queryResponse', job.record, page, jobs.isKept(job));
}

/** The answer to a request whose job this process did not run. */
async function finishedAnswer(
  services: Services,
  record: JobRecord,
  { maxResults, format }: PageOptions,
): Promise<ApiResponse> {
  if (record.error) throw jobError(record.error);
  const page = await resultRows(services, record, { maxResults, startIndex: undefined, pageToken: undefined }, format);
  return answer('bigquery#queryResponse', record, page, true);
}

async function queryResults(services: Services, request: ApiRequest): Promise<ApiResponse> {
  const { query, caller } = request;
  const seen = visibleJob(services, request);
  // A question that cannot wait must not make the job's end wait either.
  const job = services.jobs.live(seen.ref);
  if (job) await settled(job, waitMs(query.get('timeoutMs')));
  const record = job?.record ?? seen;
  if (record.caller !== caller.email) {
    throw accessDenied(
      `Table ${fullJobId(record.ref)}: User does not have permission to query table ${fullJobId(record.ref)}, or perhaps it does not exist.`,
    );
  }
  const kind = 'bigquery#getQueryResultsResponse';
  if (record.state !== 'DONE') return { body: { kind, jobReference: record.ref, jobComplete: false } };
  if (record.error) throw jobError(record.error);
  const page = await resultRows(
    services,
    record,
    {
      maxResults: countOf(query.get('maxResults'), 'maxResults'),
      startIndex: countOf(query.get('startIndex'), 'startIndex'),
      pageToken: query.get('pageToken') || undefined,
    },
    timestampFormat((name) => query.get(`formatOptions.${name}`)),
  );
  return answer(kind, record, page, true);
}

function answer(
  kind: string,
  { ref, outcome, createdMs, startedMs, endedMs }: JobRecord,
  page: ResultPage,
  isJob: boolean,
): ApiResponse {
  const statistics = outcome?.statistics ?? {};
  const { numDmlAffectedRows, dmlStats, totalBytesProcessed = '0' } = statistics;
  const head = {
    kind,
    ...(outcome?.schema ? { schema: { fields: outcome.schema }, totalRows: String(page.totalRows) } : {}),
    ...(isJob ? { jobReference: ref } : {}),
    ...(kind === 'bigquery#queryResponse'
      ? {
          queryId: ref.jobId,
          location: ref.location,
          creationTime: String(createdMs),
          startTime: String(startedMs),
          endTime: String(endedMs),
          statementType: statistics['statementType'],
        }
      : {}),
    jobComplete: true,
    cacheHit: false,
    totalBytesProcessed,
    totalBytesBilled: '0',
    ...(numDmlAffectedRows === undefined ? {} : { numDmlAffectedRows, dmlStats }),
    ...(page.pageToken === undefined ? {} : { pageToken: page.pageToken }),
  };
  return jsonWithRows(head, page.rows);
}

function dryAnswer({ ref, outcome }: JobRecord): ApiResponse {
  const { schema, totalBytesProcessed = '0' } = outcome?.statistics ?? {};
  return {
    body: {
      kind: 'bigquery#queryResponse',
      jobReference: { projectId: ref.projectId, location: ref.location },
      jobComplete: true,
      cacheHit: false,
      totalBytesProcessed,
      ...(schema ? { schema } : {}),
    },
  };
}
