import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api';
import type { Catalog, PartitionRow, QueryRequest, TableRef } from '../contracts.ts';
import type { Binder } from './bind/binder.ts';
import { bindExpr } from './bind/expressions.ts';
import { bindQuery } from './bind/queries.ts';
import type { Bound, Relation } from './bind/scope.ts';
import { cancelled, translated } from './errors.ts';

/** One script on one connection: its transaction, its temporary tables, what it read and changed. */
export class Session {
  readonly connection: DuckDBConnection;
  readonly catalog: Catalog;
  readonly request: QueryRequest;
  readonly temporary = new Map<string, Relation>();
  readonly referenced = new Map<string, TableRef>();
  /** Tables changed since the last commit. */
  readonly changed = new Map<string, TableRef>();
  readonly #partitions: ReadonlyMap<string, readonly PartitionRow[]>;
  readonly #startedAt: number;
  inTransaction = false;
  #names = 0;

  constructor(options: {
    connection: DuckDBConnection;
    catalog: Catalog;
    request: QueryRequest;
    partitions: ReadonlyMap<string, readonly PartitionRow[]>;
    /** By the monotonic clock: when the engine was given the script, which may have waited for its tables since. */
    startedAt: number;
  }) {
    this.connection = options.connection;
    this.catalog = options.catalog;
    this.request = options.request;
    this.#partitions = options.partitions;
    this.#startedAt = options.startedAt;
  }

  /** What binds the session's next statement. Inside a procedure names belong to its project and its arguments are known. */
  binder(inside?: { projectId: string; args: ReadonlyMap<string, Bound> }): Binder {
    const { parameters, defaultDataset, ...request } = this.request;
    const binder: Binder = {
      request: {
        ...request,
        authorize: (action, resource) => this.request.authorize(action, resource),
        ...(inside ? { projectId: inside.projectId } : defaultDataset ? { defaultDataset } : {}),
      },
      catalog: this.catalog,
      parameters: inside ? [] : parameters,
      temporary: this.temporary,
      args: inside?.args ?? new Map<string, Bound>(),
      referenced: this.referenced,
      partitions: this.#partitions,
      ctes: new Map(),
      unique: (prefix) => `${prefix}${++this.#names}`,
      bindQuery(query, outer) {
        return bindQuery(query, outer, this);
      },
      bindExpr(expr, scope) {
        return bindExpr(expr, scope, this);
      },
    };
    return binder;
  }

  unique(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  async run(sql: string): Promise<DuckDBMaterializedResult> {
    // An interrupt reaches only what runs just then.
    if (this.request.signal?.aborted) throw cancelled();
    try {
      return await this.connection.run(sql);
    } catch (err) {
      throw translated(err);
    }
  }

  async begin(): Promise<void> {
    await this.run('BEGIN TRANSACTION');
    this.inTransaction = true;
  }

  async commit(): Promise<void> {
    await this.run('COMMIT');
    this.inTransaction = false;
    this.#publish();
  }

  async rollback(): Promise<void> {
    this.inTransaction = false;
    this.changed.clear();
    await this.connection.run('ROLLBACK');
  }

  /** Notes a change; without a transaction it is done already. */
  noteChange(ref: TableRef): void {
    this.changed.set(`${ref.projectId}.${ref.datasetId}.${ref.tableId}`, ref);
    if (!this.inTransaction) this.#publish();
  }

  #publish(): void {
    for (const ref of this.changed.values()) this.catalog.touch(ref);
    this.changed.clear();
  }
}
