import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dataset, TableField } from '@google-cloud/bigquery';
import type { Clock } from '../../platform/clock.ts';
import { loadStream } from '../../gcp/load-stream.ts';
import { PipelineError } from '../pipeline-error.ts';
import type { PipelineRun } from '../processor.ts';
import { jobIdOf, type Warehouse } from '../warehouse.ts';
import { addedColumns, rawTable } from './export-kinds.ts';
import { countTwins, FIND_LANDED, replaceUnit, type LandingTarget } from './landing-statements.ts';
import type { LandedUnit } from './landed-units.ts';
import { rowWriter, type WireRow } from './row-writer.ts';
import type { Turns } from './turns.ts';
import { sameInstant, type SourceUnit } from './source-units.ts';

/** NDJSON is handed on in pieces of about this size, characters. */
const CHUNK_CHARS = 64 * 1024;
/** A staging table that a crash leaves behind goes by itself, milliseconds. */
const STAGING_LIFE_MS = 24 * 3_600_000;

export interface LandReport {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that another table of the same account had landed already. */
  readonly duplicates: number;
  /** An earlier call of the same run had landed it. */
  readonly wasLanded: boolean;
}

/** Other tables that may hold rows of a unit's accounts. */
export interface Twins {
  /** Of the same grain: their rows can be compared with the new ones. */
  readonly alike: readonly string[];
  /** Of another grain: a day of an account comes from one of them alone. */
  readonly unlike: readonly string[];
}

/** A unit's rows, and the columns that their cells stand for. */
export interface OpenRows {
  readonly columns: readonly TableField[];
  readonly pages: AsyncIterable<readonly WireRow[]>;
}

export interface LanderOptions {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly run: PipelineRun;
  readonly credentialId: string;
  /** Raw table. */
  readonly table: string;
  /** All its columns as they are now; of an export that is translated, those that it may have. */
  readonly columns: readonly TableField[];
  /** Columns of the raw table as expressions over those. */
  readonly translated?: Readonly<Record<string, string>> | undefined;
  /** Distinguishes tries of the same unit in job ids. */
  readonly attempt: string;
  readonly signal: AbortSignal;
  /** Transactions on one table abort each other, so those of an organisation's landers queue here. */
  readonly turns: Turns;
}

/** Opens the rows of a unit; called again when an earlier load of them failed. */
type Rows = () => OpenRows;

/** What becomes of a unit beside its own rows. */
export interface Landing {
  readonly replaces?: readonly string[];
  readonly twins?: Twins;
}

const NO_TWINS: Twins = { alike: [], unlike: [] };
const NOTHING = { rows: 0, bytes: 0, duplicates: 0 };

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

  constructor(options: LanderOptions) {
    this.#options = options;
    const { warehouse, columns, table } = options;
    const added = addedColumns(rawTable(table));
    this.#exported = columns.filter(({ name = '' }) => !added.has(name)).map(withoutMode);
    this.#dataset = warehouse.bigQuery.dataset(warehouse.names.org ?? '', { location: warehouse.location });
  }

  async land(unit: SourceUnit, rows: Rows, { replaces = [], twins = NO_TWINS }: Landing = {}): Promise<LandReport> {
    if (await this.#isLanded(unit)) return { ...NOTHING, wasLanded: true };
    const staging = this.#stagingName(unit);
    await this.#createStaging(staging);
    const loaded = await this.#load(unit, staging, rows);
    const duplicates = await this.#options.turns.take(() => this.#replace(unit, staging, replaces, twins));
    await this.#dataset.table(staging).delete({ ignoreNotFound: true });
    return { ...loaded, duplicates, wasLanded: false };
  }

  /** Takes away the rows of a unit that its source no longer has. */
  async remove(unit: Pick<LandedUnit, 'name' | 'day' | 'isWhole' | 'lastModified'>): Promise<void> {
    const target = this.#target(unit.isWhole);
    await this.#options.turns.take(() =>
      this.#transact(unit, target, { ...this.#unitParameters(unit), replaced_tables: [] }),
    );
  }

  async #isLanded(unit: SourceUnit): Promise<boolean> {
    const landed = await this.#findLanded(unit);
    if (landed?.['run_id'] !== this.#options.run.id) return false;
    return sameInstant((landed['source_last_modified'] as { value: string }).value, unit.lastModified);
  }

  async #findLanded({ name, day }: SourceUnit): Promise<Record<string, unknown> | undefined> {
    const params = { source_table: name, ingestion_date: day };
    return (await this.#options.warehouse.query(FIND_LANDED, params)).rows[0];
  }

  #stagingName({ name, day, lastModified, rowCount }: SourceUnit): string {
    const { run } = this.#options;
    return jobIdOf('staging', name, day, lastModified, rowCount, run.id).replace('-', '_');
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
    const jobId = jobIdOf('load', unit.name, unit.day, unit.lastModified, run.id, attempt);
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
    const { pages, columns } = rows();
    const lines = toNdjson(pages, rowWriter(columns, this.#exported), counts);
    try {
      const first = await lines.next();
      if (first.done) return; // nothing to load: the staging table is empty as it was made
      const target = this.#loadInto(staging, jobId);
      await pipeline(Readable.from(prepend(first.value, lines)), target, { signal: this.#options.signal });
    } catch (err) {
      throw refusalOf(unit, err) ?? err;
    }
  }

  #loadInto(staging: string, jobId: string): Writable {
    return loadStream(this.#dataset.table(staging), {
      sourceFormat: 'NEWLINE_DELIMITED_JSON',
      writeDisposition: 'WRITE_TRUNCATE',
      createDisposition: 'CREATE_NEVER',
      schema: { fields: [...this.#exported] },
      jobId,
    });
  }

  /** @returns Rows that were left out. */
  async #replace(unit: SourceUnit, staging: string, replaces: readonly string[], twins: Twins): Promise<number> {
    const tables = { other_tables: [...twins.alike], unlike_tables: [...twins.unlike] };
    const hasTwins = await this.#hasTwins(this.#target(unit.isWhole, staging), unit, tables);
    await this.#transact(unit, this.#target(unit.isWhole, staging, hasTwins), {
      ...this.#landingParameters(unit),
      replaced_tables: [...replaces],
      ...(hasTwins ? tables : {}),
    });
    return hasTwins ? Number((await this.#findLanded(unit))?.['duplicate_rows'] ?? 0) : 0;
  }

  #target(isWhole: boolean, staging?: string, hasTwins = false): LandingTarget {
    const { table, translated } = this.#options;
    const columns = translated ? Object.keys(translated) : this.#exported.map(({ name = '' }) => name);
    return { table, columns, translated, staging, isWhole, hasTwins };
  }

  async #hasTwins(
    target: LandingTarget,
    { day }: SourceUnit,
    tables: Readonly<Record<string, readonly string[]>>,
  ): Promise<boolean> {
    if (Object.values(tables).every((names) => names.length === 0)) return false;
    const params = { ...tables, ...(target.isWhole ? {} : { ingestion_date: day }) };
    const { rows } = await this.#options.warehouse.query(countTwins(target), params);
    return Number(rows[0]?.['twins'] ?? 0) > 0;
  }

  async #transact(
    { name, day, lastModified }: Pick<SourceUnit, 'name' | 'day' | 'lastModified'>,
    target: LandingTarget,
    params: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { warehouse, run, attempt, signal, table } = this.#options;
    signal.throwIfAborted();
    const jobId = jobIdOf('land', name, day, lastModified, run.id, attempt, target.staging ?? `removal ${table}`);
    await warehouse.runOnce(jobId, replaceUnit(target), params);
  }

  #unitParameters({ name, day }: Pick<SourceUnit, 'name' | 'day'>): Record<string, unknown> {
    const { run, clock } = this.#options;
    return { source_table: name, ingestion_date: day, run_id: run.id, loaded_at: clock.now().toISOString() };
  }

  #landingParameters(unit: SourceUnit): Record<string, unknown> {
    const { run, credentialId } = this.#options;
    return {
      ...this.#unitParameters(unit),
      source_last_modified: unit.lastModified,
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

/** Rows that a load job, or the writer before it, would not take. BigQuery's own words may quote a row. */
function refusalOf({ name, day }: SourceUnit, err: unknown): PipelineError | undefined {
  const { errors = [] } = err as { errors?: readonly { reason?: string }[] };
  const isWriters = err instanceof PipelineError && err.code === 'rows_refused';
  if (!isWriters && !errors.some(({ reason }) => reason === 'invalid')) return undefined;
  const why = isWriters ? `: ${err.message}` : '';
  return new PipelineError('rows_refused', `Rows of ${name} on ${day} do not fit the raw table${why}`, { cause: err });
}
