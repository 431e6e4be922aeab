import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';

/** A place where a secret could have ended up, with all that is in it. */
export interface Sink {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Every file below a folder, byte by byte. */
export async function filesBelow(folder: string): Promise<Sink[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ name: path.slice(folder.length + 1), bytes: await readFile(path) })));
}

/** All rows of SQLite and DuckDB files below a folder: long values lie in pieces on their pages, or compressed. */
export async function rowsBelow(folder: string): Promise<Sink[]> {
  const names = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
  const sinks: Sink[] = [];
  for (const path of names) {
    if (isSqlite(path)) sinks.push(...sqliteRows(path));
    if (path.endsWith('.duckdb')) sinks.push(...(await duckRows(path)));
  }
  return sinks;
}

function isSqlite(path: string): boolean {
  return /\.(?:db|sqlite)$/.test(path);
}

function sqliteRows(path: string): Sink[] {
  const db = new DatabaseSync(path, { readOnly: true });
  const tables = db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all() as { name: string }[];
  const sinks = tables.map(({ name }) => {
    const values = db
      .prepare(`SELECT * FROM "${name}"`)
      .all()
      .flatMap((row) => Object.values(row));
    const bytes = values.flatMap((value) => [
      value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)),
      Buffer.from('\n'),
    ]);
    return { name: `table ${name}`, bytes: Buffer.concat(bytes) };
  });
  db.close();
  return sinks;
}

async function duckRows(path: string): Promise<Sink[]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const db = await instance.connect();
  const tables = await db.runAndReadAll('SELECT schema_name, table_name FROM duckdb_tables()');
  const sinks: Sink[] = [];
  for (const [schema, table] of tables.getRows()) {
    const rows = await db.runAndReadAll(`SELECT to_json(t)::VARCHAR FROM "${String(schema)}"."${String(table)}" AS t`);
    sinks.push({ name: `table ${String(schema)}.${String(table)}`, bytes: Buffer.from(rows.getRows().join('\n')) });
  }
  db.closeSync();
  instance.closeSync();
  return sinks;
}

/** Arguments and environment of the processes whose environment or arguments name this folder. */
export function processesOf(folder: string): Sink[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => {
    const own = [`/proc/${id}/cmdline`, `/proc/${id}/environ`].map((path) => ({
      name: path,
      bytes: readOrNothing(path),
    }));
    return own.some(({ bytes }) => bytes.includes(folder)) ? own : [];
  });
}

/** A process may have ended meanwhile, or belong to somebody else. */
function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
