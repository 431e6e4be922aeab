import { scalar, type SqlType } from '../../values/types.ts';
import type { Expr, FromItem } from '../parse/ast.ts';
import { bindBinary } from './operators.ts';
import type { Binder } from './binder.ts';
import { coerce } from './coercion.ts';
import { bindExpr, fieldOfStruct } from './expressions.ts';
import { columnOf, invalid, isRelation, Scope, unsupported, type Bound, type Column, type Relation } from './scope.ts';
import { bindTable } from './tables.ts';

export interface BoundFrom {
  readonly sql: string;
  readonly scope: Scope;
}

interface Joined {
  readonly sql: string;
  readonly relations: readonly Relation[];
  readonly merged: readonly Column[];
  readonly consumed?: readonly Bound[];
}

/** A FROM clause: what DuckDB reads, and the names that the clauses after it can use. */
export function bindFrom(item: FromItem, outer: Scope, binder: Binder): BoundFrom {
  const { sql, relations, merged, consumed } = bindItem(item, [], [], outer, binder);
  return { sql, scope: new Scope(relations, outer, { merged, consumed: new Set(consumed) }) };
}

/** @param before - What stands to the left, which UNNEST and correlated paths may refer to. */
function bindItem(
  item: FromItem,
  before: readonly Relation[],
  merged: readonly Column[],
  outer: Scope,
  binder: Binder,
): Joined {
  switch (item.from) {
    case 'join':
      return bindJoin(item, before, outer, binder);
    case 'query': {
      const query = binder.bindQuery(item.query, outer);
      return single(`(${query.sql})`, query.columns, item.alias ?? '', binder);
    }
    case 'unnest':
      return bindUnnest(item, bindExpr(item.array, new Scope(before, outer, { merged }), binder), binder);
    case 'table':
      return bindPath(item, before, merged, outer, binder);
  }
}

export function single(
  sql: string,
  columns: readonly { name: string; type: SqlType }[],
  alias: string,
  binder: Binder,
): Joined {
  const name = binder.unique('t');
  const relation = {
    alias,
    columns: columns.map((column, index) => ({ ...column, sql: `${name}.c${index + 1}` })),
    hidden: [],
  };
  return { sql: `${sql} AS ${name}`, relations: [relation], merged: [] };
}

/** A name in FROM: a WITH query, a temporary table, an array of a table to the left, or a table. */
function bindPath(
  item: Extract<FromItem, { from: 'table' }>,
  before: readonly Relation[],
  merged: readonly Column[],
  outer: Scope,
  binder: Binder,
): Joined {
  const [first = ''] = item.path;
  const alias = item.alias ?? item.path.at(-1)?.split('.').at(-1) ?? '';
  if (item.path.length === 1) {
    const cte = binder.ctes.get(first.toLowerCase());
    if (cte) return single(cte.sqlName, cte.columns, alias, binder);
  } else {
    const scope = new Scope(before, outer, { merged });
    const found = scope.find(first);
    if (found && isRelation(found)) {
      const [column = '', ...fields] = item.path.slice(1);
      const array = fields.reduce(
        fieldOfStruct,
        found.value ? fieldOfStruct(found.value, column) : columnOf(found, column),
      );
      return bindUnnest(
        {
          from: 'unnest',
          array: { node: 'path', path: item.path },
          alias,
          ...(item.offsetAlias ? { offsetAlias: item.offsetAlias } : {}),
        },
        array,
        binder,
      );
    }
  }
  if (item.offsetAlias) throw invalid('WITH OFFSET needs an array');
  const { sql, relation } = bindTable(item.path, alias, binder);
  return { sql, relations: [relation], merged: [] };
}

/** The elements of an array, one a row; its columns are the fields of a struct, or the element itself. */
function bindUnnest(item: Extract<FromItem, { from: 'unnest' }>, array: Bound, binder: Binder): Joined {
  if (array.type.kind !== 'ARRAY') throw invalid('Values referenced in UNNEST must be arrays');
  const name = binder.unique('u');
  const element: Bound = { sql: `${name}.v`, type: array.type.element };
  const offset = item.offsetAlias ? [{ name: item.offsetAlias, sql: `${name}.o`, type: scalar('INT64') }] : [];
  const fields =
    element.type.kind === 'STRUCT'
      ? element.type.fields.map((field) => ({ ...fieldOfStruct(element, field.name), name: field.name }))
      : [{ ...element, name: item.alias ?? '' }];
  const alias = item.alias ?? '';
  const relation: Relation = {
    alias,
    columns: [...fields, ...offset],
    hidden: [],
    ...(alias ? { value: element } : {}),
  };
  const offsets = item.offsetAlias ? `, unnest(range(len(${array.sql}))) AS o` : '';
  return { sql: `(SELECT unnest(${array.sql}) AS v${offsets}) AS ${name}`, relations: [relation], merged: [] };
}

function bindJoin(
  item: Extract<FromItem, { from: 'join' }>,
  before: readonly Relation[],
  outer: Scope,
  binder: Binder,
): Joined {
  const left = bindItem(item.left, before, [], outer, binder);
  const right = bindItem(item.right, [...before, ...left.relations], left.merged, outer, binder);
  const relations = [...left.relations, ...right.relations];
  const isCorrelated = right.sql.startsWith('(SELECT unnest(') && refersTo(right.sql, left.sql);
  const consumed = [...(left.consumed ?? []), ...(right.consumed ?? [])];
  const merged = [...left.merged, ...right.merged];
  if (isCorrelated) return { ...bindCorrelated(item, left, right, outer, binder), consumed };
  if (item.kind === 'CROSS') {
    if (item.on || item.using) throw invalid('CROSS JOIN takes neither ON nor USING');
    const crossed = item.right.from === 'join' ? `(${right.sql})` : right.sql;
    return { sql: `${left.sql} CROSS JOIN ${crossed}`, relations, merged, consumed };
  }
  const bracketed = item.right.from === 'join' ? `(${right.sql})` : right.sql;
  const sql = `${left.sql} ${item.kind} JOIN ${bracketed}`;
  if (item.using) return joinUsing(item, item.using, sql, left, right);
  if (!item.on) throw invalid(`${item.kind} JOIN must have an immediately following ON or USING clause`);
  return { sql: `${sql} ON ${condition(item.on, { relations, merged }, outer, binder)}`, relations, merged, consumed };
}

/** Whether an array is one of what stands to its left; each item of a FROM clause has a name that nothing else has. */
function refersTo(array: string, left: string): boolean {
  return (left.match(/\b[tuw]\d+\b/g) ?? []).some((name) => array.includes(`${name}.`));
}

function condition(on: Expr, { relations, merged }: Omit<Joined, 'sql'>, outer: Scope, binder: Binder): string {
  return coerce(bindExpr(on, new Scope(relations, outer, { merged }), binder), scalar('BOOL'), 'JOIN ON clause').sql;
}

function bindCorrelated(
  item: Extract<FromItem, { from: 'join' }>,
  left: Joined,
  right: Joined,
  outer: Scope,
  binder: Binder,
): Joined {
  const relations = [...left.relations, ...right.relations];
  if (item.using) throw unsupported('JOIN UNNEST with USING');
  if (item.kind !== 'CROSS' && item.kind !== 'INNER' && item.kind !== 'LEFT')
    throw unsupported(`${item.kind} JOIN UNNEST`);
  const on = item.on && condition(item.on, { relations, merged: left.merged }, outer, binder);
  // The condition stands inside, because an outer join with what depends on its left side takes none.
  const alias = right.sql.split(' AS ').at(-1) ?? '';
  const elements = on ? `(SELECT * FROM ${right.sql} WHERE ${on}) AS ${alias}` : right.sql;
  const join = item.kind === 'LEFT' ? `LEFT JOIN LATERAL ${elements} ON TRUE` : `CROSS JOIN LATERAL ${elements}`;
  return { sql: `${left.sql} ${join}`, relations, merged: left.merged };
}

function joinUsing(
  item: Extract<FromItem, { from: 'join' }>,
  names: readonly string[],
  sql: string,
  left: Joined,
  right: Joined,
): Joined {
  const find = (side: Joined, name: string): Bound => {
    const found = new Scope(side.relations, undefined, { merged: side.merged }).find(name);
    if (!found || isRelation(found))
      throw invalid(`Column ${name} in USING clause not found on ${side === left ? 'left' : 'right'} side of join`);
    return found;
  };
  const pairs = names.map((name) => ({ name, a: find(left, name), b: find(right, name) }));
  const joined = new Set(pairs.flatMap(({ a, b }): Bound[] => [a, b]));
  const on = pairs.map(({ a, b }) => bindBinary('=', a, b).sql).join(' AND ');
  const merged = pairs.map(({ name, a, b }) => ({
    name,
    type: a.type,
    sql: item.kind === 'FULL' ? `coalesce(${a.sql}, ${b.sql})` : item.kind === 'RIGHT' ? b.sql : a.sql,
  }));
  return {
    sql: `${sql} ON ${on}`,
    relations: [...left.relations, ...right.relations],
    merged: [...merged, ...[...left.merged, ...right.merged].filter((column) => !joined.has(column))],
    consumed: [...(left.consumed ?? []), ...(right.consumed ?? []), ...joined],
  };
}
