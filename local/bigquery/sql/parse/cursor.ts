import { ApiError } from '../../../kit/api-error.ts';
import type { Expr, Query } from './ast.ts';
import { syntaxError, tokenize, type Token } from './lexer.ts';

/** Reserved words of GoogleSQL: a bare one is never a name. */
const RESERVED = new Set(
  `ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE CURRENT DEFAULT DEFINE DESC
DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN
INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION
PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST
USING WHEN WHERE WINDOW WITH WITHIN`.split(/\s+/),
);

/** Queries and expressions hold each other: through the cursor their halves of the grammar meet. */
export interface Grammar {
  parseQuery(cursor: Cursor): Query;
  parseExpression(cursor: Cursor): Expr;
}

/** Reads tokens one after the other. */
export class Cursor {
  readonly sql: string;
  readonly #tokens: readonly Token[];
  readonly #grammar: Grammar;
  #at = 0;
  /** How many `?` were read. */
  positional = 0;

  constructor(sql: string, grammar: Grammar) {
    this.sql = sql;
    this.#grammar = grammar;
    this.#tokens = tokenize(sql);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Whether the next words are these keywords. */
  is(...words: readonly string[]): boolean {
    return words.every((word, index) => {
      const token = this.peek(index);
      return token.kind === 'name' && token.text.toUpperCase() === word;
    });
  }

  accept(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    this.#at += words.length;
    return true;
  }

  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) this.fail(`Expected keyword ${words.join(' ')} but got ${this.shown()}`);
  }

  isSymbol(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.text === text;
  }

  acceptSymbol(text: string): boolean {
    if (!this.isSymbol(text)) return false;
    this.#at += 1;
    return true;
  }

  expectSymbol(text: string): void {
    // `ARRAY<STRUCT<a INT64>>` ends with two brackets, not with a shift.
    if (text === '>' && this.isSymbol('>>')) {
      const { start, end } = this.peek();
      (this.#tokens as Token[]).splice(
        this.#at,
        1,
        { kind: 'symbol', text: '>', start, end: end - 1 },
        { kind: 'symbol', text: '>', start: start + 1, end },
      );
    }
    if (!this.acceptSymbol(text)) this.fail(`Expected "${text}" but got ${this.shown()}`);
  }

  isName(ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'quoted' || (token.kind === 'name' && !RESERVED.has(token.text.toUpperCase()));
  }

  name(): string {
    if (!this.isName()) this.fail(`Expected identifier but got ${this.shown()}`);
    return this.next().text;
  }

  string(): string {
    if (this.peek().kind !== 'string') this.fail(`Expected string literal but got ${this.shown()}`);
    return this.next().text;
  }

  list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.acceptSymbol(',')) items.push(read());
    return items;
  }

  /** Whether a query starts here, brackets around it included. */
  isQuery(): boolean {
    let ahead = 0;
    while (this.isSymbol('(', ahead)) ahead += 1;
    const { kind, text } = this.peek(ahead);
    return kind === 'name' && /^(SELECT|WITH)$/i.test(text);
  }

  query(): Query {
    return this.#grammar.parseQuery(this);
  }

  expression(): Expr {
    return this.#grammar.parseExpression(this);
  }

  get atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  fail(message: string): never {
    throw syntaxError(this.sql, this.peek().start, message);
  }

  refuse(what: string): never {
    throw new ApiError(400, `${what} is not supported by the embedded engine.`, { reason: 'invalidQuery' });
  }

  private shown(): string {
    const { kind, text } = this.peek();
    if (kind === 'end') return 'end of script';
    return kind === 'name' && RESERVED.has(text.toUpperCase()) ? `keyword ${text.toUpperCase()}` : `"${text}"`;
  }
}
