import type { FromItem, Path, Query, QueryBody, Select, SelectItem, SetOperation, Window } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { parseOrderItems, parseWindow } from './windows.ts';

export function parseQuery(cursor: Cursor): Query {
  const ctes = cursor.accept('WITH') ? parseWith(cursor) : [];
  const body = parseSetOperations(cursor);
  const orderBy = cursor.accept('ORDER', 'BY') ? parseOrderItems(cursor) : [];
  const limit = cursor.accept('LIMIT') ? parseExpression(cursor) : undefined;
  const offset = limit && cursor.accept('OFFSET') ? parseExpression(cursor) : undefined;
  if (cursor.isSymbol('|') && cursor.isSymbol('>', 1)) cursor.refuse('Pipe syntax');
  return { node: 'query', with: ctes, body, orderBy, ...(limit ? { limit } : {}), ...(offset ? { offset } : {}) };
}

function parseWith(cursor: Cursor): { name: string; query: Query }[] {
  if (cursor.is('RECURSIVE')) cursor.refuse('WITH RECURSIVE');
  return cursor.list(() => {
    const name = cursor.name();
    cursor.expect('AS');
    cursor.expectSymbol('(');
    const query = parseQuery(cursor);
    cursor.expectSymbol(')');
    return { name, query };
  });
}

function parseSetOperations(cursor: Cursor): QueryBody {
  let left = parseQueryPrimary(cursor);
  for (let first: SetOperation['op'] | undefined; ;) {
    const op = parseSetOperator(cursor);
    if (!op) return left;
    // GoogleSQL has no precedence among set operations: a mix needs brackets.
    if (first && first !== op)
      cursor.fail('Different set operations cannot be used in the same query without using parentheses for grouping');
    first = op;
    left = { node: 'set', op, left, right: parseQueryPrimary(cursor) };
  }
}

function parseSetOperator(cursor: Cursor): SetOperation['op'] | undefined {
  for (const op of ['UNION ALL', 'UNION DISTINCT', 'INTERSECT DISTINCT', 'EXCEPT DISTINCT'] as const) {
    if (cursor.accept(...op.split(' '))) return op;
  }
  if (cursor.is('UNION') || cursor.is('INTERSECT')) cursor.fail('Expected keyword ALL or DISTINCT');
  return undefined;
}

function parseQueryPrimary(cursor: Cursor): QueryBody {
  if (!cursor.acceptSymbol('(')) return parseSelect(cursor);
  const query = parseQuery(cursor);
  cursor.expectSymbol(')');
  return query;
}

function parseSelect(cursor: Cursor): Select {
  cursor.expect('SELECT');
  const isDistinct = cursor.accept('DISTINCT');
  if (!isDistinct) cursor.accept('ALL');
  if (cursor.is('AS', 'VALUE')) cursor.refuse('SELECT AS VALUE');
  const asStruct = cursor.accept('AS', 'STRUCT');
  const items = parseSelectItems(cursor);
  const from = cursor.accept('FROM') ? parseFrom(cursor) : undefined;
  const where = cursor.accept('WHERE') ? parseExpression(cursor) : undefined;
  const groupBy = cursor.accept('GROUP', 'BY') ? parseGroupBy(cursor) : undefined;
  const having = cursor.accept('HAVING') ? parseExpression(cursor) : undefined;
  const qualify = cursor.accept('QUALIFY') ? parseExpression(cursor) : undefined;
  const windows = cursor.accept('WINDOW') ? parseWindows(cursor) : {};
  return {
    node: 'select',
    isDistinct,
    asStruct,
    items,
    windows,
    ...(from ? { from } : {}),
    ...(where ? { where } : {}),
    ...(groupBy ? { groupBy } : {}),
    ...(having ? { having } : {}),
    ...(qualify ? { qualify } : {}),
  };
}

function parseSelectItems(cursor: Cursor): SelectItem[] {
  const items = [parseSelectItem(cursor)];
  while (cursor.acceptSymbol(',')) {
    if (cursor.is('FROM')) break; // a trailing comma is allowed
    items.push(parseSelectItem(cursor));
  }
  return items;
}

function parseSelectItem(cursor: Cursor): SelectItem {
  if (cursor.acceptSymbol('*')) return { item: 'star', ...parseStarModifiers(cursor) };
  const expr = parseExpression(cursor);
  if (cursor.isSymbol('.') && cursor.isSymbol('*', 1)) {
    cursor.next();
    cursor.next();
    return { item: 'star', of: expr, ...parseStarModifiers(cursor) };
  }
  const alias = parseAlias(cursor);
  return { item: 'expr', expr, ...(alias ? { alias } : {}) };
}

function parseStarModifiers(cursor: Cursor): {
  except: string[];
  replace: { name: string; expr: ReturnType<typeof parseExpression> }[];
} {
  const except =
    cursor.is('EXCEPT') && cursor.isSymbol('(', 1) && cursor.accept('EXCEPT')
      ? bracketed(cursor, () => cursor.name())
      : [];
  const replace =
    cursor.is('REPLACE') && cursor.isSymbol('(', 1) && cursor.accept('REPLACE')
      ? bracketed(cursor, () => {
          const expr = parseExpression(cursor);
          cursor.accept('AS');
          return { expr, name: cursor.name() };
        })
      : [];
  return { except, replace };
}

function bracketed<T>(cursor: Cursor, read: () => T): T[] {
  cursor.expectSymbol('(');
  const items = cursor.list(read);
  cursor.expectSymbol(')');
  return items;
}

export function parseAlias(cursor: Cursor): string | undefined {
  for (const word of ['PIVOT', 'UNPIVOT', 'MATCH_RECOGNIZE']) {
    if (cursor.is(word) && cursor.isSymbol('(', 1)) cursor.refuse(word);
  }
  if (cursor.accept('AS')) return cursor.name();
  return cursor.isName() ? cursor.name() : undefined;
}

function parseGroupBy(cursor: Cursor): Select['groupBy'] {
  if (cursor.accept('ALL')) return 'ALL';
  if (cursor.is('ROLLUP') || cursor.is('CUBE') || cursor.is('GROUPING'))
    cursor.refuse(`GROUP BY ${cursor.peek().text}`);
  return cursor.list(() => parseExpression(cursor));
}

function parseWindows(cursor: Cursor): Record<string, Window> {
  return Object.fromEntries(
    cursor.list(() => {
      const name = cursor.name();
      cursor.expect('AS');
      return [name.toLowerCase(), parseWindow(cursor)] as const;
    }),
  );
}

export function parseFrom(cursor: Cursor): FromItem {
  let left = parseJoins(cursor);
  while (cursor.acceptSymbol(',')) left = { from: 'join', kind: 'CROSS', left, right: parseJoins(cursor) };
  return left;
}

function parseJoins(cursor: Cursor): FromItem {
  let left = parseFromItem(cursor);
  for (;;) {
    const kind = parseJoinKind(cursor);
    if (!kind) return left;
    const right = parseFromItem(cursor);
    if (cursor.accept('ON')) left = { from: 'join', kind, left, right, on: parseExpression(cursor) };
    else if (cursor.accept('USING'))
      left = { from: 'join', kind, left, right, using: bracketed(cursor, () => cursor.name()) };
    else left = { from: 'join', kind, left, right };
  }
}

function parseJoinKind(cursor: Cursor): Extract<FromItem, { from: 'join' }>['kind'] | undefined {
  if (cursor.accept('JOIN') || cursor.accept('INNER', 'JOIN')) return 'INNER';
  if (cursor.accept('CROSS', 'JOIN')) return 'CROSS';
  for (const kind of ['LEFT', 'RIGHT', 'FULL'] as const) {
    if (cursor.accept(kind, 'JOIN') || cursor.accept(kind, 'OUTER', 'JOIN')) return kind;
  }
  return undefined;
}

function parseFromItem(cursor: Cursor): FromItem {
  if (cursor.is('LATERAL')) cursor.refuse('LATERAL');
  if (cursor.accept('UNNEST')) {
    const [array] = bracketed(cursor, () => parseExpression(cursor));
    if (!array) return cursor.fail('UNNEST needs an array');
    return { from: 'unnest', array, ...parseAliases(cursor) };
  }
  if (cursor.isSymbol('(')) return parseBracketedFrom(cursor);
  const path = parseTablePath(cursor);
  if (cursor.isSymbol('(')) cursor.refuse(`Table function ${path.join('.')}`);
  const item: FromItem = { from: 'table', path, ...parseAliases(cursor) };
  if (cursor.is('FOR', 'SYSTEM_TIME')) cursor.refuse('FOR SYSTEM_TIME AS OF');
  if (cursor.is('TABLESAMPLE')) cursor.refuse('TABLESAMPLE');
  return item;
}

function parseBracketedFrom(cursor: Cursor): FromItem {
  cursor.expectSymbol('(');
  if (!cursor.isQuery()) {
    const joined = parseFrom(cursor);
    cursor.expectSymbol(')');
    return joined;
  }
  const query = parseQuery(cursor);
  cursor.expectSymbol(')');
  const alias = parseAlias(cursor);
  return { from: 'query', query, ...(alias ? { alias } : {}) };
}

function parseAliases(cursor: Cursor): { alias?: string; offsetAlias?: string } {
  const alias = cursor.is('WITH', 'OFFSET') ? undefined : parseAlias(cursor);
  const offsetAlias = cursor.accept('WITH', 'OFFSET') ? (parseAlias(cursor) ?? 'offset') : undefined;
  return { ...(alias ? { alias } : {}), ...(offsetAlias ? { offsetAlias } : {}) };
}

/** `p.d.t` in any mix of quotes; a project may hold dashes without quotes. */
export function parseTablePath(cursor: Cursor): Path {
  const parts = [...pathPart(cursor)];
  while (cursor.isSymbol('.')) {
    cursor.next();
    const token = cursor.next();
    parts.push(...(token.kind === 'quoted' ? token.text.split('.') : [token.text]));
  }
  return parts;
}

function pathPart(cursor: Cursor): string[] {
  const isQuoted = cursor.peek().kind === 'quoted';
  let text = cursor.name();
  if (isQuoted) return text.split('.');
  while (
    cursor.isSymbol('-') &&
    cursor.peek(1).start === cursor.peek().end &&
    /^(name|number)$/.test(cursor.peek(1).kind)
  ) {
    cursor.next();
    text += `-${cursor.next().text}`;
  }
  return [text];
}
