import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dataset, TableField } from '@google-cloud/bigquery';
import type { Clock } from '../../platform/clock.ts';
import { loadStream } from '../../gcp/load-stream.ts';
import { PipelineError } from '../pipeline-error.ts';
import type { PipelineRun } from '../processor.ts';
import { jobIdOf, type Warehouse } from '../warehouse.ts';
import { FIND_LANDED, replaceUnit, type LandingTarget } from './landing-statements.ts';
import { ADDED_COLUMNS } from './raw-columns.ts';
import { rowWriter, type WireRow } from './row-writer.ts';
import type { SourceUnit } from './source-table.ts';

/** NDJSON is handed on in pieces of about this size, characters. */
const CHUNK_CHARS = 64 * 1024;
/** A staging table that a crash leaves behind goes by itself, milliseconds. */
const STAGING_LIFE_MS = 24 * 3_600_000;

export interface LandReport {
  readonly rows: number;
  readonly bytes: number;
  /** An earlier call of the same run had landed it. */
  readonly wasLanded: boolean;
}

export interface LanderOptions {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly run: PipelineRun;
  readonly credentialId: string;
  /** Raw table, and all its columns as they are now. */
  readonly table: string;
  readonly columns: readonly TableField[];
  /** Distinguishes tries of the same unit in job ids. */
  readonly attempt: string;
  readonly signal: AbortSignal;
}

type Rows = () => AsyncIterable<readonly WireRow[]>;

/**
 * Replaces units of a raw table, each by one load job into a staging table and one transaction.
 *
 * A crash before the transaction leaves the former rows, a crash after it the new ones; what is left over is a staging
 * table, which expires. Repeating a unit with the same run finds it landed, or does it again with the same result.
 */
export class UnitLander {
  readonly #options: LanderOptions;
  readonly #exported: readonly TableField[];
  readonly #dataset: Dataset;
  /** Transactions on one table abort each other, so ours queue here. */
  #transactions: Promise<unknown> = Promise.resolve();

  constructor(options: LanderOptions) {
    this.#options = options;
    const { warehouse, columns } = options;
    this.#exported = columns.filter(({ name = '' }) => !ADDED_COLUMNS.has(name)).map(withoutMode);
    this.#dataset = warehouse.bigQuery.dataset(warehouse.names.org ?? '', { location: warehouse.location });
  }

  /** @param rows - Opens the unit's rows; called again when an earlier load of them failed. */
  async land(unit: SourceUnit, rows: Rows): Promise<LandReport> {
    if (await this.#isLanded(unit)) return { rows: 0, bytes: 0, wasLanded: true };
    const staging = this.#stagingName(unit);
    await this.#createStaging(staging);
    const loaded = await this.#load(unit, staging, rows);
    await this.#transact(unit, staging);
    await this.#dataset.table(staging).delete({ ignoreNotFound: true });
    return { ...loaded, wasLanded: false };
  }

  /** Takes away the rows of a unit that its source no longer has. */
  async remove(unit: SourceUnit, isWhole = false): Promise<void> {
    await this.#transact(unit, undefined, isWhole);
  }

  async #isLanded({ source, day, lastModified }: SourceUnit): Promise<boolean> {
    const { warehouse, run } = this.#options;
    const params = { source_table: source.name, ingestion_date: day };
    const [landed] = (await warehouse.query(FIND_LANDED, params)).rows;
    if (landed?.['run_id'] !== run.id) return false;
    return sameInstant((landed['source_last_modified'] as { value: string }).value, lastModified);
  }

  #stagingName({ source, day, lastModified, rowCount }: SourceUnit): string {
    const { run } = this.#options;
    return jobIdOf('staging', source.name, day, lastModified, rowCount, run.id).replace('-', '_');
  }

  async #createStaging(name: string): Promise<void> {
    const expirationTime = String(this.#options.clock.now().getTime() + STAGING_LIFE_MS);
    try {
      await this.#dataset.createTable(name, { schema: { fields: [...this.#exported] }, expirationTime });
    } catch (err) {
      if ((err as { code?: unknown }).code !== 409) throw err; // an earlier try's: the load replaces its rows
    }
  }

  async #load(unit: SourceUnit, staging: string, rows: Rows): Promise<{ rows: number; bytes: number }> {
    const { warehouse, run, attempt } = this.#options;
    const counts = { rows: 0, bytes: 0 };
    const jobId = jobIdOf('load', unit.source.name, unit.day, unit.lastModified, run.id, attempt);
    await warehouse.once(jobId, async (name) => {
      Object.assign(counts, { rows: 0, bytes: 0 });
      await this.#upload(unit, staging, rows, name, counts);
    });
    return counts;
  }

  async #upload(
    unit: SourceUnit,
    staging: string,
    rows: Rows,
    jobId: string,
    counts: { rows: number; bytes: number },
  ): Promise<void> {
    const lines = toNdjson(rows(), rowWriter(unit.source.fields, this.#exported), counts);
    const first = await lines.next();
    if (first.done) return; // nothing to load: the staging table is empty as it was made
    const target = loadStream(this.#dataset.table(staging), {
      sourceFormat: 'NEWLINE_DELIMITED_JSON',
      writeDisposition: 'WRITE_TRUNCATE',
      createDisposition: 'CREATE_NEVER',
      schema: { fields: [...this.#exported] },
      jobId,
    });
    try {
      await pipeline(Readable.from(prepend(first.value, lines)), target, { signal: this.#options.signal });
    } catch (err) {
      if (!isRefusal(err)) throw err;
      // BigQuery's own words may quote a row.
      throw new PipelineError('rows_refused', `Rows of ${unit.source.name} on ${unit.day} do not fit the raw table`, {
        cause: err,
      });
    }
  }

  async #transact(unit: SourceUnit, staging: string | undefined, isWhole = !unit.source.isPartitioned): Promise<void> {
    const { warehouse, run, table, attempt, signal } = this.#options;
    const columns = this.#exported.map(({ name = '' }) => name);
    const target: LandingTarget = { table, columns, staging, isWhole };
    const jobId = jobIdOf('land', unit.source.name, unit.day, unit.lastModified, run.id, attempt, staging ?? 'removal');
    const work = this.#transactions.then(async () => {
      signal.throwIfAborted();
      await warehouse.runOnce(jobId, replaceUnit(target), this.#parameters(unit, staging === undefined));
    });
    this.#transactions = work.catch(() => undefined);
    await work;
  }

  #parameters({ source, day, lastModified }: SourceUnit, isRemoval: boolean): Record<string, unknown> {
    const { run, credentialId, clock } = this.#options;
    const unit = {
      source_table: source.name,
      ingestion_date: day,
      run_id: run.id,
      loaded_at: clock.now().toISOString(),
    };
    if (isRemoval) return unit;
    return {
      ...unit,
      source_last_modified: lastModified,
      org_slug: run.org,
      pipeline: run.pipeline.id,
      credential_id: credentialId,
    };
  }
}

/** Joins rows to pieces of text, and counts what passes. */
async function* toNdjson(
  pages: AsyncIterable<readonly WireRow[]>,
  write: (row: WireRow) => string,
  counts: { rows: number; bytes: number },
): AsyncGenerator<Buffer> {
  let text = '';
  for await (const page of pages) {
    for (const row of page) {
      text += write(row);
      if (text.length < CHUNK_CHARS) continue;
      yield counted(text, counts);
      text = '';
    }
    counts.rows += page.length;
  }
  if (text !== '') yield counted(text, counts);
}

function counted(text: string, counts: { bytes: number }): Buffer {
  const piece = Buffer.from(text);
  counts.bytes += piece.length;
  return piece;
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** An export's REQUIRED says nothing about other exports that land in the same table. */
function withoutMode(field: TableField): TableField {
  const { mode, fields, ...rest } = field;
  return { ...rest, ...(mode === 'REPEATED' ? { mode } : {}), ...(fields ? { fields: fields.map(withoutMode) } : {}) };
}

/** Two spellings of the same time count as equal. */
export function sameInstant(a: string, b: string): boolean {
  const micros = (text: string) =>
    text.replace(/(?:\.(\d+))?Z$/, (_all, digits = '') => `.${(digits as string).padEnd(6, '0').slice(0, 6)}Z`);
  return micros(a) === micros(b);
}

/** A load job that BigQuery ended because of what the rows hold. */
function isRefusal(err: unknown): boolean {
  const { errors = [] } = err as { errors?: readonly { reason?: string }[] };
  return errors.some(({ reason }) => reason === 'invalid');
}
