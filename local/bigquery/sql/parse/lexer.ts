import { ApiError } from '../../../kit/api-error.ts';

export type TokenKind =
  'name' | 'quoted' | 'number' | 'string' | 'bytes' | 'parameter' | 'positional' | 'system' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Names as written, strings unescaped, symbols as they are. */
  readonly text: string;
  /** Offsets into the statement. */
  readonly start: number;
  readonly end: number;
}

const SYMBOLS = ['<=', '>=', '<>', '!=', '||', '=>', '<<', '>>', ...'( ) [ ] , . ; = < > + - * / & | ^ ~ :'.split(' ')];
const SPACE = /(?:\s+|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const STRING_PREFIX = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y;
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Splits GoogleSQL into tokens; a syntax error names line and column as BigQuery does. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while ((at = skip(SPACE, sql, at)) < sql.length) {
    const token = readToken(sql, at, tokens.at(-1));
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: sql.length, end: sql.length });
  return tokens;
}

function skip(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : at;
}

function readToken(sql: string, start: number, former: Token | undefined): Token {
  const make = (kind: TokenKind, text: string, end: number): Token => ({ kind, text, start, end });
  const prefix = match(STRING_PREFIX, sql, start);
  if (prefix) return readString(sql, start, prefix[1] ?? '', prefix[2] ?? '');
  const name = match(NAME, sql, start)?.[0];
  if (name) return make('name', name, start + name.length);
  // After a dot follows a field, never a number: `t.1` is no GoogleSQL.
  const number = former?.text === '.' && former.end === start ? undefined : match(NUMBER, sql, start)?.[0];
  if (number) return make('number', number, start + number.length);
  const char = sql[start];
  if (char === '`') return readQuoted(sql, start);
  if (char === '?') return make('positional', '?', start + 1);
  if (char === '@') {
    const isSystem = sql[start + 1] === '@';
    const from = start + (isSystem ? 2 : 1);
    const parameter = match(NAME, sql, from)?.[0];
    if (parameter) return make(isSystem ? 'system' : 'parameter', parameter, from + parameter.length);
  }
  const symbol = SYMBOLS.find((candidate) => sql.startsWith(candidate, start));
  if (symbol) return make('symbol', symbol, start + symbol.length);
  throw syntaxError(sql, start, `Illegal input character "${char}"`);
}

function match(pattern: RegExp, sql: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(sql);
}

function readQuoted(sql: string, start: number): Token {
  const end = sql.indexOf('`', start + 1);
  if (end < 0) throw syntaxError(sql, start, 'Unclosed identifier literal');
  if (end === start + 1) throw syntaxError(sql, start, 'Invalid empty identifier');
  return { kind: 'quoted', text: sql.slice(start + 1, end), start, end: end + 1 };
}

function readString(sql: string, start: number, prefix: string, quote: string): Token {
  const isRaw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  const from = start + prefix.length + quote.length;
  let at = from;
  while (!sql.startsWith(quote, at)) {
    if (at >= sql.length || (quote.length === 1 && sql[at] === '\n'))
      throw syntaxError(sql, start, 'Unclosed string literal');
    at += sql[at] === '\\' ? 2 : 1;
  }
  const body = sql.slice(from, at);
  const text = isRaw ? body : unescape(sql, start, body, isBytes);
  return { kind: isBytes ? 'bytes' : 'string', text, start, end: at + quote.length };
}

function unescape(sql: string, start: number, body: string, isBytes: boolean): string {
  return body.replace(
    /\\(?:([0-3][0-7]{2})|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (whole, octal?: string, hex?: string, short?: string, long?: string, char = '') => {
      const code = octal ? parseInt(octal, 8) : parseInt(hex ?? short ?? long ?? '', 16);
      if (!Number.isNaN(code)) {
        if (isBytes && (short || long)) throw syntaxError(sql, start, `Illegal escape sequence: ${whole}`);
        return String.fromCodePoint(code);
      }
      const plain = ESCAPES[char] ?? (/[\\?"'`]/.test(char) ? char : undefined);
      if (plain === undefined) throw syntaxError(sql, start, `Illegal escape sequence: ${whole}`);
      return plain;
    },
  );
}

export function syntaxError(sql: string, at: number, message: string): ApiError {
  const before = sql.slice(0, at).split('\n');
  const position = `[${before.length}:${(before.at(-1)?.length ?? 0) + 1}]`;
  return new ApiError(400, `Syntax error: ${message} at ${position}`, { reason: 'invalidQuery' });
}
