import { DuckDBInstance, type DuckDBConnection, type DuckDBMaterializedResult } from '@duckdb/node-api';
import { totalmem } from 'node:os';
import { join } from 'node:path';

export type Run = (sql: string) => Promise<DuckDBMaterializedResult>;

/** Two transactions changed the same rows or the same table; DuckDB ends the later one. */
export const isConflict = (err: unknown): boolean =>
  /^([\w ]+ Error: )*(Failed to commit: |Conflict on |Transaction conflict|Catalog write-write conflict)/i.test(
    String((err as Error)?.message),
  );

const MAX_TRIES = 4;

/** The one database file, and transactions on it. */
export class Duck {
  readonly instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance) {
    this.instance = instance;
  }

  static async open(dataDir: string): Promise<Duck> {
    const instance = await DuckDBInstance.create(join(dataDir, 'bigquery.duckdb'), {
      // Beyond this it spills to disk: the embedded cloud shares a laptop with what uses it.
      memory_limit: `${Math.max(2048, Math.floor(totalmem() / 2 ** 20 / 4))}MiB`,
      temp_directory: join(dataDir, 'bigquery-spill'),
    });
    const duck = new Duck(instance);
    await duck.run('CREATE SCHEMA IF NOT EXISTS "__rest"');
    await duck.run('CREATE TABLE IF NOT EXISTS "__rest".commits (id VARCHAR)');
    return duck;
  }

  async connected<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }

  run(sql: string): Promise<DuckDBMaterializedResult> {
    return this.connected((connection) => connection.run(sql));
  }

  async rows(sql: string): Promise<unknown[][]> {
    const result = await this.run(sql);
    return result.getRows();
  }

  /**
   * Runs `work` as one transaction, again when another one got in its way.
   *
   * @param commitId - Written within the transaction: after a crash it tells whether the transaction happened.
   */
  async transaction<T>(work: (run: Run) => Promise<T>, commitId?: string): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.connected((connection) => once(connection, work, commitId));
      } catch (err) {
        if (!isConflict(err) || tries === MAX_TRIES) throw err;
      }
    }
  }

  /** The ids of transactions that happened; they are forgotten with the call. */
  async takeCommits(): Promise<Set<string>> {
    const rows = await this.rows('SELECT id FROM "__rest".commits');
    await this.run('DELETE FROM "__rest".commits');
    return new Set(rows.map(([id]) => String(id)));
  }

  close(): void {
    this.instance.closeSync();
  }
}

async function once<T>(
  connection: DuckDBConnection,
  work: (run: Run) => Promise<T>,
  commitId: string | undefined,
): Promise<T> {
  const run: Run = (sql) => connection.run(sql);
  await run('BEGIN TRANSACTION');
  try {
    const result = await work(run);
    if (commitId) await run(`INSERT INTO "__rest".commits VALUES (${literal(commitId)})`);
    await run('COMMIT');
    return result;
  } catch (err) {
    // A failed COMMIT has ended the transaction already.
    await run('ROLLBACK').catch(() => undefined);
    throw err;
  }
}

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
