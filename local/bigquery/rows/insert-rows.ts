import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import type { Caller, Clock } from '../../kit/contracts.ts';
import { rowReader } from '../loads/json-rows.ts';
import { JsonScanner } from '../loads/json-scanner.ts';
import { reasonOf } from '../loads/normalise.ts';
import { partitionTask, type Destination, type Plan, type RowWriter } from '../loads/row-writer.ts';
import { invalid, tableResource } from '../errors.ts';
import { isTrue, type Json } from '../requests.ts';

/** A streamed row: its id for deduplication, and its text as it came, so that numbers keep their digits. */
export interface StreamedRow {
  readonly insertId: string | undefined;
  readonly text: string;
}

/** How long an insertId is remembered, milliseconds; BigQuery promises about a minute. */
const REMEMBERED_MS = 60_000;

export interface InsertError {
  readonly index: number;
  readonly errors: readonly { reason: string; location: string; debugInfo: string; message: string }[];
}

/** `tabledata.insertAll`: rows that are wrong are told one by one, and stop the others unless the caller skips them. */
export class RowInserter {
  readonly #writer: RowWriter;
  readonly #clock: Clock;
  readonly #seen = new Map<string, number>();
  readonly #turns = new Map<string, Promise<void>>();

  constructor(writer: RowWriter, clock: Clock) {
    this.#writer = writer;
    this.#clock = clock;
  }

  async insert(
    caller: Caller,
    destination: Destination,
    rows: readonly StreamedRow[],
    options: Json,
  ): Promise<InsertError[]> {
    const plan = await this.#writer.plan({
      destination,
      caller,
      commitId: randomUUID(),
      options: { createDisposition: 'CREATE_NEVER' },
      defaultDisposition: 'WRITE_APPEND',
    });
    const { good, errors } = readRows(plan, rows, isTrue(options['ignoreUnknownValues']));
    if (errors.length > 0 && !isTrue(options['skipInvalidRows'])) return withStopped(errors, rows.length);
    await this.#inTurn(tableResource(destination), async () => {
      const fresh = this.#fresh(destination, good);
      if (fresh.length > 0) await this.#land(plan, fresh);
      for (const { insertId } of fresh) if (insertId !== undefined) this.#remember(destination, insertId);
    });
    return errors;
  }

  /** A call that repeats another one's ids must know first whether that one landed them. */
  async #inTurn(table: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(table) ?? Promise.resolve()).then(work);
    const over = turn.catch(() => undefined); // its own caller is told
    this.#turns.set(table, over);
    try {
      await turn;
    } finally {
      if (this.#turns.get(table) === over) this.#turns.delete(table);
    }
  }

  #fresh(destination: Destination, rows: readonly ReadRow[]): ReadRow[] {
    const ids = new Set<string>();
    return rows.filter(({ insertId }) => {
      if (insertId === undefined) return true;
      const isFresh = !ids.has(insertId) && !this.#isKnown(destination, insertId);
      ids.add(insertId);
      return isFresh;
    });
  }

  async #land(plan: Plan, rows: readonly ReadRow[]): Promise<void> {
    const file = this.#writer.newFile();
    const partitions = [...new Set(rows.map(({ partition }) => partition))];
    try {
      await writeFile(file, rows.map(({ text }) => `${text}\n`).join(''), { mode: 0o600 });
      await this.#writer.land(plan, { file, normalised: { rows: rows.length, badRows: 0, errors: [], partitions } });
    } finally {
      await rm(file, { force: true });
    }
  }

  #isKnown(destination: Destination, insertId: string): boolean {
    const seenMs = this.#seen.get(`${tableResource(destination)} ${insertId}`);
    return seenMs !== undefined && this.#clock.now().getTime() - seenMs < REMEMBERED_MS;
  }

  #remember(destination: Destination, insertId: string): void {
    const now = this.#clock.now().getTime();
    for (const [id, seenMs] of this.#seen) {
      if (now - seenMs < REMEMBERED_MS) break; // the rest is younger still
      this.#seen.delete(id);
    }
    const id = `${tableResource(destination)} ${insertId}`;
    this.#seen.delete(id);
    this.#seen.set(id, now);
  }
}

/** A row as it is landed, and the beginning of its partition column. */
interface ReadRow extends StreamedRow {
  readonly partition: string | null;
}

function readRows({ rowFields, info }: Plan, rows: readonly StreamedRow[], ignoreUnknownValues: boolean) {
  const partitioned = partitionTask(info);
  let partition: string | null = null;
  // Written dates stand in quotes.
  const take = (value: string): void =>
    void (partition = value === 'null' ? null : value.slice(1, 1 + (partitioned?.length ?? 0)));
  const watch = partitioned ? { watch: { field: partitioned.field, take } } : {};
  const read = rowReader(rowFields, { ignoreUnknownValues, jsonAsText: true, ...watch });
  const good: ReadRow[] = [];
  const errors: InsertError[] = [];
  for (const [index, { insertId, text }] of rows.entries()) {
    partition = null;
    try {
      good.push({ insertId, text: read(new JsonScanner(text)), partition });
    } catch (err) {
      const message = reasonOf(err);
      const location = /field: ([\w.]+)/i.exec(message)?.[1]?.replace(/\.$/, '') ?? '';
      errors.push({ index, errors: [{ reason: 'invalid', location, debugInfo: '', message: worded(message) }] });
    }
  }
  return { good, errors };
}

/** Streaming has its own words for what is missing and what is unknown. */
function worded(message: string): string {
  return message.replace(/^No such field: (.*)\.$/, 'no such field: $1.');
}

/** Without `skipInvalidRows` one wrong row stops all. */
function withStopped(errors: readonly InsertError[], count: number): InsertError[] {
  const byIndex = new Map(errors.map((error) => [error.index, error]));
  return Array.from({ length: count }, (_, index) => {
    const stopped = { reason: 'stopped', location: '', debugInfo: '', message: '' };
    return byIndex.get(index) ?? { index, errors: [stopped] };
  });
}

/** Takes the rows out of the body of an insertAll call as texts. */
export function streamedRows(body: string): StreamedRow[] {
  const rows: StreamedRow[] = [];
  const scanner = new JsonScanner(body);
  // An empty body is an empty object to every method.
  if (scanner.peek() === '') return rows;
  scanner.readObject((key) => {
    if (key !== 'rows' || scanner.peek() === 'n') scanner.skip();
    else if (scanner.peek() !== '[') throw invalid('Invalid value for rows: an array is expected');
    else scanner.readArray(() => rows.push(streamedRow(scanner)));
  });
  return rows;
}

function streamedRow(scanner: JsonScanner): StreamedRow {
  let insertId: string | undefined;
  let text = '{}';
  if (scanner.peek() !== '{') throw invalid('Invalid value for rows: an object is expected');
  scanner.readObject((key) => {
    if (key === 'json') text = scanner.skip();
    else if (key === 'insertId' && !scanner.readNull())
      insertId = scanner.peek() === '"' ? scanner.readString() : scanner.skip();
    else if (key !== 'insertId') scanner.skip();
  });
  return { insertId, text };
}
