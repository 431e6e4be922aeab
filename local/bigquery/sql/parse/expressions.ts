import type { Call, Expr, InList } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseType } from './types.ts';
import { parseOrderItems, parseWindow } from './windows.ts';

const COMPARISONS = new Set(['=', '<', '>', '<=', '>=', '<>', '!=']);
/** Functions that are written without parentheses. */
const BARE_CALLS = new Set(['CURRENT_DATE', 'CURRENT_TIMESTAMP', 'CURRENT_DATETIME', 'CURRENT_TIME']);
const TYPED_LITERALS = new Set([
  'DATE',
  'TIME',
  'DATETIME',
  'TIMESTAMP',
  'NUMERIC',
  'BIGNUMERIC',
  'DECIMAL',
  'BIGDECIMAL',
  'JSON',
]);
/** Function arguments that are words, not columns: `DATE_TRUNC(d, MONTH)`. */
const DATE_PARTS = new Set(
  'MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY DAYOFWEEK DAYOFYEAR WEEK ISOWEEK MONTH QUARTER YEAR ISOYEAR DATE TIME'.split(
    ' ',
  ),
);

export function parseExpression(cursor: Cursor): Expr {
  return parseOr(cursor);
}

function parseOr(cursor: Cursor): Expr {
  let left = parseAnd(cursor);
  while (cursor.accept('OR')) left = { node: 'binary', op: 'OR', left, right: parseAnd(cursor) };
  return left;
}

function parseAnd(cursor: Cursor): Expr {
  let left = parseNot(cursor);
  while (cursor.accept('AND')) left = { node: 'binary', op: 'AND', left, right: parseNot(cursor) };
  return left;
}

function parseNot(cursor: Cursor): Expr {
  return cursor.accept('NOT') ? { node: 'unary', op: 'NOT', operand: parseNot(cursor) } : parseComparison(cursor);
}

function parseComparison(cursor: Cursor): Expr {
  const left = parseBitOr(cursor);
  const { kind, text } = cursor.peek();
  if (kind === 'symbol' && COMPARISONS.has(text)) {
    cursor.next();
    return { node: 'binary', op: text === '!=' ? '<>' : text, left, right: parseBitOr(cursor) };
  }
  if (cursor.accept('IS')) return parseIs(cursor, left);
  const isNot =
    cursor.is('NOT') && ['IN', 'LIKE', 'BETWEEN'].some((word) => cursor.is('NOT', word)) && cursor.accept('NOT');
  if (cursor.accept('IN')) return { node: 'in', operand: left, list: parseInList(cursor), isNot };
  if (cursor.accept('BETWEEN')) {
    const low = parseBitOr(cursor);
    cursor.expect('AND');
    return { node: 'between', operand: left, low, high: parseBitOr(cursor), isNot };
  }
  if (cursor.accept('LIKE')) {
    if (cursor.is('ANY') || cursor.is('ALL') || cursor.is('SOME')) cursor.refuse('Quantified LIKE');
    const like: Expr = { node: 'binary', op: 'LIKE', left, right: parseBitOr(cursor) };
    return isNot ? { node: 'unary', op: 'NOT', operand: like } : like;
  }
  return left;
}

function parseIs(cursor: Cursor, operand: Expr): Expr {
  const isNot = cursor.accept('NOT');
  if (cursor.accept('DISTINCT', 'FROM')) {
    return {
      node: 'binary',
      op: isNot ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM',
      left: operand,
      right: parseBitOr(cursor),
    };
  }
  for (const what of ['NULL', 'TRUE', 'FALSE'] as const) {
    if (cursor.accept(what)) return { node: 'is', operand, what, isNot };
  }
  return cursor.fail('Expected NULL, TRUE, FALSE or DISTINCT FROM after IS');
}

function parseInList(cursor: Cursor): InList {
  if (cursor.accept('UNNEST')) {
    cursor.expectSymbol('(');
    const array = parseExpression(cursor);
    cursor.expectSymbol(')');
    return { of: 'unnest', array };
  }
  cursor.expectSymbol('(');
  const list: InList = cursor.isQuery()
    ? { of: 'query', query: cursor.query() }
    : { of: 'items', items: cursor.list(() => parseExpression(cursor)) };
  cursor.expectSymbol(')');
  return list;
}

function leftAssociative(symbols: readonly string[], operand: (cursor: Cursor) => Expr) {
  return (cursor: Cursor): Expr => {
    let left = operand(cursor);
    for (;;) {
      const op = symbols.find((symbol) => cursor.isSymbol(symbol));
      if (!op) return left;
      cursor.next();
      left = { node: 'binary', op, left, right: operand(cursor) };
    }
  };
}

const parseConcat = leftAssociative(['||', '*', '/'], parseUnary);
const parseSum = leftAssociative(['+', '-'], parseConcat);
const parseShift = leftAssociative(['<<', '>>'], parseSum);
const parseBitAnd = leftAssociative(['&'], parseShift);
const parseBitXor = leftAssociative(['^'], parseBitAnd);
const parseBitOr = leftAssociative(['|'], parseBitXor);

function parseUnary(cursor: Cursor): Expr {
  if (cursor.acceptSymbol('+')) return parseUnary(cursor);
  if (cursor.isSymbol('~')) cursor.refuse('Operator ~');
  if (!cursor.acceptSymbol('-')) return parsePostfix(cursor);
  const operand = parseUnary(cursor);
  const isNumber =
    operand.node === 'literal' && /^(INT64|FLOAT64)$/.test(operand.type) && !String(operand.value).startsWith('-');
  return isNumber ? { ...operand, value: `-${String(operand.value)}` } : { node: 'unary', op: '-', operand };
}

function parsePostfix(cursor: Cursor): Expr {
  let expr = parsePrimary(cursor);
  for (;;) {
    if (cursor.acceptSymbol('[')) {
      expr = parseIndex(cursor, expr);
    } else if (cursor.isSymbol('.') && !cursor.isSymbol('*', 1)) {
      cursor.next();
      const name = cursor.next().text; // after a dot, keywords are names
      expr =
        expr.node === 'path' ? { node: 'path', path: [...expr.path, name] } : { node: 'field', operand: expr, name };
    } else return expr;
  }
}

function parseIndex(cursor: Cursor, operand: Expr): Expr {
  for (const mode of ['OFFSET', 'ORDINAL', 'SAFE_OFFSET', 'SAFE_ORDINAL'] as const) {
    if (!cursor.is(mode) || !cursor.isSymbol('(', 1)) continue;
    cursor.next();
    cursor.next();
    const index = parseExpression(cursor);
    cursor.expectSymbol(')');
    cursor.expectSymbol(']');
    return { node: 'index', operand, index, mode };
  }
  const index = parseExpression(cursor);
  cursor.expectSymbol(']');
  return { node: 'index', operand, index, mode: 'PLAIN' };
}

function parsePrimary(cursor: Cursor): Expr {
  const token = cursor.peek();
  switch (token.kind) {
    case 'number':
      cursor.next();
      return { node: 'literal', type: /^0x|^\d+$/i.test(token.text) ? 'INT64' : 'FLOAT64', value: token.text };
    case 'string':
      cursor.next();
      return { node: 'literal', type: 'STRING', value: token.text };
    case 'bytes':
      cursor.next();
      return { node: 'literal', type: 'BYTES', value: token.text };
    case 'parameter':
      cursor.next();
      return { node: 'parameter', name: token.text };
    case 'positional':
      cursor.next();
      return { node: 'positional', index: cursor.positional++ };
    case 'system':
      return cursor.refuse(`System variable @@${token.text}`);
    case 'symbol':
      return parseBracketed(cursor);
    default:
      return parseWord(cursor);
  }
}

function parseBracketed(cursor: Cursor): Expr {
  if (cursor.acceptSymbol('[')) return { node: 'array', items: parseItems(cursor) };
  cursor.expectSymbol('(');
  if (cursor.isQuery()) {
    const query = cursor.query();
    cursor.expectSymbol(')');
    return { node: 'subquery', use: 'scalar', query };
  }
  const items = cursor.list(() => parseExpression(cursor));
  cursor.expectSymbol(')');
  const [only] = items;
  return items.length === 1 && only ? only : { node: 'struct', fields: items.map((value) => ({ value })) };
}

function parseItems(cursor: Cursor): Expr[] {
  if (cursor.acceptSymbol(']')) return [];
  const items = cursor.list(() => parseExpression(cursor));
  cursor.expectSymbol(']');
  return items;
}

function parseWord(cursor: Cursor): Expr {
  const word = cursor.peek().kind === 'name' ? cursor.peek().text.toUpperCase() : '';
  const next = cursor.peek(1);
  if (TYPED_LITERALS.has(word) && next.kind === 'string') {
    cursor.next();
    return { node: 'literal', type: word.replace('DECIMAL', 'NUMERIC'), value: cursor.next().text };
  }
  switch (word) {
    case 'NULL':
      cursor.next();
      return { node: 'literal', type: 'NULL', value: null };
    case 'TRUE':
    case 'FALSE':
      cursor.next();
      return { node: 'literal', type: 'BOOL', value: word === 'TRUE' };
    case 'CASE':
      return parseCase(cursor);
    case 'CAST':
    case 'SAFE_CAST':
      return cursor.isSymbol('(', 1) ? parseCast(cursor) : parsePath(cursor);
    case 'EXTRACT':
      return parseExtract(cursor);
    case 'INTERVAL':
      return parseInterval(cursor);
    case 'EXISTS':
      cursor.next();
      return parseSubquery(cursor, 'exists');
    case 'ARRAY':
      return parseArray(cursor);
    case 'STRUCT':
      return parseStruct(cursor);
    default:
      return parsePath(cursor);
  }
}

function parseSubquery(cursor: Cursor, use: 'array' | 'exists'): Expr {
  cursor.expectSymbol('(');
  const query = cursor.query();
  cursor.expectSymbol(')');
  return { node: 'subquery', use, query };
}

function parseCase(cursor: Cursor): Expr {
  cursor.expect('CASE');
  const operand = cursor.is('WHEN') ? undefined : parseExpression(cursor);
  const whens: [Expr, Expr][] = [];
  while (cursor.accept('WHEN')) {
    const condition = parseExpression(cursor);
    cursor.expect('THEN');
    whens.push([condition, parseExpression(cursor)]);
  }
  const otherwise = cursor.accept('ELSE') ? parseExpression(cursor) : undefined;
  cursor.expect('END');
  return { node: 'case', whens, ...(operand ? { operand } : {}), ...(otherwise ? { otherwise } : {}) };
}

function parseCast(cursor: Cursor): Expr {
  const isSafe = cursor.next().text.toUpperCase() === 'SAFE_CAST';
  cursor.expectSymbol('(');
  const operand = parseExpression(cursor);
  cursor.expect('AS');
  const type = parseType(cursor);
  if (cursor.is('FORMAT')) cursor.refuse('CAST with FORMAT');
  cursor.expectSymbol(')');
  return { node: 'cast', operand, type, isSafe };
}

function parseExtract(cursor: Cursor): Expr {
  cursor.next();
  cursor.expectSymbol('(');
  const part = cursor.next().text.toUpperCase();
  if (cursor.isSymbol('(')) cursor.refuse(`EXTRACT of ${part}(...)`);
  cursor.expect('FROM');
  const operand = parseExpression(cursor);
  const zone = cursor.accept('AT', 'TIME', 'ZONE') ? parseExpression(cursor) : undefined;
  cursor.expectSymbol(')');
  return { node: 'extract', part, operand, ...(zone ? { zone } : {}) };
}

function parseInterval(cursor: Cursor): Expr {
  cursor.next();
  const amount = parseUnary(cursor);
  const part = cursor.next().text.toUpperCase();
  if (!DATE_PARTS.has(part)) cursor.refuse(`INTERVAL part ${part}`);
  return { node: 'interval', amount, part };
}

function parseArray(cursor: Cursor): Expr {
  cursor.next();
  if (cursor.isSymbol('(')) return parseSubquery(cursor, 'array');
  const element = cursor.acceptSymbol('<') ? parseType(cursor) : undefined;
  if (element) cursor.expectSymbol('>');
  cursor.expectSymbol('[');
  return { node: 'array', items: parseItems(cursor), ...(element ? { element } : {}) };
}

function parseStruct(cursor: Cursor): Expr {
  const type = cursor.isSymbol('<', 1) ? parseType(cursor) : undefined;
  if (!type) cursor.next();
  cursor.expectSymbol('(');
  const fields = cursor.isSymbol(')')
    ? []
    : cursor.list(() => {
        const value = parseExpression(cursor);
        const name = cursor.accept('AS') ? cursor.name() : value.node === 'path' ? value.path.at(-1) : undefined;
        return { value, ...(name ? { name } : {}) };
      });
  cursor.expectSymbol(')');
  return { node: 'struct', fields, ...(type ? { type } : {}) };
}

function parsePath(cursor: Cursor): Expr {
  const first = cursor.peek();
  const word = first.text.toUpperCase();
  const isCallable = cursor.isName() || word === 'IF' || word === 'LEFT' || word === 'RIGHT';
  if (!isCallable) cursor.fail(`Unexpected ${first.kind === 'end' ? 'end of script' : `keyword ${word}`}`);
  cursor.next();
  const isSafe = word === 'SAFE' && cursor.isSymbol('.');
  if (isSafe) cursor.next();
  let name = isSafe ? cursor.next().text : first.text;
  // `NET.HOST(...)`: a function of a namespace
  if (/^(NET|HLL_COUNT|KEYS|AEAD)$/i.test(name) && cursor.isSymbol('.')) {
    cursor.next();
    name = `${name}.${cursor.next().text}`;
  }
  if (cursor.isSymbol('(')) return withWindow(cursor, parseCall(cursor, name.toUpperCase(), isSafe));
  if (BARE_CALLS.has(word)) return { node: 'call', call: { ...emptyCall, name: word } };
  return { node: 'path', path: [name] };
}

const emptyCall: Call = { name: '', isSafe: false, isStar: false, isDistinct: false, args: [], orderBy: [] };

function parseCall(cursor: Cursor, name: string, isSafe: boolean): Call {
  cursor.expectSymbol('(');
  if (cursor.acceptSymbol(')')) return { ...emptyCall, name, isSafe };
  if (cursor.acceptSymbol('*')) {
    cursor.expectSymbol(')');
    return { ...emptyCall, name, isSafe, isStar: true };
  }
  const isDistinct = cursor.accept('DISTINCT');
  const args = cursor.list(() => parseArgument(cursor));
  const nulls = cursor.accept('IGNORE', 'NULLS') ? 'IGNORE' : cursor.accept('RESPECT', 'NULLS') ? 'RESPECT' : undefined;
  if (cursor.is('HAVING')) cursor.refuse('HAVING inside an aggregate');
  const orderBy = cursor.accept('ORDER', 'BY') ? parseOrderItems(cursor) : [];
  const limit = cursor.accept('LIMIT') ? parseExpression(cursor) : undefined;
  cursor.expectSymbol(')');
  return {
    name,
    isSafe,
    isStar: false,
    isDistinct,
    args,
    orderBy,
    ...(nulls ? { nulls } : {}),
    ...(limit ? { limit } : {}),
  };
}

function parseArgument(cursor: Cursor): Expr {
  if (cursor.isSymbol('=>', 1)) cursor.refuse(`Named argument ${cursor.peek().text}`);
  const token = cursor.peek();
  const isPart =
    token.kind === 'name' &&
    DATE_PARTS.has(token.text.toUpperCase()) &&
    (cursor.isSymbol(')', 1) || cursor.isSymbol(',', 1));
  return isPart ? { node: 'path', path: [cursor.next().text] } : parseExpression(cursor);
}

function withWindow(cursor: Cursor, call: Call): Expr {
  const nulls = cursor.accept('IGNORE', 'NULLS')
    ? 'IGNORE'
    : cursor.accept('RESPECT', 'NULLS')
      ? 'RESPECT'
      : call.nulls;
  const withNulls = { ...call, ...(nulls ? { nulls } : {}) };
  if (!cursor.accept('OVER')) return { node: 'call', call: withNulls };
  if (!cursor.isSymbol('(')) {
    return { node: 'call', call: { ...withNulls, over: { base: cursor.name(), partitionBy: [], orderBy: [] } } };
  }
  return { node: 'call', call: { ...withNulls, over: parseWindow(cursor) } };
}
