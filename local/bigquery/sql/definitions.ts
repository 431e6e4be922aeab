import type { FieldSchema, StandardSqlType, TableInfo, TableRef, TimePartitioning } from '../contracts.ts';
import { fieldOf, type SqlType } from '../values/types.ts';
import { sqlTypeOf } from './bind/expressions.ts';
import { unsupported } from './bind/scope.ts';
import type { ColumnDefinition, Expr, Statement } from './parse/ast.ts';

/** Columns that SQL defines, as the REST API describes them. */
export function tableFields(columns: readonly ColumnDefinition[]): FieldSchema[] {
  return columns.map(({ name, type, isRequired, defaultValue }) => ({
    ...fieldOf(name, sqlTypeOf(type)),
    ...(isRequired ? { mode: 'REQUIRED' as const } : {}),
    ...(defaultValue ? { defaultValueExpression: defaultValue } : {}),
  }));
}

export function createdTable(
  ref: TableRef,
  statement: Extract<Statement, { statement: 'create_table' }>,
  query: readonly { name: string; type: SqlType }[] | undefined,
): TableInfo {
  if (statement.columns && query) throw unsupported('CREATE TABLE with both columns and a query');
  const fields = statement.columns
    ? tableFields(statement.columns)
    : (query ?? []).map(({ name, type }) => fieldOf(name, type));
  const timePartitioning = statement.partitionBy && partitioning(statement.partitionBy);
  return {
    ref,
    type: 'TABLE',
    fields,
    ...(timePartitioning ? { timePartitioning } : {}),
    ...(statement.clusterBy.length > 0 ? { clustering: statement.clusterBy } : {}),
  };
}

/** `day`, `DATE(created)`, `_PARTITIONDATE`, `TIMESTAMP_TRUNC(created, HOUR)`. */
function partitioning(expr: Expr): TimePartitioning {
  if (expr.node === 'path' && expr.path.length === 1) {
    const [field = ''] = expr.path;
    return field.toUpperCase() === '_PARTITIONDATE' ? { type: 'DAY' } : { type: 'DAY', field };
  }
  if (expr.node !== 'call') throw unsupported('This PARTITION BY');
  const [column, unit] = expr.call.args;
  const field = column?.node === 'path' ? (column.path[0] ?? '') : '';
  const part = unit?.node === 'path' ? (unit.path[0] ?? '').toUpperCase() : 'DAY';
  const isKnown =
    /^(DATE|DATE_TRUNC|TIMESTAMP_TRUNC|DATETIME_TRUNC)$/.test(expr.call.name) && /^(HOUR|DAY|MONTH|YEAR)$/.test(part);
  if (!field || !isKnown) throw unsupported(`PARTITION BY ${expr.call.name}`);
  const type = part as TimePartitioning['type'];
  return field.toUpperCase() === '_PARTITIONTIME' ? { type } : { type, field };
}

export function restType(type: SqlType): StandardSqlType {
  if (type.kind === 'ARRAY') return { typeKind: 'ARRAY', arrayElementType: restType(type.element) };
  if (type.kind !== 'STRUCT') return { typeKind: type.kind };
  return {
    typeKind: 'STRUCT',
    structType: { fields: type.fields.map((field) => ({ name: field.name, type: restType(field.type) })) },
  };
}
