import { ServiceError } from '../platform/errors.ts';

const MAX_DEPTH = 20;
const MAX_VALUES = 2_000;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const BLANK = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids exactly these inside a string
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

/**
 * Reads JSON (RFC 8259) with less patience than `JSON.parse`: bounded in depth and size, each name once, no name that
 * reaches into prototypes, no NUL and no half of a surrogate pair. Its errors say where, and never what.
 *
 * @throws ServiceError `malformed_json`, or `body_too_large` when the bounds are passed.
 */
export function parseStrictJson(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH)
      throw new ServiceError('body_too_large', `The JSON is nested deeper than ${MAX_DEPTH} levels`);
    this.#values += 1;
    if (this.#values > MAX_VALUES)
      throw new ServiceError('body_too_large', `The JSON has more than ${MAX_VALUES} values`);
    this.#skip(BLANK);
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  end(): void {
    this.#skip(BLANK);
    if (this.#at < this.#text.length) throw this.#malformed('Nothing may follow the value');
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    for (const _ of this.#items('{', '}')) {
      const name = this.#name();
      if (FORBIDDEN_KEYS.has(name)) throw this.#malformed('This name is not allowed');
      if (Object.hasOwn(object, name)) throw this.#malformed('The same name stands twice in one object');
      object[name] = this.value(depth + 1);
    }
    return object;
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = [];
    for (const _ of this.#items('[', ']')) array.push(this.value(depth + 1));
    return array;
  }

  /** Steps from item to item of a list in brackets; the caller reads the item. */
  *#items(open: string, close: string): Generator<void> {
    this.#expect(open);
    this.#skip(BLANK);
    if (this.#take(close)) return;
    do {
      this.#skip(BLANK);
      yield;
      this.#skip(BLANK);
    } while (this.#take(','));
    this.#expect(close);
  }

  #name(): string {
    if (this.#text[this.#at] !== '"') throw this.#malformed('A name in double quotes is expected');
    const name = this.#string();
    this.#skip(BLANK);
    this.#expect(':');
    return name;
  }

  #string(): string {
    const raw = this.#skip(STRING);
    if (!raw) throw this.#malformed('This string does not end, or holds a control character or a wrong escape');
    const text = JSON.parse(raw) as string;
    if (text.includes('\0') || !text.isWellFormed())
      throw this.#malformed('This string holds a character that is not text');
    return text;
  }

  #word(): unknown {
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const number = this.#skip(NUMBER);
    if (!number || !Number.isFinite(Number(number))) throw this.#malformed('A value is expected');
    return Number(number);
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#malformed(`"${token}" is expected`);
  }

  #take(token: string): boolean {
    if (this.#text[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [match = ''] = pattern.exec(this.#text) ?? [];
    this.#at += match.length;
    return match;
  }

  #malformed(what: string): ServiceError {
    return new ServiceError('malformed_json', `${what} (at character ${this.#at + 1} of the body)`);
  }
}
