import { randomUUID } from 'node:crypto';
import type { DuckDBConnection, DuckDBMaterializedResult, DuckDBResult, DuckDBVector } from '@duckdb/node-api';
import { partitionFilterSql } from '../catalog/partitions.ts';
import { physicalName } from '../catalog/physical.ts';
import type { FieldSchema, TableInfo } from '../contracts.ts';
import type { Duck } from '../duck.ts';
import { invalid } from '../errors.ts';
import { wireRowSql, type TimestampFormat } from './wire-sql.ts';

/** A reading that nobody goes on with is given up, milliseconds. */
const IDLE_MS = 300_000;
const MAX_READINGS = 32;
/** Largest page of `tabledata.list`. */
const MAX_PAGE_BYTES = 10 << 20;
const MAX_PAGE_ROWS = 100_000;

export interface PageRequest {
  readonly info: TableInfo;
  readonly partitionId: string | undefined;
  readonly fields: readonly FieldSchema[];
  readonly format: TimestampFormat;
  readonly maxResults: number | undefined;
  readonly startIndex: number | undefined;
  readonly pageToken: string | undefined;
}

export interface Page {
  /** JSON texts. */
  readonly rows: readonly string[];
  readonly totalRows: bigint;
  readonly pageToken: string | undefined;
}

/** A table as it was when its first page was read: all pages show this state. */
interface Reading {
  readonly id: string;
  readonly table: string;
  readonly connection: DuckDBConnection;
  readonly totalRows: bigint;
  usedMs: number;
  /** Pages of one reading wait for each other. */
  turn: Promise<unknown>;
}

/**
 * Reads tables page by page, each page from the row after the last one's, found by DuckDB's row id.
 *
 * The pages of one reading share a transaction: they show one state of the table, its row ids hold, and a page can be
 * asked for again by the same token.
 */
export class TableReader {
  readonly #duck: Duck;
  readonly #readings = new Map<string, Reading>();
  readonly #timer: NodeJS.Timeout;

  constructor(duck: Duck) {
    this.#duck = duck;
    this.#timer = setInterval(() => this.#drop(IDLE_MS), 30_000).unref();
  }

  async read(request: PageRequest): Promise<Page> {
    const { info, partitionId, pageToken } = request;
    const where = partitionId === undefined ? 'true' : partitionFilterSql(info, partitionId);
    const table = `${physicalName(info.ref)} WHERE ${where}`;
    const token = pageToken === undefined ? undefined : parsedToken(pageToken);
    const reading = token ? this.#resumed(token.reading, table) : await this.#open(table);
    const page = reading.turn.then(() => this.#page(reading, request, token?.after));
    reading.turn = page.catch(() => undefined);
    return page;
  }

  #resumed(id: string, table: string): Reading {
    const reading = this.#readings.get(id);
    if (!reading || reading.table !== table)
      throw invalid(`Invalid page token: it has expired or belongs to another table.`);
    reading.usedMs = performance.now();
    return reading;
  }

  async #open(table: string): Promise<Reading> {
    const connection = await this.#duck.instance.connect();
    try {
      await connection.run('BEGIN TRANSACTION READ ONLY');
      const total = await rowsOf(await connection.run(`SELECT count(*) FROM ${table}`));
      const totalRows = total[0]?.[0] as bigint;
      return { id: randomUUID(), table, connection, totalRows, usedMs: performance.now(), turn: Promise.resolve() };
    } catch (err) {
      connection.closeSync();
      throw err;
    }
  }

  async #page(reading: Reading, request: PageRequest, after: bigint | undefined): Promise<Page> {
    const { maxResults, startIndex = 0 } = request;
    const limit = Math.min(maxResults ?? MAX_PAGE_ROWS, MAX_PAGE_ROWS);
    const offset = after === undefined ? startIndex : 0;
    const sql = `SELECT rowid, ${wireRowSql(request.fields, request.format)} FROM ${reading.table}
      AND rowid > ${after ?? -1n} ORDER BY rowid LIMIT ${limit + 1} OFFSET ${offset}`;
    try {
      const { rows, last, isMore } = await cut(await reading.connection.stream(sql), limit);
      if (isMore) this.#keep(reading);
      else this.#forget(reading);
      const pageToken = isMore ? tokenOf(reading.id, last) : undefined;
      return { rows, totalRows: reading.totalRows, pageToken };
    } catch (err) {
      this.#forget(reading);
      throw err;
    }
  }

  #keep(reading: Reading): void {
    this.#readings.delete(reading.id);
    this.#readings.set(reading.id, reading);
    for (const oldest of this.#readings.values()) {
      if (this.#readings.size <= MAX_READINGS) break;
      this.#forget(oldest);
    }
  }

  #forget(reading: Reading): void {
    this.#readings.delete(reading.id);
    reading.connection.closeSync();
  }

  #drop(idleMs: number): void {
    const now = performance.now();
    for (const reading of this.#readings.values()) if (now - reading.usedMs >= idleMs) this.#forget(reading);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#drop(0);
  }
}

async function rowsOf(result: DuckDBMaterializedResult): Promise<unknown[][]> {
  return (await result.getRows()) as unknown[][];
}

/** Takes rows until the page is full: of `limit` rows, or of bytes. */
async function cut(result: DuckDBResult, limit: number): Promise<{ rows: string[]; last: bigint; isMore: boolean }> {
  const rows: string[] = [];
  let last = -1n;
  let bytes = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return { rows, last, isMore: false };
    const [ids, texts] = [chunk.getColumnVector(0), chunk.getColumnVector(1)] as [DuckDBVector, DuckDBVector];
    for (let index = 0; index < chunk.rowCount; index += 1) {
      const text = texts.getItem(index) as string;
      bytes += text.length;
      if (rows.length === limit || (rows.length > 0 && bytes > MAX_PAGE_BYTES)) return { rows, last, isMore: true };
      rows.push(text);
      last = ids.getItem(index) as bigint;
    }
  }
}

const tokenOf = (reading: string, after: bigint): string => Buffer.from(`${reading}:${after}`).toString('base64url');

function parsedToken(token: string): { reading: string; after: bigint } {
  const [, reading, after] = /^([\da-f-]{36}):(-?\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (reading === undefined || after === undefined) throw invalid('Invalid page token.');
  return { reading, after: BigInt(after) };
}
