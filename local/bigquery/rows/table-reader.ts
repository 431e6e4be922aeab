import { randomUUID } from 'node:crypto';
import type {
  DuckDBConnection,
  DuckDBMaterializedResult,
  DuckDBPreparedStatement,
  DuckDBResult,
} from '@duckdb/node-api';
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
/** Rows of the first slice, when nothing is known of their size. */
const FIRST_SLICE = 1001;
const MIN_SLICE = 50;
const MAX_ROW_ID = 2n ** 62n;

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
  statement?: { readonly sql: string; readonly prepared: DuckDBPreparedStatement };
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
    const offset = after === undefined ? startIndex : 0;
    try {
      const first = offset > 0 ? await this.#rowBefore(reading, offset) : (after ?? -1n);
      const rows = await this.#rows(reading, request, first, Math.min(maxResults ?? MAX_PAGE_ROWS, MAX_PAGE_ROWS));
      if (rows.isMore) this.#keep(reading);
      else this.#forget(reading);
      const pageToken = rows.isMore ? tokenOf(reading.id, rows.last) : undefined;
      return { rows: rows.texts, totalRows: reading.totalRows, pageToken };
    } catch (err) {
      this.#forget(reading);
      throw err;
    }
  }

  /** Row id of the row after which `offset` rows have been left out. */
  async #rowBefore({ connection, table }: Reading, offset: number): Promise<bigint> {
    const sql = `SELECT rowid FROM ${table} ORDER BY rowid LIMIT 1 OFFSET ${offset - 1}`;
    return ((await rowsOf(await connection.run(sql)))[0]?.[0] as bigint | undefined) ?? MAX_ROW_ID;
  }

  /** Takes slices until the page is full: of `limit` rows, or of bytes. */
  async #rows(reading: Reading, request: PageRequest, after: bigint, limit: number): Promise<PageRows> {
    const page: PageRows = { texts: [], last: after, bytes: 0, isMore: false };
    const statement = await this.#prepared(reading, request);
    while (!page.isMore) {
      // One row more than fits tells whether there is another page; a slice holds about what is left of the bytes.
      const left = limit - page.texts.length + 1;
      const width = page.texts.length === 0 ? MAX_PAGE_BYTES / FIRST_SLICE : page.bytes / page.texts.length;
      const size = Math.min(left, Math.max(MIN_SLICE, Math.ceil((MAX_PAGE_BYTES - page.bytes) / width)));
      statement.bindBigInt(1, page.last);
      statement.bindInteger(2, size);
      const taken = await take(await statement.stream(), page, limit);
      if (taken < size) return page;
    }
    return page;
  }

  /** Planning takes longer than reading a small page, so the statement of a reading is planned once. */
  async #prepared(reading: Reading, request: PageRequest): Promise<DuckDBPreparedStatement> {
    const sql = `SELECT rowid, ${wireRowSql(request.fields, request.format)} FROM ${reading.table} AND rowid > $1 ORDER BY rowid LIMIT $2`;
    if (reading.statement?.sql !== sql) {
      reading.statement = { sql, prepared: await reading.connection.prepare(sql) };
    }
    return reading.statement.prepared;
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
  return await result.getRows();
}

interface PageRows {
  readonly texts: string[];
  last: bigint;
  bytes: number;
  isMore: boolean;
}

/** Adds rows to the page until it is full; answers how many it was offered. */
async function take(result: DuckDBResult, page: PageRows, limit: number): Promise<number> {
  let offered = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return offered;
    offered += chunk.rowCount;
    const [ids, texts] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    for (let index = 0; index < chunk.rowCount && !page.isMore; index += 1) {
      const text = texts.getItem(index) as string;
      const isFull = page.texts.length > 0 && page.bytes + text.length > MAX_PAGE_BYTES;
      if (page.texts.length === limit || isFull) {
        page.isMore = true;
        continue;
      }
      page.bytes += text.length;
      page.texts.push(text);
      page.last = ids.getItem(index) as bigint;
    }
  }
}

const tokenOf = (reading: string, after: bigint): string => Buffer.from(`${reading}:${after}`).toString('base64url');

function parsedToken(token: string): { reading: string; after: bigint } {
  const [, reading, after] = /^([\da-f-]{36}):(-?\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (reading === undefined || after === undefined) throw invalid('Invalid page token.');
  return { reading, after: BigInt(after) };
}
