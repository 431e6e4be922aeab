import { arrayOf, duckDbTypeOf, parameterType, scalar, structKey, typeName, type SqlType } from '../../values/types.ts';
import type { Call, Expr, TypeNode } from '../parse/ast.ts';
import { bindAggregate, isAggregate } from './aggregates.ts';
import type { Binder } from './binder.ts';
import { cast, coerce, isNumber, supertype } from './coercion.ts';
import { callFunction } from './functions/index.ts';
import { constant, nullOf } from './literals.ts';
import { bindBinary } from './operators.ts';
import { parameterConstant } from './parameters.ts';
import { textLiteral } from './render.ts';
import { columnOf, invalid, isRelation, unsupported, type Bound, type Scope } from './scope.ts';
import { bindWindowCall } from './windows.ts';

const BOOL = scalar('BOOL');
const INT64 = scalar('INT64');

/** Translates an expression; whatever has no known meaning is refused by name. */
export function bindExpr(expr: Expr, scope: Scope, binder: Binder): Bound {
  const bind = (inner: Expr): Bound => bindExpr(inner, scope, binder);
  switch (expr.node) {
    case 'literal':
      return bindLiteral(expr.type, expr.value);
    case 'path':
      return bindPath(expr.path, scope, binder);
    case 'parameter':
      return bindParameter(binder, (name) => name?.toLowerCase() === expr.name.toLowerCase(), `@${expr.name}`);
    case 'positional':
      return parameterConstant(binder.parameters[expr.index] ?? missing(`Query parameter ${expr.index + 1}`));
    case 'unary':
      return bindUnary(expr.op, bind(expr.operand));
    case 'binary':
      return bindBinary(expr.op, bind(expr.left), bind(expr.right));
    case 'is':
      return bindIs(bind(expr.operand), expr.what, expr.isNot);
    case 'between': {
      const operand = bind(expr.operand);
      const low = bindBinary('>=', operand, bind(expr.low));
      const between = bindBinary('AND', low, bindBinary('<=', operand, bind(expr.high)));
      return expr.isNot ? bindUnary('NOT', between) : between;
    }
    case 'in':
      return bindIn(expr, scope, binder);
    case 'case':
      return bindCase(expr, bind);
    case 'cast':
      return bindCast(bind(expr.operand), sqlTypeOf(expr.type), expr.isSafe);
    case 'call':
      return bindCall(expr.call, scope, binder);
    case 'extract':
      return callFunction('EXTRACT', [bind(expr.operand), ...(expr.zone ? [bind(expr.zone)] : [])], {
        binder,
        part: expr.part,
      });
    case 'interval':
      return {
        sql: `to_${intervalUnit(expr.part)}(${coerce(bind(expr.amount), INT64).sql})`,
        type: scalar('INTERVAL'),
      };
    case 'array':
      return bindArray(expr.items.map(bind), expr.element && sqlTypeOf(expr.element));
    case 'struct':
      return bindStruct(
        expr.fields.map((field) => ({ name: field.name ?? '', value: bind(field.value) })),
        expr.type,
      );
    case 'field':
      return fieldOfStruct(bind(expr.operand), expr.name);
    case 'index':
      return bindIndex(bind(expr.operand), bind(expr.index), expr.mode);
    case 'subquery':
      return bindSubquery(expr, scope, binder);
  }
}

function missing(what: string): never {
  throw invalid(`${what} not found`);
}

function bindLiteral(type: string, value: string | boolean | null): Bound {
  if (type === 'NULL') return nullOf();
  return constant(type as Parameters<typeof constant>[0], String(value));
}

function bindParameter(binder: Binder, matches: (name?: string) => boolean, shown: string): Bound {
  return parameterConstant(
    binder.parameters.find(({ name }) => matches(name)) ?? missing(`Query parameter '${shown}'`),
  );
}

function bindPath(path: readonly string[], scope: Scope, binder: Binder): Bound {
  const [first = '', ...rest] = path;
  const found = scope.find(first) ?? binder.args.get(first.toLowerCase());
  if (!found) throw invalid(`Unrecognized name: ${path.join('.')}`);
  if (!isRelation(found)) return rest.reduce(fieldOfStruct, found);
  if (rest.length === 0 || found.value) return rest.reduce(fieldOfStruct, found.value ?? rowOf(found));
  const [column = '', ...fields] = rest;
  return fields.reduce(fieldOfStruct, columnOf(found, column) as Bound);
}

/** A whole row as a struct, which a bare range variable means. */
export function rowOf({ columns }: { columns: readonly { name: string; sql: string; type: SqlType }[] }): Bound {
  const fields = columns.map(({ name, type }) => ({ name, type }));
  const members = columns.map(
    ({ sql }, index) => `${textLiteral(structKey(fields[index] ?? { name: '' }, index))}: ${sql}`,
  );
  return { sql: `{${members.join(', ')}}`, type: { kind: 'STRUCT', fields } };
}

export function fieldOfStruct(operand: Bound, name: string): Bound {
  if (operand.type.kind === 'JSON') throw unsupported(`Field access on JSON (.${name})`);
  if (operand.type.kind !== 'STRUCT')
    throw invalid(`Cannot access field ${name} on a value with type ${typeName(operand.type)}`);
  const index = operand.type.fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase());
  const field = operand.type.fields[index];
  if (!field) throw invalid(`Field name ${name} does not exist in ${typeName(operand.type)}`);
  return { sql: `struct_extract(${operand.sql}, ${textLiteral(structKey(field, index))})`, type: field.type };
}

function bindUnary(op: '-' | 'NOT', operand: Bound): Bound {
  if (op === 'NOT') return { sql: `(NOT ${coerce(operand, BOOL, 'NOT').sql})`, type: BOOL };
  if (!isNumber(operand.type)) throw invalid(`Operator - is not defined for ${typeName(operand.type)}`);
  const sql = operand.type.kind === 'BIGNUMERIC' ? `bn_neg(${operand.sql})` : `(-${operand.sql})`;
  return { sql, type: operand.type, ...(operand.isConstant ? { isConstant: true } : {}) };
}

function bindIs(operand: Bound, what: 'NULL' | 'TRUE' | 'FALSE', isNot: boolean): Bound {
  const value = what === 'NULL' ? operand : coerce(operand, BOOL, `IS ${what}`);
  return { sql: `(${value.sql} IS ${isNot ? 'NOT ' : ''}${what})`, type: BOOL };
}

function bindIn(expr: Extract<Expr, { node: 'in' }>, scope: Scope, binder: Binder): Bound {
  const operand = bindExpr(expr.operand, scope, binder);
  const positive = inList(operand, expr.list, scope, binder);
  return expr.isNot ? bindUnary('NOT', positive) : positive;
}

function inList(operand: Bound, list: Extract<Expr, { node: 'in' }>['list'], scope: Scope, binder: Binder): Bound {
  if (list.of === 'items') {
    const equal = list.items.map((item) => bindBinary('=', operand, bindExpr(item, scope, binder)).sql);
    return { sql: `(${equal.join(' OR ')})`, type: BOOL };
  }
  if (list.of === 'unnest') {
    const array = bindExpr(list.array, scope, binder);
    if (array.type.kind !== 'ARRAY') throw invalid('IN UNNEST needs an array');
    const type = supertype([operand, { sql: '', type: array.type.element }], 'IN');
    const elements = cast(array, arrayOf(type), false).sql;
    return member(coerce(operand, type), `SELECT unnest(${elements}) AS c1`, type);
  }
  const query = binder.bindQuery(list.query, scope);
  const [column] = query.columns;
  if (!column || query.columns.length > 1) throw invalid('Subquery of type IN must have only one output column');
  const type = supertype([operand, { sql: '', type: column.type }], 'IN');
  const items = coerce({ sql: 'q.c1', type: column.type }, type).sql;
  return member(coerce(operand, type), `SELECT ${items} AS c1 FROM (${query.sql}) AS q`, type);
}

/** Whether `rows` hold the operand; where DuckDB's `=` is not GoogleSQL's (NaN, NULL in structs), its IN is not either. */
function member(operand: Bound, rows: string, type: SqlType): Bound {
  if (type.kind !== 'FLOAT64' && type.kind !== 'STRUCT') return { sql: `(${operand.sql} IN (${rows}))`, type: BOOL };
  const equal = bindBinary('=', operand, { sql: 'm.c1', type }).sql;
  const found = 'CASE WHEN bool_or(e) THEN true WHEN count(*) > count(e) THEN NULL ELSE false END';
  return { sql: `(SELECT ${found} FROM (SELECT ${equal} AS e FROM (${rows}) AS m) AS n)`, type: BOOL };
}

function bindCase(expr: Extract<Expr, { node: 'case' }>, bind: (expr: Expr) => Bound): Bound {
  const operand = expr.operand && bind(expr.operand);
  const conditions = expr.whens.map(([when]) =>
    operand ? bindBinary('=', operand, bind(when)) : coerce(bind(when), BOOL, 'CASE'),
  );
  const results = [...expr.whens.map(([, then]) => bind(then)), expr.otherwise ? bind(expr.otherwise) : nullOf()];
  const type = supertype(results, 'CASE');
  const branches = conditions.map(
    (condition, index) => `WHEN ${condition.sql} THEN ${coerce(results[index] ?? nullOf(), type).sql}`,
  );
  return { sql: `CASE ${branches.join(' ')} ELSE ${coerce(results.at(-1) ?? nullOf(), type).sql} END`, type };
}

function bindCast(operand: Bound, to: SqlType, isSafe: boolean): Bound {
  return { ...cast(operand, to, isSafe), isConstant: false };
}

export function sqlTypeOf(node: TypeNode): SqlType {
  if (node.element) return arrayOf(sqlTypeOf(node.element));
  if (node.fields)
    return { kind: 'STRUCT', fields: node.fields.map(({ name, type }) => ({ name, type: sqlTypeOf(type) })) };
  return parameterType({ type: node.name });
}

function intervalUnit(part: string): string {
  const units: Record<string, string> = { WEEK: 'weeks', QUARTER: 'quarters' };
  return units[part] ?? `${part.toLowerCase()}s`;
}

function bindCall(call: Call, scope: Scope, binder: Binder): Bound {
  if (call.over) return bindWindowCall(call, scope, binder);
  if (isAggregate(call.name)) return bindAggregate(call, scope, binder);
  const { isStar, isDistinct, nulls, orderBy, limit } = call;
  if (isStar || isDistinct || nulls || limit || orderBy.length > 0)
    throw invalid(`${call.name} is not an aggregate function`);
  const at = partPosition(call);
  const part = at === undefined ? undefined : datePart(call.args[at], call.name);
  const args = call.args.filter((_, index) => index !== at).map((arg) => bindExpr(arg, scope, binder));
  const bound = callFunction(call.name, args, { binder, ...(part ? { part } : {}) });
  return call.isSafe ? { ...bound, sql: `TRY(${bound.sql})` } : bound;
}

/** Where a date function has its part, which is a word and no column: `DATE_TRUNC(d, MONTH)`. */
function partPosition({ name, args }: Call): number | undefined {
  if (!/^(DATE|DATETIME|TIMESTAMP|TIME)_(TRUNC|DIFF)$|^LAST_DAY$/.test(name)) return undefined;
  const at = name.endsWith('DIFF') ? 2 : 1;
  return at < args.length ? at : undefined;
}

function datePart(expr: Expr | undefined, name: string): string {
  if (expr?.node === 'path' && expr.path.length === 1) return (expr.path[0] ?? '').toUpperCase();
  throw unsupported(`${name} by ${expr?.node === 'call' ? `${expr.call.name}(...)` : 'this part'}`);
}

function bindArray(items: readonly Bound[], declared?: SqlType): Bound {
  const element = declared ?? supertype(items, 'ARRAY');
  if (element.kind === 'ARRAY') throw invalid('Cannot construct array with element type ARRAY');
  const type = arrayOf(element);
  const isConstant = items.every((item) => item.isConstant === true);
  const text = items.map((item) => coerce(item, element, 'ARRAY').sql).join(', ');
  return { sql: `CAST([${text}] AS ${duckDbTypeOf(type)})`, type, ...(isConstant ? { isConstant } : {}) };
}

export function bindStruct(fields: readonly { name: string; value: Bound }[], declared?: TypeNode): Bound {
  const type = declared && sqlTypeOf(declared);
  if (type && type.kind === 'STRUCT' && type.fields.length !== fields.length)
    throw invalid('STRUCT has another number of fields');
  const target = type?.kind === 'STRUCT' ? type.fields : fields.map(({ name, value }) => ({ name, type: value.type }));
  const values = fields.map(({ value }, index) => coerce(value, target[index]?.type ?? value.type, 'STRUCT'));
  const members = values.map(
    ({ sql }, index) => `${textLiteral(structKey(target[index] ?? { name: '' }, index))}: ${sql}`,
  );
  const isConstant = values.every((value) => value.isConstant === true);
  return {
    sql: `{${members.join(', ')}}`,
    type: { kind: 'STRUCT', fields: target },
    ...(isConstant ? { isConstant } : {}),
  };
}

function bindIndex(operand: Bound, index: Bound, mode: string): Bound {
  if (operand.type.kind === 'JSON') throw unsupported('Subscript on JSON');
  if (operand.type.kind !== 'ARRAY') throw invalid(`Subscript on a value with type ${typeName(operand.type)}`);
  const at = coerce(index, INT64, 'array subscript').sql;
  const position = mode.endsWith('ORDINAL') ? at : `(${at} + 1)`;
  const item = `list_extract(${operand.sql}, CASE WHEN ${position} >= 1 THEN ${position} END)`;
  if (mode.startsWith('SAFE')) return { sql: item, type: operand.type.element };
  const outside = `${position} < 1 OR ${position} > len(${operand.sql})`;
  return {
    sql: `CASE WHEN ${outside} THEN error('Array index ' || ${at} || ' is out of bounds') ELSE ${item} END`,
    type: operand.type.element,
  };
}

function bindSubquery(expr: Extract<Expr, { node: 'subquery' }>, scope: Scope, binder: Binder): Bound {
  const query = binder.bindQuery(expr.query, scope);
  if (expr.use === 'exists') return { sql: `EXISTS (SELECT 1 FROM (${query.sql}) AS q)`, type: BOOL };
  const [column] = query.columns;
  if (!column || query.columns.length > 1)
    throw invalid('Scalar subquery cannot have more than one column unless using SELECT AS STRUCT');
  if (expr.use === 'scalar') return { sql: `(SELECT q.c1 FROM (${query.sql}) AS q)`, type: column.type };
  if (column.type.kind === 'ARRAY') throw invalid('Cannot use array subquery with column of type ARRAY');
  // The rows come numbered: a correlated subquery is turned into a join, which keeps no order by itself.
  const rows = `SELECT row_number() OVER () AS n, q.c1 FROM (${query.sql}) AS q`;
  return { sql: `coalesce((SELECT list(r.c1 ORDER BY r.n) FROM (${rows}) AS r), [])`, type: arrayOf(column.type) };
}
