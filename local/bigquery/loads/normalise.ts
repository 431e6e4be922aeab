import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { FieldSchema } from '../contracts.ts';
import { csvRows, type CsvOptions } from './csv-rows.ts';
import { rowReader } from './json-rows.ts';
import { JsonScanner } from './json-scanner.ts';
import { ValueError } from './scalars.ts';

const CHUNK_BYTES = 1 << 20;
const MAX_TOLD_ERRORS = 5;

/** What turns an uploaded file into one that DuckDB reads without guessing. */
export interface NormaliseTask {
  readonly input: string;
  readonly output: string;
  readonly fields: readonly FieldSchema[];
  readonly csv?: CsvOptions;
  readonly ignoreUnknownValues: boolean;
  readonly maxBadRecords: number;
  /** Column whose days, hours, months or years are wanted, and how many characters of its text those are. */
  readonly partition?: { readonly field: string; readonly length: number };
}

export interface Normalised {
  readonly rows: number;
  readonly badRows: number;
  /** Positions (bytes from the start of the file) and reasons, the first few. */
  readonly errors: readonly { readonly position: number; readonly message: string }[];
  /** Beginnings of the partition column's values; `null` when it is NULL somewhere. */
  readonly partitions: readonly (string | null)[];
}

/** Checks every row of a file and writes it anew, in constant memory; stops after more bad rows than are allowed. */
export function normalise(task: NormaliseTask): Normalised {
  const output = openSync(task.output, 'w', 0o600);
  const sink = new Sink(task, (text) => writeSync(output, text));
  try {
    const text = textOf(task.input);
    const { ignoreUnknownValues } = task;
    const options = { ignoreUnknownValues, jsonAsText: false, ...(sink.watch ? { watch: sink.watch } : {}) };
    if (task.csv) csvRows(text, task.fields, task.csv, sink);
    else jsonRows(text, rowReader(task.fields, options), sink);
    sink.flush();
    return sink.result;
  } finally {
    closeSync(output);
  }
}

function* textOf(file: string): Generator<string> {
  const input = openSync(file, 'r');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const decoder = new StringDecoder('utf8');
  let isFirst = true;
  try {
    for (let size = readSync(input, buffer); size > 0; size = readSync(input, buffer)) {
      const text = decoder.write(buffer.subarray(0, size));
      yield isFirst && text.startsWith('\uFEFF') ? text.slice(1) : text;
      isFirst = false;
    }
    yield decoder.end();
  } finally {
    closeSync(input);
  }
}

/** Collects good rows as text, and the reasons of bad ones. */
export class Sink {
  readonly #write: (text: string) => void;
  readonly #maxBad: number;
  readonly #partitions = new Set<string | null>();
  /** Tells the value of the partition column of the row that comes next. */
  readonly watch: { readonly field: string; take(value: string): void } | undefined;
  #partition: string | null = null;
  readonly #errors: { position: number; message: string }[] = [];
  #text = '';
  #rows = 0;
  #bad = 0;

  constructor(
    { maxBadRecords, partition }: Pick<NormaliseTask, 'maxBadRecords' | 'partition'>,
    write: (text: string) => void,
  ) {
    this.#write = write;
    this.#maxBad = maxBadRecords;
    this.watch = partition && {
      field: partition.field,
      // Written values are in quotes, dates without escapes.
      take: (value) => (this.#partition = value === 'null' ? null : value.slice(1, 1 + partition.length)),
    };
  }

  get result(): Normalised {
    return { rows: this.#rows, badRows: this.#bad, errors: this.#errors, partitions: [...this.#partitions] };
  }

  good(row: string): void {
    this.#rows += 1;
    if (this.watch) this.#partitions.add(this.#partition);
    this.#partition = null;
    this.#text += `${row}\n`;
    if (this.#text.length > CHUNK_BYTES) this.flush();
  }

  /** @returns Whether these were too many. */
  bad(position: number, err: unknown): boolean {
    const reason = reasonOf(err);
    this.#bad += 1;
    this.#partition = null;
    if (this.#errors.length < MAX_TOLD_ERRORS) this.#errors.push({ position, message: reason });
    return this.#bad > this.#maxBad;
  }

  flush(): void {
    this.#write(this.#text);
    this.#text = '';
  }
}

export function reasonOf(err: unknown): string {
  if (err instanceof ValueError) return err.message;
  if (err instanceof RangeError) return 'Parser terminated before end of string'; // nested too deeply for the stack
  throw err;
}

function jsonRows(chunks: Iterable<string>, read: (scanner: JsonScanner) => string, sink: Sink): void {
  let rest = '';
  let position = 0;
  for (const chunk of chunks) {
    const text = rest + chunk;
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = text.slice(start, end);
      if (!jsonRow(line, read, sink, () => position + Buffer.byteLength(text.slice(0, start)))) return;
      start = end + 1;
    }
    position += Buffer.byteLength(text.slice(0, start));
    rest = text.slice(start);
  }
  jsonRow(rest, read, sink, () => position);
}

/** @returns Whether reading may go on. */
function jsonRow(line: string, read: (scanner: JsonScanner) => string, sink: Sink, position: () => number): boolean {
  const scanner = new JsonScanner(line);
  if (scanner.peek() === '') return true;
  try {
    const row = read(scanner);
    scanner.end();
    sink.good(row);
    return true;
  } catch (err) {
    return !sink.bad(position(), err);
  }
}
