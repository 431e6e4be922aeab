import type { BigQuery } from '@google-cloud/bigquery';
import type { Config } from '../platform/config.ts';
import { bounded, unavailable } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';
import type { Statement } from './statements.ts';

type Parameters = Record<string, unknown>;

/** Runs the statements of the integrations dataset, none for longer than the request has time. */
export class StatementRunner {
  readonly #bigQuery: BigQuery;
  readonly #names: Readonly<Record<string, string>>;
  readonly #location: string;

  constructor(bigQuery: BigQuery, config: Pick<Config, 'projectId' | 'integrationsDataset' | 'location'>) {
    this.#bigQuery = bigQuery;
    this.#names = { project: config.projectId, integrations: config.integrationsDataset };
    this.#location = config.location;
  }

  /** @throws ServiceError `backend_unavailable` */
  async query(statement: Statement, params: Parameters): Promise<{ rows: Record<string, unknown>[]; changed: number }> {
    // A job is made only when BigQuery needs one, which saves half of the time of a small read.
    const request = { ...this.#request(statement, params), jobCreationMode: 'JOB_CREATION_OPTIONAL' as const };
    try {
      // The third element is the raw answer, which the client's types leave out.
      const call = this.#bigQuery.query(request) as Promise<readonly unknown[]>;
      const [rows, , answer] = await bounded('BigQuery', call);
      const { numDmlAffectedRows } = (answer ?? {}) as { numDmlAffectedRows?: string };
      return { rows: rows as Record<string, unknown>[], changed: Number(numDmlAffectedRows ?? 0) };
    } catch (err) {
      throw err instanceof ServiceError ? err : unavailable('BigQuery', err);
    }
  }

  /**
   * Runs a statement under a job id, which BigQuery accepts once: among racing callers one job runs, and all wait for it.
   *
   * @returns What became of the job: `changed` rows by our own, `run` by somebody, or `failed`, so that another id has to
   * be tried.
   */
  async runOnce(statement: Statement, params: Parameters, jobId: string): Promise<'changed' | 'run' | 'failed'> {
    const job = this.#bigQuery.job(jobId, { location: this.#location });
    const query = { ...this.#request(statement, params), jobId, location: this.#location };
    const start = () => bounded('BigQuery', this.#bigQuery.createQueryJob(query)).then(isStarted, isDuplicate);
    try {
      const isOurs = await start().catch(start); // a lost answer: the second try meets the first one's job
      const call = job.getQueryResults({ maxResults: 0 }) as Promise<readonly unknown[]>;
      const [, , answer] = await bounded('BigQuery', call);
      const { numDmlAffectedRows } = (answer ?? {}) as { numDmlAffectedRows?: string };
      return isOurs && Number(numDmlAffectedRows) > 0 ? 'changed' : 'run';
    } catch (err) {
      if (err instanceof ServiceError) throw err;
      if (await hasFailed(job)) return 'failed';
      throw unavailable('BigQuery', err);
    }
  }

  #request({ name, sql, types }: Statement, params: Parameters) {
    const query = sql.replace(/\{\{(\w+)\}\}/g, (_match, key: string) => this.#names[key] ?? '');
    return { query, params, types: { ...types }, labels: { stmt: name } };
  }
}

async function hasFailed(job: ReturnType<BigQuery['job']>): Promise<boolean> {
  const [metadata] = await bounded('BigQuery', job.getMetadata()).catch((err: unknown) => {
    throw unavailable('BigQuery', err);
  });
  const { status } = metadata as { status?: { state?: string; errorResult?: object } };
  return status?.state === 'DONE' && status.errorResult !== undefined;
}

const isStarted = (): boolean => true;

/** The id is taken: somebody else's job, or our own whose answer was lost. */
function isDuplicate(err: unknown): boolean {
  if ((err as { code?: unknown }).code !== 409) throw err;
  return false;
}
