import { randomBytes, randomUUID } from 'node:crypto';
import { ApiError } from '../../kit/api-error.ts';
import type { Caller, Clock } from '../../kit/contracts.ts';
import type { Access } from '../access.ts';
import type { LocalCatalog } from '../catalog/catalog.ts';
import { accessDenied, errorProto, invalid, notFound, unsupported } from '../errors.ts';
import { isObject, type Json } from '../requests.ts';
import { Job, JobFailure, fullJobId, normalLocation, type JobRecord, type JobRef, type Outcome } from './job.ts';
import { jobLocation } from './job-location.ts';
import type { JobStore } from './job-store.ts';

/** Does the work of one type of job; `upload` is the file with the rows of a load job. */
export type Execute = (job: Job, upload?: string) => Promise<Outcome>;

export interface Submission {
  readonly caller: Caller;
  readonly projectId: string;
  readonly configuration: Json;
  readonly jobReference?: { readonly jobId?: string; readonly location?: string } | undefined;
  readonly requestId?: string | undefined;
  /** Kept from the start; a short query becomes a job only when somebody may ask for it again. */
  readonly isKept: boolean;
}

const TYPES = ['query', 'load', 'copy', 'extract'] as const;
type JobType = (typeof TYPES)[number];

/** How many jobs stay at hand after their end. */
const MAX_RECENT = 1000;

/** Jobs of this process, on top of the store that outlives it. */
export class Jobs {
  readonly store: JobStore;
  readonly #catalog: LocalCatalog;
  readonly #access: Access;
  readonly #clock: Clock;
  readonly #execute: Partial<Record<JobType, Execute>>;
  readonly #known = new Map<string, Job>();
  readonly #running = new Set<Promise<void>>();

  constructor(deps: {
    store: JobStore;
    catalog: LocalCatalog;
    access: Access;
    clock: Clock;
    execute: Partial<Record<JobType, Execute>>;
  }) {
    this.store = deps.store;
    this.#catalog = deps.catalog;
    this.#access = deps.access;
    this.#clock = deps.clock;
    this.#execute = deps.execute;
  }

  /**
   * Starts a job; its errors are in its record, not thrown.
   *
   * @param upload - File with the rows of a load job.
   */
  submit(submission: Submission, upload?: string): Job {
    const { caller, projectId, requestId, isKept } = submission;
    this.#access.requireProject(caller, 'bigquery.jobs.create', projectId);
    const { type, configuration } = typed(submission.configuration);
    const execute = this.#execute[type];
    if (!execute) throw unsupported(`A job of type ${type}`);
    const job = new Job(caller, {
      ref: this.#newRef(submission, configuration),
      caller: caller.email,
      configuration,
      createdMs: this.#clock.now().getTime(),
      startedMs: this.#clock.now().getTime(),
      state: 'RUNNING',
      ...(requestId === undefined ? {} : { requestId }),
    });
    if (isKept) this.keep(job);
    job.done = this.#run(job, () => execute(job, upload));
    this.#running.add(job.done);
    void job.done.then(() => this.#running.delete(job.done));
    return job;
  }

  #newRef({ projectId, jobReference }: Submission, configuration: Json): JobRef {
    const jobId = jobReference?.jobId ?? `job_${randomBytes(18).toString('base64url')}`;
    if (!/^[\w-]{1,1024}$/.test(jobId)) throw invalid(`Invalid job ID "${jobId}".`);
    return { projectId, jobId, location: jobLocation(this.#catalog, projectId, configuration, jobReference?.location) };
  }

  /** Makes the job one that can be asked for; its id is taken from now on. */
  keep(job: Job): void {
    const name = fullJobId(job.record.ref);
    if (this.#known.get(name) === job) return;
    this.store.insert(job.record);
    this.#known.set(name, job);
    for (const [old, { record }] of this.#known) {
      if (this.#known.size <= MAX_RECENT) break;
      if (record.state === 'DONE') this.#known.delete(old);
    }
  }

  async #run(job: Job, execute: () => Promise<Outcome>): Promise<void> {
    // The caller gets its answer first: nothing of a job happens before its insertion is over.
    await Promise.resolve();
    try {
      const outcome = await execute();
      this.#finish(job, { outcome });
      this.#addChildren(job);
    } catch (err) {
      this.#finish(job, failure(job, err));
    }
  }

  #finish(job: Job, end: Partial<JobRecord>): void {
    const children = job.children.length;
    job.record = {
      ...job.record,
      ...end,
      state: 'DONE',
      endedMs: this.#clock.now().getTime(),
      ...(children > 0 ? { numChildJobs: children } : {}),
    };
    if (this.isKept(job)) this.store.save(job.record);
  }

  isKept(job: Job): boolean {
    return this.#known.get(fullJobId(job.record.ref)) === job;
  }

  /** The statements of a script are jobs of their own. */
  #addChildren({ record, children }: Job): void {
    const { ref, outcome: _outcome, numChildJobs: _count, requestId: _request, ...rest } = record;
    const prefix = `script_job_${randomUUID().replaceAll('-', '')}`;
    const jobStartMs = record.startedMs ?? record.createdMs;
    for (const [index, { sql, statistics, startMs, endMs }] of children.entries()) {
      this.store.insert({
        ...rest,
        ref: { ...ref, jobId: `${prefix}_${index}` },
        configuration: { jobType: 'QUERY', query: { query: sql, useLegacySql: false } },
        createdMs: record.createdMs + index,
        startedMs: jobStartMs + Math.round(startMs),
        endedMs: jobStartMs + Math.round(endMs),
        parentJobId: ref.jobId,
        outcome: { statistics },
      });
    }
  }

  /** The job, if the caller may see it; a 404 or 403 otherwise. */
  visible(caller: Caller, wanted: { projectId: string; jobId: string; location?: string | undefined }): JobRecord {
    const location = wanted.location === undefined ? undefined : normalLocation(wanted.location);
    const record = this.store.find({ ...wanted, location });
    if (!record) throw notFound(`Job ${fullJobId({ ...wanted, location: location ?? 'US' })}`);
    const mayGet =
      record.caller === caller.email ||
      this.#access.allows(caller, 'bigquery.jobs.get', `projects/${wanted.projectId}`);
    if (!mayGet) {
      const name = fullJobId(record.ref);
      throw accessDenied(`Job ${name}: Permission bigquery.jobs.get denied on job ${name} (or it may not exist).`);
    }
    return this.live(record.ref)?.record ?? record;
  }

  /** The job, if this process runs it or ran it lately. */
  live(ref: JobRef): Job | undefined {
    return this.#known.get(fullJobId(ref));
  }

  remove(ref: JobRef): void {
    this.#known.delete(fullJobId(ref));
    this.store.remove(ref);
  }

  /** Ends what a former process left unfinished; a load that was committed is done. */
  endInterrupted(committed: ReadonlySet<string>): void {
    for (const record of this.store.unfinished()) {
      const endedMs = this.#clock.now().getTime();
      const isDone = committed.has(fullJobId(record.ref));
      const error = errorProto(
        new ApiError(503, 'The job was interrupted: the embedded BigQuery was started anew.', {
          reason: 'backendError',
        }),
      );
      const end = isDone ? { outcome: { statistics: {} } } : { error, errors: [error] };
      this.store.save({ ...record, ...end, state: 'DONE', endedMs });
    }
  }

  async stop(): Promise<void> {
    for (const job of this.#known.values()) if (job.record.state !== 'DONE') job.abort.abort();
    await Promise.all(this.#running);
  }
}

function typed(configuration: Json): { type: JobType; configuration: Json } {
  const types = TYPES.filter((type) => isObject(configuration[type]));
  const [type] = types;
  if (type === undefined || types.length > 1) {
    throw invalid(
      'Job configuration must contain exactly one job-specific configuration object (e.g., query, load, extract, spreadsheetExtract), but there were ' +
        `${types.length}: ${types.join(',')}`,
    );
  }
  return { type, configuration: { ...configuration, jobType: type.toUpperCase() } };
}

function failure(job: Job, err: unknown): Partial<JobRecord> {
  if (err instanceof JobFailure) return { error: errorProto(err.first), errors: err.errors };
  if (job.abort.signal.aborted) {
    const error = { reason: 'stopped', message: 'Job execution was cancelled: User requested cancellation' };
    return { error, errors: [error] };
  }
  if (!(err instanceof ApiError)) console.error(`bigquery job ${fullJobId(job.record.ref)} failed`, err);
  const error = errorProto(
    err instanceof ApiError
      ? err
      : new ApiError(500, 'An internal error occurred and the request could not be completed.', {
          reason: 'internalError',
        }),
  );
  return { error, errors: [error] };
}
