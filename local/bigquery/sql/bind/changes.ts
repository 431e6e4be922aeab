import type { FieldSchema, TableInfo, TableRef } from '../../contracts.ts';
import { fieldType, quoted, scalar, type SqlType } from '../../values/types.ts';
import { parseLoneExpression } from '../parse/statements.ts';
import type { Assignment, Expr, MergeClause, Statement } from '../parse/ast.ts';
import type { Binder } from './binder.ts';
import { coerce } from './coercion.ts';
import { bindExpr } from './expressions.ts';
import { bindFrom } from './from.ts';
import { constant, nullOf } from './literals.ts';
import { textLiteral } from './render.ts';
import { invalid, Scope, unsupported, type Bound, type Relation } from './scope.ts';
import { aliasedTable, foundTable, physicalName, refKey, tableRef, tableResource } from './tables.ts';

type DmlStatement = Extract<Statement, { statement: 'insert' | 'update' | 'delete' | 'merge' | 'truncate' }>;

/** A change of a table as DuckDB SQL. */
export interface BoundChange {
  readonly sql: string;
  readonly target: TableRef;
  /** Counts the target rows that match several source rows, which must be none. */
  readonly ambiguity?: string;
  /** The statement answers a row per change, which names its action. */
  readonly returnsActions?: boolean;
}

interface Target {
  readonly ref: TableRef;
  readonly info: TableInfo;
  readonly sql: string;
  readonly relation: Relation;
  /** The DuckDB alias. */
  readonly name: string;
}

export function bindChange(statement: DmlStatement, binder: Binder): BoundChange {
  const target = bindTarget(statement.table, 'alias' in statement ? statement.alias : undefined, binder);
  const base = new Scope();
  switch (statement.statement) {
    case 'truncate':
      return { sql: `DELETE FROM ${physicalName(target.ref)}`, target: target.ref };
    case 'delete': {
      const where = condition(statement.where, new Scope([target.relation], base), binder);
      return { sql: `DELETE FROM ${target.sql} WHERE ${where}`, target: target.ref };
    }
    case 'insert':
      return bindInsert(statement, target, binder);
    case 'update':
      return bindUpdate(statement, target, binder);
    case 'merge':
      return bindMerge(statement, target, binder);
  }
}

function bindTarget(path: readonly string[], alias: string | undefined, binder: Binder): Target {
  if (path.length === 1 && binder.temporary.has((path[0] ?? '').toLowerCase())) {
    throw unsupported(`A change of temporary table ${path[0]}`);
  }
  const ref = tableRef(path, binder);
  binder.request.authorize('write', tableResource(ref));
  const info = foundTable(ref, binder);
  if (info.type === 'VIEW') throw invalid(`${ref.tableId} is a view and cannot be changed`);
  binder.referenced.set(refKey(ref), ref);
  const { sql, relation } = aliasedTable(info, alias ?? ref.tableId, binder);
  return { ref, info, sql, relation, name: sql.split(' AS ').at(-1) ?? '' };
}

function condition(expr: Expr, scope: Scope, binder: Binder): string {
  return coerce(bindExpr(expr, scope, binder), scalar('BOOL'), 'WHERE clause').sql;
}

function field(info: TableInfo, name: string): FieldSchema {
  const found = info.fields.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  if (name.toUpperCase() === '_PARTITIONTIME' && info.timePartitioning && !info.timePartitioning.field) {
    return { name: '_PARTITIONTIME', type: 'TIMESTAMP' };
  }
  throw invalid(
    `Column ${name} is not present in table ${info.ref.projectId}.${info.ref.datasetId}.${info.ref.tableId}`,
  );
}

/** A value as it is stored: an array is never NULL, and holds no NULL. */
function stored(value: Bound, column: FieldSchema): string {
  const type: SqlType = fieldType(column);
  const { sql } = coerce(value, type, `column ${column.name}`);
  if (type.kind !== 'ARRAY') return sql;
  const refused = `error(${textLiteral(`Array cannot have a null element; error in writing field ${column.name}`)})`;
  return `CASE WHEN list_count(${sql}) < len(${sql}) THEN ${refused} ELSE coalesce(${sql}, []) END`;
}

function defaultOf(column: FieldSchema, binder: Binder): Bound {
  if (column.name === '_PARTITIONTIME') return partitionTime(binder);
  const { defaultValueExpression } = column;
  return defaultValueExpression ? bindExpr(parseLoneExpression(defaultValueExpression), new Scope(), binder) : nullOf();
}

function partitionTime({ request }: Binder): Bound {
  return constant('TIMESTAMP', `${request.now.toISOString().slice(0, 10)} 00:00:00`);
}

function bindInsert(
  statement: Extract<Statement, { statement: 'insert' }>,
  target: Target,
  binder: Binder,
): BoundChange {
  const { info } = target;
  const columns = (statement.columns ?? info.fields.map(({ name }) => name)).map((name) => field(info, name));
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice) throw invalid(`INSERT has columns with duplicate name: ${twice.name}`);
  const others = allColumns(info).filter((column) => !columns.some(({ name }) => name === column.name));
  const names = [...columns, ...others].map(({ name }) => quoted(name)).join(', ');
  const defaults = others.map((column) => stored(defaultOf(column, binder), column));
  const rows = 'rows' in statement.source ? valueRows(statement.source.rows, columns, binder) : undefined;
  const source = rows
    ? `VALUES ${rows.map((row) => `(${[...row, ...defaults].join(', ')})`).join(', ')}`
    : insertedQuery(statement, columns, defaults, binder);
  return { sql: `INSERT INTO ${physicalName(target.ref)} (${names}) ${source}`, target: target.ref };
}

function allColumns(info: TableInfo): FieldSchema[] {
  const isByIngestion = info.timePartitioning && !info.timePartitioning.field;
  return [...info.fields, ...(isByIngestion ? [{ name: '_PARTITIONTIME', type: 'TIMESTAMP' }] : [])];
}

function valueRows(
  rows: readonly (readonly (Expr | 'DEFAULT')[])[],
  columns: readonly FieldSchema[],
  binder: Binder,
): string[][] {
  return rows.map((row) => {
    if (row.length !== columns.length)
      throw invalid(`Inserted row has wrong column count; Has ${row.length}, expected ${columns.length}`);
    return row.map((value, index) => {
      const column = columns[index] as FieldSchema;
      return stored(value === 'DEFAULT' ? defaultOf(column, binder) : bindExpr(value, new Scope(), binder), column);
    });
  });
}

function insertedQuery(
  statement: Extract<Statement, { statement: 'insert' }>,
  columns: readonly FieldSchema[],
  defaults: readonly string[],
  binder: Binder,
): string {
  if (!('query' in statement.source)) throw unsupported('This INSERT');
  const query = binder.bindQuery(statement.source.query, new Scope());
  if (query.columns.length !== columns.length) {
    throw invalid(`Inserted row has wrong column count; Has ${query.columns.length}, expected ${columns.length}`);
  }
  const values = columns.map((column, index) =>
    stored({ sql: `s.c${index + 1}`, type: query.columns[index]?.type ?? scalar('STRING') }, column),
  );
  return `SELECT ${[...values, ...defaults].join(', ')} FROM (${query.sql}) AS s`;
}

function assignments(set: readonly Assignment[], info: TableInfo, scope: Scope, binder: Binder): string {
  return set
    .map(({ path, value }) => {
      if (path.length > 1) throw unsupported(`UPDATE of a field of a struct (${path.join('.')})`);
      const column = field(info, path[0] ?? '');
      const bound = value === 'DEFAULT' ? defaultOf(column, binder) : bindExpr(value, scope, binder);
      return `${quoted(column.name)} = ${stored(bound, column)}`;
    })
    .join(', ');
}

function bindUpdate(
  statement: Extract<Statement, { statement: 'update' }>,
  target: Target,
  binder: Binder,
): BoundChange {
  const from = statement.from && bindFrom(statement.from, new Scope(), binder);
  const scope = new Scope([target.relation, ...(from?.scope.relations ?? [])], new Scope(), {
    merged: from?.scope.merged ?? [],
  });
  const set = assignments(statement.set, target.info, scope, binder);
  const where = condition(statement.where, scope, binder);
  const source = from ? ` FROM ${from.sql}` : '';
  const ambiguity = from && ambiguousRows(`${target.sql} CROSS JOIN ${from.sql}`, target, where);
  return {
    sql: `UPDATE ${target.sql} SET ${set}${source} WHERE ${where}`,
    target: target.ref,
    ...(ambiguity ? { ambiguity } : {}),
  };
}

function ambiguousRows(from: string, target: Target, where: string): string {
  return `SELECT count(*) FROM (SELECT 1 FROM ${from} WHERE ${where} GROUP BY ${target.name}.rowid HAVING count(*) > 1) AS twice`;
}

function bindMerge(statement: Extract<Statement, { statement: 'merge' }>, target: Target, binder: Binder): BoundChange {
  const source = bindFrom(statement.source, new Scope(), binder);
  const scope = new Scope([target.relation, ...source.scope.relations], new Scope());
  const on = coerce(bindExpr(statement.on, scope, binder), scalar('BOOL'), 'MERGE ON').sql;
  const clauses = statement.clauses.map((clause) => mergeClause(clause, target, source.scope, scope, binder));
  const touched = statement.clauses.filter(({ when }) => when === 'MATCHED');
  const conditions = touched.map((clause) =>
    clause.condition ? `coalesce(${condition(clause.condition, scope, binder)}, false)` : 'true',
  );
  return {
    sql: `MERGE INTO ${target.sql} USING ${source.sql} ON ${on} ${clauses.join(' ')} RETURNING merge_action`,
    target: target.ref,
    returnsActions: true,
    ...(touched.length > 0
      ? {
          ambiguity: ambiguousRows(
            `${target.sql} CROSS JOIN ${source.sql}`,
            target,
            `(${on}) AND (${conditions.join(' OR ')})`,
          ),
        }
      : {}),
  };
}

function mergeClause(clause: MergeClause, target: Target, source: Scope, both: Scope, binder: Binder): string {
  const isInsert = clause.when === 'NOT MATCHED BY TARGET';
  const scope = isInsert
    ? new Scope(source.relations)
    : clause.when === 'MATCHED'
      ? both
      : new Scope([target.relation]);
  const when = `WHEN ${clause.when}${clause.condition ? ` AND ${condition(clause.condition, scope, binder)}` : ''} THEN`;
  const { action } = clause;
  if (isInsert !== (action.do === 'insert'))
    throw invalid(`${action.do.toUpperCase()} is not allowed in a ${clause.when} clause`);
  switch (action.do) {
    case 'delete':
      return `${when} DELETE`;
    case 'update':
      return `${when} UPDATE SET ${assignments(action.set, target.info, scope, binder)}`;
    case 'insert':
      return `${when} ${mergeInsert(action, target.info, source, binder)}`;
  }
}

function mergeInsert(
  action: Extract<MergeClause['action'], { do: 'insert' }>,
  info: TableInfo,
  source: Scope,
  binder: Binder,
): string {
  const columns = (action.columns ?? info.fields.map(({ name }) => name)).map((name) => field(info, name));
  const rowValues = (): Bound[] => source.relations.flatMap((relation) => [...relation.columns]);
  const values = action.values
    ? action.values.map((value, index) =>
        value === 'DEFAULT' ? defaultOf(columns[index] as FieldSchema, binder) : bindExpr(value, source, binder),
      )
    : rowValues();
  if (values.length !== columns.length)
    throw invalid(`Inserted row has wrong column count; Has ${values.length}, expected ${columns.length}`);
  const others = allColumns(info).filter((column) => !columns.some(({ name }) => name === column.name));
  const all = [...columns, ...others];
  const sql = [...values, ...others.map((column) => defaultOf(column, binder))].map((value, index) =>
    stored(value, all[index] as FieldSchema),
  );
  return `INSERT (${all.map(({ name }) => quoted(name)).join(', ')}) VALUES (${sql.join(', ')})`;
}
