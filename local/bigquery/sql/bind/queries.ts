import { scalar, type SqlType } from '../../values/types.ts';
import type { Expr, OrderItem, Query, QueryBody, Select, SelectItem, SetOperation, Window } from '../parse/ast.ts';
import { isAggregate, orderItem } from './aggregates.ts';
import { withCtes, type Binder, type BoundQuery } from './binder.ts';
import { cast, coerce, supertype } from './coercion.ts';
import { bindExpr, bindStruct, fieldOfStruct } from './expressions.ts';
import { bindFrom } from './from.ts';
import { invalid, isRelation, Scope, unsupported, type Bound } from './scope.ts';

interface Output {
  readonly name: string;
  readonly value: Bound;
}

/** A body that is bound already, with the scope in which its ORDER BY is read. */
interface BoundBody {
  readonly columns: BoundQuery['columns'];
  /** The statement without ORDER BY. */
  readonly sql: string;
  readonly orderScope: Scope;
  readonly orderBinder: Binder;
  /** What a number in ORDER BY means when the columns themselves were folded into a struct. */
  readonly ordinals?: readonly Bound[] | undefined;
  readonly selected?: { readonly scope: Scope; readonly outputs: readonly Output[] } | undefined;
}

export function bindQuery(query: Query, outer: Scope, binder: Binder): BoundQuery {
  const { definitions, inner } = bindWith(query, outer, binder);
  const body = bindBody(query.body, outer, inner);
  const order = query.orderBy.map((item) => orderTerm(item, body));
  const tail = [
    order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    query.limit ? `LIMIT ${count(query.limit, 'LIMIT', inner)}` : '',
    query.offset ? `OFFSET ${count(query.offset, 'OFFSET', inner)}` : '',
  ].filter(Boolean);
  const withClause = definitions.length > 0 ? `WITH ${definitions.join(', ')} ` : '';
  return { sql: [`${withClause}${body.sql}`, ...tail].join(' '), columns: body.columns };
}

function bindWith(query: Query, outer: Scope, binder: Binder): { definitions: string[]; inner: Binder } {
  let inner = binder;
  const definitions: string[] = [];
  for (const { name, query: definition } of query.with) {
    const bound = bindQuery(definition, outer, inner);
    const sqlName = binder.unique('w');
    definitions.push(`${sqlName} AS (${bound.sql})`);
    inner = withCtes(inner, new Map([...inner.ctes, [name.toLowerCase(), { ...bound, sqlName }]]));
  }
  return { definitions, inner };
}

function count(expr: Expr, what: string, binder: Binder): string {
  const value = bindExpr(expr, new Scope(), binder);
  if (!value.isConstant) throw invalid(`${what} expects an integer literal or parameter`);
  return coerce(value, scalar('INT64'), what).sql;
}

function orderTerm(item: OrderItem, body: BoundBody): string {
  const ordinal = ordinalOf(item.expr, (body.ordinals ?? body.columns).length, 'ORDER BY');
  const folded = ordinal === undefined ? undefined : body.ordinals?.[ordinal];
  if (folded) return orderItem(folded, item);
  const position = ordinal ?? selectedPosition(item.expr, body);
  const column = position === undefined ? undefined : body.columns[position];
  if (position !== undefined && column) return orderItem({ sql: `c${position + 1}`, type: column.type }, item);
  return orderItem(bindExpr(item.expr, body.orderScope, body.orderBinder), item);
}

/** The selected column that an expression after SELECT DISTINCT repeats. */
function selectedPosition(expr: Expr, { selected, orderBinder }: BoundBody): number | undefined {
  if (!selected || expr.node !== 'path' || expr.path.length < 2) return undefined;
  const { sql } = bindExpr(expr, selected.scope, orderBinder);
  const position = selected.outputs.findIndex(({ value }) => value.sql === sql);
  return position < 0 ? undefined : position;
}

/** Position, from 0, that a bare number in GROUP BY or ORDER BY names. */
function ordinalOf(expr: Expr, size: number, clause: string): number | undefined {
  if (expr.node !== 'literal' || expr.type !== 'INT64') return undefined;
  const ordinal = Number(expr.value);
  if (ordinal < 1 || ordinal > size) throw invalid(`${clause} column number ${ordinal} is out of range`);
  return ordinal - 1;
}

function bindBody(body: QueryBody, outer: Scope, binder: Binder): BoundBody {
  if (body.node === 'select') return bindSelect(body, outer, binder);
  if (body.node === 'set') return bindSet(body, outer, binder);
  const { sql, columns } = bindQuery(body, outer, binder);
  const aliased = `SELECT * FROM (${sql}) AS q`;
  return { sql: aliased, columns, orderScope: namesOnly(columns, outer), orderBinder: binder };
}

function namesOnly(columns: BoundQuery['columns'], outer: Scope): Scope {
  const relation = {
    alias: '',
    hidden: [],
    columns: columns.map(({ name, type }, index) => ({ name, type, sql: `c${index + 1}` })),
  };
  return new Scope([relation], outer);
}

function bindSet(set: SetOperation, outer: Scope, binder: Binder): BoundBody {
  const [left, right] = [set.left, set.right].map((side) => bindBody(side, outer, binder));
  if (!left || !right) throw unsupported('Empty set operation');
  if (left.columns.length !== right.columns.length) throw invalid(`Queries in ${set.op} have mismatched column count`);
  const types = left.columns.map(({ type }, index) =>
    supertype(
      [
        { sql: '', type },
        { sql: '', type: right.columns[index]?.type ?? type },
      ],
      `${set.op} column ${index + 1}`,
    ),
  );
  const columns = left.columns.map(({ name }, index) => ({ name, type: types[index] ?? scalar('INT64') }));
  const sides = [left, right].map((side) => converted(side, types));
  // Brackets keep each side whole; DuckDB's DISTINCT is the unmarked form.
  const op = set.op.replace(' DISTINCT', '');
  return {
    sql: `SELECT * FROM (${sides[0]} ${op} ${sides[1]}) AS q`,
    columns,
    orderScope: namesOnly(columns, outer),
    orderBinder: binder,
  };
}

function converted(side: BoundBody, types: readonly SqlType[]): string {
  const columns = types.map((type, index) => {
    const from = side.columns[index]?.type ?? type;
    return `${cast({ sql: `s.c${index + 1}`, type: from }, type, false).sql} AS c${index + 1}`;
  });
  return `SELECT ${columns.join(', ')} FROM (${side.sql}) AS s`;
}

function bindSelect(select: Select, outer: Scope, plain: Binder): BoundBody {
  const binder = withWindows(plain, select.windows);
  const from = select.from ? bindFrom(select.from, outer, binder) : { sql: '', scope: new Scope([], outer) };
  const { scope } = from;
  const outputs = outputsOf(select.items, scope, binder);
  const aliases = new Map(outputs.filter(({ name }) => name).map(({ name, value }) => [name.toLowerCase(), value]));
  const withAliases = aliasScope(scope, aliases);
  const clauses = [
    from.sql && `FROM ${from.sql}`,
    select.where && `WHERE ${condition(select.where, scope, binder, 'WHERE')}`,
    groupByClause(select, outputs, scope, aliases, binder),
    select.having && `HAVING ${condition(select.having, withAliases, binder, 'HAVING')}`,
    select.qualify && `QUALIFY ${condition(select.qualify, withAliases, binder, 'QUALIFY')}`,
  ].filter(Boolean);
  const { list, columns } = selectList(outputs, select.asStruct);
  if (columns.length === 0) throw invalid('SELECT list is empty');
  const sql = [`SELECT ${select.isDistinct ? 'DISTINCT ' : ''}${list}`, ...clauses].join(' ');
  return {
    sql,
    columns,
    orderScope: select.isDistinct ? orderAfterDistinct(outputs, outer) : withAliases,
    orderBinder: binder,
    ordinals: select.asStruct ? outputs.map(({ value }) => value) : undefined,
    // After DISTINCT only what was selected is left; it may be written as it was there.
    selected: select.isDistinct && !select.asStruct ? { scope, outputs } : undefined,
  };
}

function withWindows(binder: Binder, windows: Readonly<Record<string, Window>>): Binder {
  return Object.assign(Object.create(binder) as Binder, { windows });
}

/** Where a column of the FROM clause has the name of an alias, HAVING, QUALIFY and ORDER BY mean the alias. */
function aliasScope(scope: Scope, aliases: ReadonlyMap<string, Bound>): Scope {
  return scope.withAliases(aliases);
}

function orderAfterDistinct(outputs: readonly Output[], outer: Scope): Scope {
  return namesOnly(
    outputs.map(({ name, value }) => ({ name, type: value.type })),
    outer,
  );
}

function condition(expr: Expr, scope: Scope, binder: Binder, clause: string): string {
  return coerce(bindExpr(expr, scope, binder), scalar('BOOL'), `${clause} clause`).sql;
}

function selectList(outputs: readonly Output[], asStruct: boolean): { list: string; columns: BoundQuery['columns'] } {
  if (asStruct) {
    const { sql, type } = bindStruct(outputs);
    return { list: `${sql} AS c1`, columns: [{ name: '', type }] };
  }
  return {
    list: outputs.map(({ value }, index) => `${value.sql} AS c${index + 1}`).join(', '),
    columns: outputs.map(({ name, value }) => ({ name, type: value.type })),
  };
}

function outputsOf(items: readonly SelectItem[], scope: Scope, binder: Binder): Output[] {
  return items.flatMap((item) => {
    if (item.item === 'star') return starOutputs(item, scope, binder);
    return [{ name: item.alias ?? impliedName(item.expr), value: bindExpr(item.expr, scope, binder) }];
  });
}

function impliedName(expr: Expr): string {
  if (expr.node === 'path') return expr.path.at(-1) ?? '';
  return expr.node === 'field' ? expr.name : '';
}

function starOutputs(item: Extract<SelectItem, { item: 'star' }>, scope: Scope, binder: Binder): Output[] {
  const all = item.of ? starOf(item.of, scope, binder) : everything(scope);
  const missing = [...item.except, ...item.replace.map(({ name }) => name)].find(
    (name) => !all.some((output) => same(output.name, name)),
  );
  if (missing) throw invalid(`Column ${missing} in SELECT * EXCEPT or REPLACE list does not exist`);
  return all
    .filter(({ name }) => !item.except.some((excepted) => same(excepted, name)))
    .map((output) => {
      const replaced = item.replace.find(({ name }) => same(name, output.name));
      return replaced ? { name: output.name, value: bindExpr(replaced.expr, scope, binder) } : output;
    });
}

function everything(scope: Scope): Output[] {
  if (scope.relations.length === 0) throw invalid('SELECT * must have a FROM clause');
  const merged = scope.merged.map((column) => ({ name: column.name, value: column as Bound }));
  const others = scope.relations.flatMap(({ columns }) => columns).filter((column) => !scope.consumed.has(column));
  return [...merged, ...others.map((column) => ({ name: column.name, value: column as Bound }))];
}

function starOf(expr: Expr, scope: Scope, binder: Binder): Output[] {
  const found = expr.node === 'path' && expr.path.length === 1 ? scope.find(expr.path[0] ?? '') : undefined;
  if (found && isRelation(found)) return found.columns.map((column) => ({ name: column.name, value: column as Bound }));
  const value = bindExpr(expr, scope, binder);
  if (value.type.kind !== 'STRUCT') throw invalid('Dot-star is not supported for this type');
  return value.type.fields.map(({ name }) => ({ name, value: fieldOfStruct(value, name) }));
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function groupByClause(
  select: Select,
  outputs: readonly Output[],
  scope: Scope,
  aliases: ReadonlyMap<string, Bound>,
  binder: Binder,
): string | undefined {
  if (!select.groupBy) return undefined;
  if (select.groupBy === 'ALL') {
    const keys = select.items.flatMap((item, index) =>
      item.item === 'expr' && !hasAggregate(item.expr) ? [outputs[index]?.value.sql ?? ''] : [],
    );
    if (select.items.some(({ item }) => item === 'star')) throw unsupported('GROUP BY ALL with *');
    return keys.length > 0 ? `GROUP BY ${keys.join(', ')}` : undefined;
  }
  const keys = select.groupBy.map((expr) => {
    const ordinal = ordinalOf(expr, outputs.length, 'GROUP BY');
    if (ordinal !== undefined) return outputs[ordinal]?.value;
    // A column of the FROM clause wins over an alias here.
    const name = expr.node === 'path' && expr.path.length === 1 ? (expr.path[0] ?? '') : '';
    const alias = name && !isColumn(scope, name) ? aliases.get(name.toLowerCase()) : undefined;
    return alias ?? bindExpr(expr, scope, binder);
  });
  for (const key of keys) {
    if (key && ['JSON', 'ARRAY'].includes(key.type.kind))
      throw invalid(`Grouping by expressions of type ${key.type.kind} is not allowed`);
  }
  return `GROUP BY ${keys.map((key) => groupKey(key?.sql ?? '')).join(', ')}`;
}

// DuckDB takes a bare number for a position; a constant key groups nothing apart.
const groupKey = (sql: string): string => (/^CAST\(-?\d+ AS BIGINT\)$|^'/.test(sql) ? `(${sql})` : sql);

function isColumn(scope: Scope, name: string): boolean {
  try {
    return scope.find(name) !== undefined;
  } catch {
    return true;
  }
}

function hasAggregate(expr: Expr): boolean {
  if (expr.node === 'subquery') return false;
  if (expr.node === 'call' && !expr.call.over && isAggregate(expr.call.name)) return true;
  return Object.values(expr).some((value) => containsAggregate(value));
}

function containsAggregate(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(containsAggregate);
  if (value === null || typeof value !== 'object') return false;
  return 'node' in value ? hasAggregate(value as Expr) : Object.values(value).some(containsAggregate);
}
