import { ApiError } from '../../kit/api-error.ts';
import type { Access } from '../access.ts';
import type { LocalCatalog } from '../catalog/catalog.ts';
import type { ChildResult, QueryRequest, QueryResult, SqlEngine } from '../contracts.ts';
import { isConflict } from '../duck.ts';
import { invalid, jobError, unsupported } from '../errors.ts';
import type { RowWriter } from '../loads/row-writer.ts';
import { countOf, isObject, isTrue, textOf, type Json } from '../requests.ts';
import { anonymousTable, fullJobId, type ChildStatement, type Job, type JobRecord, type Outcome } from './job.ts';
import { assertHere, destinationOf } from './job-location.ts';
import type { Jobs, Submission } from './jobs.ts';
import { checkedParameters } from './query-parameters.ts';
import type { ResultStore, StoredRows } from './result-store.ts';

export interface QueryDeps {
  readonly engine: SqlEngine;
  readonly catalog: LocalCatalog;
  readonly access: Access;
  readonly results: ResultStore;
  readonly rowWriter: RowWriter;
  /** Makes a short query a kept job, before it changes anything. */
  keep(job: Job): void;
  isKept(job: Job): boolean;
}

/** BigQuery runs a statement that lost against another one again, up to three times. */
const MAX_TRIES = 4;

const REFUSED = [
  'createSession',
  'continuous',
  'externalTableDefinitions',
  'tableDefinitions',
  'userDefinedFunctionResources',
  'connectionProperties',
];

/** Runs the statement of a query job and keeps its rows. */
export async function runQueryJob(job: Job, deps: QueryDeps): Promise<Outcome> {
  const { configuration } = job.record;
  const query = configuration['query'] as Json;
  checkQuery(query);
  const destination = isObject(query['destinationTable']) && query['destinationTable'] ? query : undefined;
  const request = engineRequest(job, deps, isTrue(configuration['dryRun']));
  const result = await withRetries(request.sql, () => deps.engine.run(request));
  const statistics = queryStatistics(result, request.dryRun === true);
  job.children = childStatements(result);
  if (request.dryRun || !result.schema) return { statistics };
  const rows = result.rows.map((row) => JSON.stringify(row));
  job.rows = rows;
  if (destination) await writeDestination(job, destination, result, deps);
  if (!deps.isKept(job)) return { statistics, schema: result.schema };
  return { statistics, schema: result.schema, stored: await keepRows(job, deps.results) };
}

/** Analyses a query: its errors are the call's, and no job is left of it. */
export async function runDryQuery(jobs: Jobs, submission: Omit<Submission, 'isKept'>): Promise<JobRecord> {
  const job = jobs.submit({ ...submission, isKept: false });
  await job.done;
  if (job.record.error) throw jobError(job.record.error);
  return job.record;
}

/** Writes the rows of a job to disk, where later pages come from, and names the table that they seem to be in. */
export async function keepRows(job: Job, results: ResultStore): Promise<StoredRows> {
  const { configuration } = job.record;
  const query = { destinationTable: anonymousTable(job.record), ...(configuration['query'] as Json) };
  job.record = { ...job.record, configuration: { ...configuration, query } };
  return results.write(job.record.ref, job.rows ?? []);
}

export function checkQuery(query: Json): void {
  if (typeof query['query'] !== 'string' || query['query'].trim() === '') {
    throw invalid('Required parameter is missing: query', 'required');
  }
  // The API's default is legacy SQL, which official clients always override.
  const isStandard = query['useLegacySql'] === false || /^\s*#standardSQL\b/i.test(query['query']);
  if (!isStandard) throw unsupported('Legacy SQL (set useLegacySql to false)');
  for (const name of REFUSED) {
    const value = query[name];
    if (value && !(Array.isArray(value) && value.length === 0)) throw unsupported(`The query option ${name}`);
  }
}

function engineRequest(job: Job, deps: QueryDeps, dryRun: boolean): QueryRequest {
  const { record, caller, abort } = job;
  const query = record.configuration['query'] as Json;
  const { projectId, location } = record.ref;
  const dataset = query['defaultDataset'];
  const allow = deps.access.authorizer(caller);
  const maximumBytesBilled = countOf(query['maximumBytesBilled'], 'maximumBytesBilled');
  return {
    projectId,
    sql: textOf(query, 'query'),
    parameters: checkedParameters(query['queryParameters']),
    dryRun,
    authorize(action, resource) {
      allow(action, resource);
      // Whoever repeats the request must find that it was done.
      if (action === 'write' && !dryRun) deps.keep(job);
      const [, resourceProject = '', , datasetId = ''] = resource.split('/');
      // What is not there at all is told by the engine, by the table's name.
      if (deps.catalog.findDataset(resourceProject, datasetId)) {
        assertHere(deps.catalog, location, resourceProject, datasetId);
      }
    },
    signal: abort.signal,
    now: new Date(deps.catalog.nowMs),
    caller: caller.email,
    ...(isObject(dataset) && dataset['datasetId']
      ? {
          defaultDataset: {
            projectId: textOf(dataset, 'projectId', projectId),
            datasetId: textOf(dataset, 'datasetId'),
          },
        }
      : {}),
    ...(maximumBytesBilled === undefined ? {} : { maximumBytesBilled: BigInt(maximumBytesBilled) }),
  };
}

/** A single change of rows: what failed of it left nothing, so it can be done again. */
const SINGLE_CHANGE = /^\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE)\b[^;]*;?\s*$/i;

async function withRetries(sql: string, run: () => Promise<QueryResult>): Promise<QueryResult> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (err) {
      if (!(err instanceof ApiError) || !isConflict(err) || !SINGLE_CHANGE.test(sql)) throw err;
      if (tries === MAX_TRIES) {
        throw new ApiError(400, 'Could not serialize access to table due to concurrent update', {
          reason: 'invalidQuery',
          cause: err,
        });
      }
    }
  }
}

function queryStatistics(result: QueryResult, dryRun: boolean): Json {
  const { statementType, totalBytesProcessed, ddlTarget, referencedTables, dml, schema } = result;
  return {
    statementType,
    totalBytesProcessed: String(totalBytesProcessed),
    totalBytesBilled: '0',
    cacheHit: false,
    ...(referencedTables.length > 0 ? { referencedTables } : {}),
    ...(ddlTarget
      ? { ddlTargetTable: ddlTarget, ddlOperationPerformed: statementType.startsWith('DROP') ? 'DROP' : 'CREATE' }
      : {}),
    ...dmlStatistics(dml),
    ...(dryRun && schema ? { schema: { fields: schema } } : {}),
  };
}

/** Counts of changed rows, as `statistics.query` tells them. */
function dmlStatistics(dml: QueryResult['dml']): Json {
  if (!dml) return {};
  return {
    numDmlAffectedRows: String(dml.inserted + dml.updated + dml.deleted),
    dmlStats: {
      insertedRowCount: String(dml.inserted),
      updatedRowCount: String(dml.updated),
      deletedRowCount: String(dml.deleted),
    },
  };
}

/** The statements of a script or procedure; that a procedure was called is the job itself. */
function childStatements({ statementType, children = [] }: QueryResult): ChildStatement[] {
  const inner = statementType === 'CALL' ? children.slice(0, -1) : children;
  return inner.map(childStatement);
}

function childStatement({ sql, statementType, dml, startMs, endMs }: ChildResult): ChildStatement {
  const statistics = { statementType, totalBytesProcessed: '0', cacheHit: false, ...dmlStatistics(dml) };
  return { sql, statistics, startMs, endMs };
}

async function writeDestination(job: Job, query: Json, result: QueryResult, deps: QueryDeps): Promise<void> {
  const { ref } = job.record;
  const destination = destinationOf(ref.projectId, query['destinationTable']);
  assertHere(deps.catalog, ref.location, destination.projectId, destination.datasetId);
  await deps.rowWriter.writeResult({
    destination,
    caller: job.caller,
    commitId: fullJobId(ref),
    options: query,
    fields: result.schema ?? [],
    rows: result.rows,
  });
}
