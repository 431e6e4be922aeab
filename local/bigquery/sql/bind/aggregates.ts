import { arrayOf, scalar, typeName, type SqlType } from '../../values/types.ts';
import type { Call, OrderItem } from '../parse/ast.ts';
import type { Binder } from './binder.ts';
import { cast, coerce, isNumber, numericOf } from './coercion.ts';
import { invalid, unsupported, type Bound, type Scope } from './scope.ts';

const AGGREGATES = new Set(
  'COUNT SUM AVG MIN MAX ANY_VALUE ARRAY_AGG STRING_AGG COUNTIF LOGICAL_AND LOGICAL_OR APPROX_COUNT_DISTINCT ARRAY_CONCAT_AGG'.split(
    ' ',
  ),
);
/** Other aggregates of GoogleSQL: known to be aggregates, and refused. */
const REFUSED = /^(STDDEV|VARIANCE|VAR_|CORR|COVAR|BIT_|APPROX_|HLL_|MAX_BY|MIN_BY|GROUPING|ST_.*AGG)/;

export const isAggregate = (name: string): boolean => AGGREGATES.has(name) || REFUSED.test(name);

const INT64 = scalar('INT64');
const FLOAT64 = scalar('FLOAT64');

export function bindAggregate(call: Call, scope: Scope, binder: Binder, over = ''): Bound {
  if (!AGGREGATES.has(call.name)) throw unsupported(`Aggregate function ${call.name}`);
  if (call.isSafe) throw unsupported(`SAFE.${call.name}`);
  if (call.name === 'COUNT' && call.isStar) return { sql: `count(*)${over}`, type: INT64 };
  const [value, ...more] = call.args.map((arg) => binder.bindExpr(arg, scope));
  if (!value) throw invalid(`No matching signature for aggregate function ${call.name}`);
  const order = orderSql(call.orderBy, scope, binder);
  const plain = call.orderBy.length === 0 && !call.limit && !call.nulls && more.length === 0;
  const distinct = call.isDistinct ? 'DISTINCT ' : '';
  switch (call.name) {
    case 'ARRAY_AGG':
      return arrayAgg(call, value, order, over);
    case 'STRING_AGG':
      return stringAgg(call, value, more[0], order, over);
    default:
      if (!plain) throw unsupported(`${call.name} with ORDER BY, LIMIT, NULLS or more arguments`);
      return simple(call.name, value, distinct, over);
  }
}

function simple(name: string, value: Bound, distinct: string, over: string): Bound {
  const { sql, type } = value;
  const bool = (): string => coerce(value, scalar('BOOL'), name).sql;
  switch (name) {
    case 'COUNT':
    case 'APPROX_COUNT_DISTINCT':
      return { sql: `count(${name === 'COUNT' ? distinct : 'DISTINCT '}${sql})${over}`, type: INT64 };
    case 'COUNTIF':
      return { sql: `count(CASE WHEN ${bool()} THEN 1 END)${over}`, type: INT64 };
    case 'LOGICAL_AND':
    case 'LOGICAL_OR':
      return { sql: `${name === 'LOGICAL_AND' ? 'bool_and' : 'bool_or'}(${bool()})${over}`, type: scalar('BOOL') };
    case 'ANY_VALUE':
      return { sql: `first(${sql})${over}`, type };
    case 'MIN':
    case 'MAX':
      return extreme(name, value, over);
    case 'SUM':
      return sum(value, distinct, over);
    case 'AVG':
      return average(value, distinct, over);
    default:
      throw unsupported(`Aggregate function ${name}`);
  }
}

function extreme(name: 'MIN' | 'MAX', { sql, type }: Bound, over: string): Bound {
  if (['ARRAY', 'STRUCT', 'JSON'].includes(type.kind)) throw invalid(`${name} is not defined for ${typeName(type)}`);
  const call = `${name.toLowerCase()}(${sql})${over}`;
  if (type.kind !== 'FLOAT64') return { sql: call, type };
  return { sql: `CASE WHEN bool_or(isnan(${sql}))${over} THEN CAST('nan' AS DOUBLE) ELSE ${call} END`, type };
}

/** Sums of 64-bit limbs, which DuckDB adds natively and exactly, in constant memory; the blob's hex digits hold four of them. */
function limbs(blob: string, over: string): string {
  const sums = [1, 17, 33, 49].map(
    (digit) => `sum(CAST('0x' || substr(hex(${blob}), ${digit}, 16) AS UBIGINT))${over}`,
  );
  return [...sums, `count(${blob})${over}`].join(', ');
}

function sum(value: Bound, distinct: string, over: string): Bound {
  const { type } = value;
  const sql = type.kind === 'NULL' ? `CAST(NULL AS BIGINT)` : value.sql;
  switch (type.kind) {
    case 'INT64':
    case 'NULL':
      return { sql: `CAST(sum(${distinct}${sql})${over} AS BIGINT)`, type: INT64 };
    case 'FLOAT64':
      return { sql: `sum(${distinct}${sql})${over}`, type };
    case 'NUMERIC':
      // By way of text, because a cast to the type that it has already checks nothing.
      return { sql: `CAST(CAST(sum(${distinct}${sql})${over} AS VARCHAR) AS DECIMAL(38,9))`, type };
    case 'BIGNUMERIC':
      if (distinct) throw unsupported('SUM(DISTINCT) of BIGNUMERIC');
      return { sql: `bn_of_limbs(${limbs(sql, over)})`, type };
    default:
      throw invalid(`SUM is not defined for ${typeName(type)}`);
  }
}

function average(value: Bound, distinct: string, over: string): Bound {
  if (!isNumber(value.type)) throw invalid(`AVG is not defined for ${typeName(value.type)}`);
  if (value.type.kind === 'INT64' || value.type.kind === 'FLOAT64') {
    return { sql: `avg(${distinct}${cast(value, FLOAT64, false).sql})${over}`, type: FLOAT64 };
  }
  if (distinct) throw unsupported(`AVG(DISTINCT) of ${value.type.kind}`);
  const exact = `bn_average_of_limbs(${limbs(cast(value, scalar('BIGNUMERIC'), false).sql, over)})`;
  return { sql: value.type.kind === 'NUMERIC' ? numericOf(exact) : exact, type: value.type };
}

function arrayAgg(call: Call, value: Bound, order: string, over: string): Bound {
  if (value.type.kind === 'ARRAY') throw invalid('The argument to ARRAY_AGG must not be an array type');
  const filter = call.nulls === 'IGNORE' ? ` FILTER (WHERE ${value.sql} IS NOT NULL)` : '';
  const list = `list(${call.isDistinct ? 'DISTINCT ' : ''}${value.sql}${order})${filter}${over}`;
  return { sql: limited(list, call), type: arrayOf(value.type) };
}

function stringAgg(call: Call, value: Bound, separator: Bound | undefined, order: string, over: string): Bound {
  const STRING = scalar('STRING');
  if (value.type.kind === 'BYTES') throw unsupported('STRING_AGG of BYTES');
  const text = coerce(value, STRING, 'STRING_AGG').sql;
  const between = separator ? coerce(separator, STRING, 'STRING_AGG').sql : "','";
  const list = `list(${call.isDistinct ? 'DISTINCT ' : ''}${text}${order}) FILTER (WHERE ${text} IS NOT NULL)${over}`;
  return { sql: `array_to_string(${limited(list, call)}, ${between})`, type: STRING };
}

function limited(list: string, { limit }: Call): string {
  if (!limit) return list;
  if (limit.node !== 'literal' || limit.type !== 'INT64')
    throw unsupported('LIMIT of an aggregate that is not a number');
  return `list_slice(${list}, 1, ${Number(limit.value)})`;
}

/** ` ORDER BY ...` of an aggregate; GoogleSQL holds NULL below everything. */
export function orderSql(items: readonly OrderItem[], scope: Scope, binder: Binder): string {
  if (items.length === 0) return '';
  return ` ORDER BY ${items.map((item) => orderItem(binder.bindExpr(item.expr, scope), item)).join(', ')}`;
}

export function orderItem(
  { sql, type }: { sql: string; type: SqlType },
  { isDescending, nulls }: Omit<OrderItem, 'expr'>,
): string {
  if (['ARRAY', 'STRUCT', 'JSON'].includes(type.kind))
    throw invalid(`ORDER BY does not support expressions of type ${typeName(type)}`);
  // NaN is the smallest of all doubles in GoogleSQL, the greatest in DuckDB.
  const direction = isDescending ? 'DESC' : 'ASC';
  const nan =
    type.kind === 'FLOAT64'
      ? `isnan(${sql}) ${isDescending ? 'ASC' : 'DESC'} NULLS ${nulls ?? (isDescending ? 'LAST' : 'FIRST')}, `
      : '';
  return `${nan}${sql} ${direction} NULLS ${nulls ?? (isDescending ? 'LAST' : 'FIRST')}`;
}
