import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { readdir, rm, stat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fullJobId, type JobRef } from './job.ts';

/** How long results can be fetched again, milliseconds. */
const RETENTION_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;
const ROWS_PER_MARK = 500;

/** Rows in a file, one JSON text a line. */
export interface StoredRows {
  readonly count: number;
  /** Byte offset of every 500th row. */
  readonly marks: readonly number[];
}

/** Results of queries, in one file each; what no client fetches any more is taken away after a day. */
export class ResultStore {
  readonly #folder: string;
  #sweptMs = 0;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'bigquery-results');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  #file(ref: JobRef): string {
    return join(this.#folder, `${createHash('sha256').update(fullJobId(ref)).digest('hex')}.jsonl`);
  }

  async write(ref: JobRef, rows: readonly string[]): Promise<StoredRows> {
    if (Date.now() - this.#sweptMs > SWEEP_EVERY_MS) await this.sweep();
    const marks: number[] = [];
    let position = 0;
    const file = await open(this.#file(ref), 'w', 0o600);
    try {
      for (let start = 0; start < rows.length; start += ROWS_PER_MARK) {
        marks.push(position);
        const bytes = Buffer.from(`${rows.slice(start, start + ROWS_PER_MARK).join('\n')}\n`);
        await file.write(bytes);
        position += bytes.length;
      }
    } finally {
      await file.close();
    }
    return { count: rows.length, marks };
  }

  /** Rows from `start` on, as JSON texts, until `maxRows` or `maxBytes` is reached; at least one. */
  async read(ref: JobRef, { marks }: StoredRows, start: number, maxRows: number, maxBytes: number): Promise<string[]> {
    const rows: string[] = [];
    const mark = Math.floor(start / ROWS_PER_MARK);
    const offset = marks[mark];
    if (offset === undefined || maxRows === 0) return rows;
    let skip = start - mark * ROWS_PER_MARK;
    let bytes = 0;
    const lines = createInterface({ input: createReadStream(this.#file(ref), { start: offset }), crlfDelay: Infinity });
    for await (const line of lines) {
      if (skip-- > 0) continue;
      bytes += line.length;
      if (rows.length === maxRows || (rows.length > 0 && bytes > maxBytes)) break;
      rows.push(line);
    }
    return rows;
  }

  async sweep(): Promise<void> {
    this.#sweptMs = Date.now();
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      const found = await stat(file).catch(() => undefined); // another sweep may have been faster
      // Files carry the machine's time, not the embedded clock's.
      if (found && Date.now() - found.mtimeMs > RETENTION_MS) await rm(file, { force: true });
    }
  }
}
