import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Caller } from '../../kit/contracts.ts';
import type { QueryResult, TableRef } from '../contracts.ts';
import { errorProto, type ErrorProto } from '../errors.ts';
import type { ApiError } from '../../kit/api-error.ts';
import type { Json } from '../requests.ts';
import type { StoredRows } from './result-store.ts';

export interface JobRef {
  readonly projectId: string;
  readonly jobId: string;
  readonly location: string;
}

export type JobState = 'PENDING' | 'RUNNING' | 'DONE';

/** What a job did, as `statistics` tells it, beside what its results need. */
export interface Outcome {
  /** `statistics.query` or `statistics.load`. */
  readonly statistics: Json;
  readonly schema?: QueryResult['schema'];
  /** Where the rows are kept. */
  readonly stored?: StoredRows;
}

/** One statement of a script. */
export interface ChildStatement {
  readonly sql: string;
  readonly statistics: Json;
  /** When it ran, milliseconds after its job began. */
  readonly startMs: number;
  readonly endMs: number;
}

/** A job as it is kept in the database. */
export interface JobRecord {
  readonly ref: JobRef;
  readonly caller: string;
  readonly configuration: Json;
  readonly createdMs: number;
  readonly parentJobId?: string;
  readonly requestId?: string;
  readonly state: JobState;
  readonly startedMs?: number;
  readonly endedMs?: number;
  readonly error?: ErrorProto;
  readonly errors?: readonly ErrorProto[];
  readonly outcome?: Outcome;
  readonly numChildJobs?: number;
}

/** A failure with further lines, as load jobs have them. */
export class JobFailure extends Error {
  readonly first: ApiError;
  readonly errors: readonly ErrorProto[];

  constructor(first: ApiError, errors: readonly ErrorProto[]) {
    super(first.message);
    this.first = first;
    this.errors = [errorProto(first), ...errors];
  }
}

/** A job of this process: its record so far, and the way to its end. */
export class Job {
  record: JobRecord;
  readonly caller: Caller;
  readonly abort = new AbortController();
  /** Rows of a result that is still at hand, one JSON text each. */
  rows: readonly string[] | undefined;
  children: readonly ChildStatement[] = [];
  /** Settles when the job is done, however it went. */
  done: Promise<void> = Promise.resolve();

  constructor(caller: Caller, record: JobRecord) {
    this.caller = caller;
    this.record = record;
  }

  /** Lets go of rows that are on disk as well. */
  releaseRows(): void {
    if (this.record.outcome?.stored) this.rows = undefined;
  }
}

/** Waits for a job, but no longer than its caller does. */
export async function settled(job: Job, timeoutMs: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([
    job.done,
    delay(timeoutMs, undefined, { signal: over.signal, ref: false }).catch(() => undefined),
  ]);
  over.abort();
}

export const fullJobId = ({ projectId, location, jobId }: JobRef): string => `${projectId}:${location}.${jobId}`;

/** The table that a query's rows seem to be in, as Java's client and `bq` read them: one dataset for each caller. */
export function anonymousTable({ ref, caller }: Pick<JobRecord, 'ref' | 'caller'>): TableRef {
  const name = Buffer.from(`${ref.location}.${ref.jobId}`).toString('base64url');
  return { projectId: ref.projectId, datasetId: anonymousDataset(caller), tableId: `anon${name}` };
}

export const anonymousDataset = (caller: string): string =>
  `_${createHash('sha256').update(caller).digest('hex').slice(0, 40)}`;

/** The job whose rows an anonymous table holds. */
export function jobOfAnonymous({ projectId, datasetId, tableId }: TableRef): JobRef | undefined {
  if (!datasetId.startsWith('_') || !tableId.startsWith('anon')) return undefined;
  const name = Buffer.from(tableId.slice('anon'.length), 'base64url').toString();
  const [, location, jobId] = /^([\w-]+)\.(.+)$/.exec(name) ?? [];
  return location && jobId ? { projectId, location, jobId } : undefined;
}

/** `us` and `US` are the same place. */
export function normalLocation(location: string): string {
  return /^(us|eu)$/i.test(location) ? location.toUpperCase() : location.toLowerCase();
}

/** The REST resource of a job. */
export function jobResource(record: JobRecord, selfUrl: string): Json {
  const { ref, caller, configuration, createdMs, startedMs, endedMs, state, error, errors, outcome } = record;
  const type = String(configuration['jobType']).toLowerCase();
  return {
    kind: 'bigquery#job',
    etag: Buffer.from(`${createdMs}.${state}`).toString('base64'),
    id: fullJobId(ref),
    selfLink: `${selfUrl}/bigquery/v2/projects/${ref.projectId}/jobs/${ref.jobId}?location=${ref.location}`,
    user_email: caller,
    configuration,
    jobReference: ref,
    statistics: {
      creationTime: String(createdMs),
      ...(startedMs === undefined ? {} : { startTime: String(startedMs) }),
      ...(endedMs === undefined ? {} : { endTime: String(endedMs) }),
      ...(record.parentJobId === undefined ? {} : { parentJobId: record.parentJobId }),
      ...(record.numChildJobs === undefined ? {} : { numChildJobs: String(record.numChildJobs) }),
      ...(type === 'query' ? { totalBytesProcessed: outcome?.statistics['totalBytesProcessed'] ?? '0' } : {}),
      ...(outcome ? { [type]: outcome.statistics } : {}),
    },
    status: { state, ...(error ? { errorResult: error, errors: errors ?? [error] } : {}) },
  };
}
