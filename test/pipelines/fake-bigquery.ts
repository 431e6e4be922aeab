import { Duplex, type Writable } from 'node:stream';
import type { BigQuery } from '@google-cloud/bigquery';

/** Where a process may die: around each change that landing makes. */
export const STEPS = ['create', 'load', 'transaction', 'drop'] as const;
export type Step = (typeof STEPS)[number];
export interface Crash {
  readonly step: Step;
  /** `before`: BigQuery never heard of it. `after`: it was done, but the answer got lost. */
  readonly when: 'before' | 'after';
}

export interface RawRow {
  readonly source: string;
  readonly day: string;
  readonly run: string;
  readonly row: unknown;
}

type Parameters = Readonly<Record<string, string | { readonly value: string }>>;

/** Times come wrapped, as the client wants them. */
const plain = (params: Parameters): Record<string, string> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === 'object' && value ? value.value : value]),
  );

/** As much of BigQuery as landing needs, in memory: job ids are taken once, scripts happen whole or not at all. */
export class FakeBigQuery {
  raw: RawRow[] = [];
  landed = new Map<string, { run_id: string; source_last_modified: { value: string }; rows: number }>();
  dirty: string[] = [];
  readonly staging = new Map<string, unknown[]>();
  readonly jobs = new Map<string, 'done' | 'failed'>();
  crash: Crash | undefined;

  get client(): BigQuery {
    return this as unknown as BigQuery;
  }

  dataset(): object {
    return {
      createTable: async (name: string) => this.#play('create', () => this.#createTable(name)),
      table: (name: string) => ({
        createWriteStream: ({ jobId }: { jobId: string }) => this.#writeStream(name, jobId),
        delete: async () => this.#play('drop', () => void this.staging.delete(name)),
      }),
    };
  }

  job(id: string): object {
    const isDone = this.jobs.get(id) === 'done';
    const metadata = { status: isDone ? { state: 'DONE' } : { state: 'DONE', errorResult: {} } };
    return { metadata, promise: async () => (isDone ? [metadata] : Promise.reject(new Error('the job failed'))) };
  }

  async query({ params }: { params: Parameters }): Promise<unknown[]> {
    const { source_table: table, ingestion_date: day } = plain(params);
    const found = this.landed.get(`${table}/${day}`);
    return [found ? [found] : [], null, {}];
  }

  async createQueryJob({
    query,
    jobId,
    params,
  }: {
    query: string;
    jobId: string;
    params: Parameters;
  }): Promise<object[]> {
    return this.#play('transaction', () => {
      this.#take(jobId);
      this.#replace(plain(params), /`[^`]*\.(staging_\w+)`/.exec(query)?.[1]);
      return [{ getQueryResults: async () => [[]] }];
    });
  }

  #play<T>(step: Step, work: () => T): T {
    const crash = this.crash?.step === step ? this.crash : undefined;
    if (crash) this.crash = undefined;
    if (crash?.when === 'before') throw new Crashed();
    const result = work();
    if (crash?.when === 'after') throw new Crashed();
    return result;
  }

  #take(jobId: string): void {
    if (this.jobs.has(jobId)) throw Object.assign(new Error('Already Exists: Job'), { code: 409 });
    this.jobs.set(jobId, 'done');
  }

  #createTable(name: string): void {
    if (this.staging.has(name)) throw Object.assign(new Error('Already Exists: Table'), { code: 409 });
    this.staging.set(name, []);
  }

  #writeStream(name: string, jobId: string): Writable {
    let text = '';
    return new Duplex({
      read: () => undefined,
      write: (piece: Buffer, _encoding, done) => {
        text += piece.toString();
        done();
      },
      final: (done) => {
        try {
          this.#play('load', () => {
            this.#take(jobId);
            this.staging.set(
              name,
              text
                .trimEnd()
                .split('\n')
                .map((line) => JSON.parse(line) as unknown),
            );
          });
          done();
        } catch (err) {
          done(err as Error);
        }
      },
    });
  }

  #replace(params: Record<string, string>, staging: string | undefined): void {
    const {
      source_table: source = '',
      ingestion_date: day = '',
      run_id: run = '',
      source_last_modified: value = '',
    } = params;
    this.raw = this.raw.filter((row) => row.source !== source || row.day !== day);
    this.landed.delete(`${source}/${day}`);
    if (staging === undefined) return;
    const rows = this.staging.get(staging);
    if (!rows) throw Object.assign(new Error(`Not found: ${staging}`), { code: 404 });
    this.raw.push(...rows.map((row) => ({ source, day, run, row })));
    this.landed.set(`${source}/${day}`, { run_id: run, source_last_modified: { value }, rows: rows.length });
  }
}

/** The process is gone: nothing of it goes on. */
export class Crashed extends Error {
  override readonly name = 'Crashed';
}
