import type { Catalog, QueryParameter, QueryRequest, TableRef } from '../../contracts.ts';
import type { Expr, Query } from '../parse/ast.ts';
import type { SqlType } from '../../values/types.ts';
import type { Bound, Relation, Scope } from './scope.ts';

/** A query as DuckDB SQL; its columns are called `c1`, `c2`, ... so that equal and empty names do no harm. */
export interface BoundQuery {
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
}

/** What binding one statement needs to know, and what it finds out on the way. */
export interface Binder {
  readonly request: Pick<QueryRequest, 'projectId' | 'defaultDataset' | 'authorize' | 'now' | 'caller'>;
  readonly catalog: Catalog;
  readonly parameters: readonly QueryParameter[];
  /** Temporary tables of the script, by lower-case name. */
  readonly temporary: ReadonlyMap<string, Relation>;
  /** Arguments of the procedure whose body this is, by lower-case name. */
  readonly args: ReadonlyMap<string, Bound>;
  /** Tables that were read or changed. */
  readonly referenced: Map<string, TableRef>;
  /** What INFORMATION_SCHEMA views need to be asked before binding, which is synchronous. */
  readonly partitions: ReadonlyMap<string, Awaited<ReturnType<Catalog['partitions']>>>;
  /** Names of WITH queries that are in force. */
  readonly ctes: ReadonlyMap<string, BoundQuery & { readonly sqlName: string }>;
  /** A name for DuckDB that nothing else has. */
  unique(prefix: string): string;
  /** Queries and expressions hold each other; these two are where the halves meet. */
  bindQuery(query: Query, outer: Scope): BoundQuery;
  bindExpr(expr: Expr, scope: Scope): Bound;
}

/** The same binder with more WITH queries. */
export function withCtes(binder: Binder, ctes: Binder['ctes']): Binder {
  return Object.assign(Object.create(binder) as Binder, { ctes });
}
