import { createHash } from 'node:crypto';
import type { BigQuery, Job, Query } from '@google-cloud/bigquery';
import type { Statement } from '../credentials/statements.ts';
import { queryParameter } from '../gcp/query-parameters.ts';
import { countBilledBytes } from './billing-meter.ts';
import { PipelineError } from './pipeline-error.ts';

/** Datasets of one organisation and of the integration layer, by the names that templates use. */
export interface WarehouseNames {
  readonly project: string;
  readonly integrations: string;
  /** Dataset of the organisation, `acme_prod`; absent where only integrations are touched. */
  readonly org?: string;
}

export type QueryTypes = NonNullable<Query['types']>;

/** A statement with the types of its parameters, arrays of records included. */
export type WarehouseStatement = Omit<Statement, 'types'> & { readonly types: Readonly<Record<string, unknown>> };

/** Rows, the next page and the raw answer. */
type QueryAnswer = [
  Record<string, unknown>[],
  unknown,
  { numDmlAffectedRows?: string; totalBytesBilled?: string } | undefined,
];

interface JobStatistics {
  readonly statistics?: { readonly query?: { readonly totalBytesBilled?: string } };
}

/** How many names a job goes through when those before it failed on BigQuery's side. */
const MAX_NAMES = 4;
/** Label values allow lower-case letters, digits, `-` and `_`. */
const NOT_IN_LABELS = /[^a-z0-9_-]/g;

/** Our own BigQuery, as the job: statements from the statements files, with names filled in and values as parameters. */
export class Warehouse {
  readonly bigQuery: BigQuery;
  readonly names: WarehouseNames;
  /** Location of the datasets; every job names it. */
  readonly location: string;

  constructor(bigQuery: BigQuery, names: WarehouseNames, location: string) {
    this.bigQuery = bigQuery;
    this.names = names;
    this.location = location;
  }

  forOrg(dataset: string): Warehouse {
    return new Warehouse(this.bigQuery, { ...this.names, org: dataset }, this.location);
  }

  /** Runs one statement on the short query path. */
  async query(
    statement: WarehouseStatement,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<{ rows: Record<string, unknown>[]; changed: number }> {
    const request = { ...this.#request(statement, params), jobCreationMode: 'JOB_CREATION_OPTIONAL' as const };
    const [rows, , answer] = (await this.bigQuery.query(request)) as unknown as QueryAnswer;
    countBilledBytes(answer?.totalBytesBilled);
    return { rows, changed: Number(answer?.numDmlAffectedRows ?? 0) };
  }

  /** Runs a script as a job whose id is accepted once: a repeated call meets the first one's job and awaits it. */
  async runOnce(
    jobId: string,
    statement: WarehouseStatement,
    params: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.once(jobId, async (name) => {
      const [job] = await this.bigQuery.createQueryJob({ ...this.#request(statement, params), jobId: name });
      signal?.throwIfAborted();
      await job.getQueryResults({ maxResults: 0 });
      countBilledBytes(await billedBytesOf(job));
    });
  }

  /**
   * Starts a job under a name that BigQuery accepts once.
   * Taken already: it was ours, so its end counts; when that end was a failure, the next name is tried.
   */
  async once(jobId: string, start: (name: string) => Promise<void>): Promise<void> {
    for (let turn = 1; turn <= MAX_NAMES; turn += 1) {
      const name = turn === 1 ? jobId : `${jobId}-${turn}`;
      try {
        return await start(name);
      } catch (err) {
        if ((err as { code?: unknown }).code !== 409) throw err;
        if (await this.#succeeded(name)) return;
      }
    }
    throw new PipelineError('backend_unavailable', `The job ${jobId} failed ${MAX_NAMES} times`);
  }

  async #succeeded(name: string): Promise<boolean> {
    const job = this.bigQuery.job(name, { location: this.location });
    try {
      await job.promise(); // polls until it is done
      return true;
    } catch (err) {
      const { status } = (job.metadata ?? {}) as { status?: { errorResult?: object } };
      if (status?.errorResult) return false;
      throw err;
    }
  }

  #request({ name, sql, types }: WarehouseStatement, params: Readonly<Record<string, unknown>>) {
    return {
      query: fillNames(sql, this.names),
      params: Object.fromEntries(
        Object.entries(params).map(([key, value]) => [key, queryParameter(value, types[key])]),
      ),
      types: types as QueryTypes,
      location: this.location,
      labels: { stmt: name.replace(NOT_IN_LABELS, '-') },
    };
  }
}

/** The answer of a finished job does not tell its bill; that the bill cannot be had is no reason to fail. */
async function billedBytesOf(job: Pick<Job, 'getMetadata'>): Promise<string | undefined> {
  try {
    const [{ statistics }] = (await job.getMetadata()) as unknown as [JobStatistics];
    return statistics?.query?.totalBytesBilled;
  } catch {
    return undefined;
  }
}

/** Replaces `{{project}}`, `{{integrations}}` and `{{org}}` by names that were checked before. */
export function fillNames(template: string, names: WarehouseNames): string {
  return template.replace(/\{\{(\w+)\}\}/g, (whole, key: string) => names[key as keyof WarehouseNames] ?? whole);
}

/** A job id from what makes the work unique; tenants' texts are hashed, since ids allow few characters. */
export function jobIdOf(prefix: string, ...parts: readonly unknown[]): string {
  return `${prefix}-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}
