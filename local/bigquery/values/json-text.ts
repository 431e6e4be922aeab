import { general } from './double-text.ts';

/** JSON as GoogleSQL reads and writes it: numbers keep their digits, of equal keys the first counts. */
type Json = null | boolean | string | JsonNumber | readonly Json[] | ReadonlyMap<string, Json>;

interface JsonNumber {
  readonly digits: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- what JSON text must escape
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, null: null };
const STEP = /\.([A-Za-z_][A-Za-z0-9_]*)|\."([^"]+)"|\[(\d+)\]/g;

class JsonError extends Error {}

/** Text of a JSON value: keys sorted, numbers in their shortest form. Throws when a number would lose digits. */
export function canonicalJson(text: string): string {
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  return written(value, (digits) => canonicalNumber(digits), true);
}

/** DuckDB's JSON as Google writes it: the separators of lines and paragraphs escaped, hexadecimal digits in lower case. */
export function respeltJson(text: string): string {
  return text
    .replaceAll(/\\(?:u[0-9A-F]{4}|.)/g, (escape) =>
      escape.startsWith(String.raw`\u`) ? escape.toLowerCase() : escape,
    )
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}

/** What JSON_VALUE finds: the text of a scalar, else null. */
export function jsonScalar(text: string, path: string): string | null {
  const value = found(text, path);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return isNumber(value) ? value.digits : null;
}

/** What JSON_QUERY finds, as JSON text; null when there is nothing. */
export function jsonPart(text: string, path: string): string | null {
  const value = found(text, path);
  return value === undefined ? null : written(value, (digits) => digits, false);
}

/** Reads no further than to what is asked for, so that a flaw behind it does no harm; one before it is no match. */
function found(text: string, path: string): Json | undefined {
  try {
    return new Reader(text).find(stepsOf(path));
  } catch (err) {
    if (err instanceof JsonError) return undefined;
    throw err;
  }
}

const stepsOf = (path: string): (string | number)[] =>
  [...path.matchAll(STEP)].map(([, name, quotedName, index]) => name ?? quotedName ?? Number(index));

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    this.#match(SPACE);
    if (this.#at < this.#text.length) this.#fail();
  }

  find([step, ...rest]: readonly (string | number)[]): Json | undefined {
    if (step === undefined) return this.value();
    if (typeof step === 'string') {
      if (!this.#accept('{')) return undefined;
      for (const name of this.#names()) {
        if (name === step) return this.find(rest);
        this.value();
      }
      return undefined;
    }
    if (!this.#accept('[')) return undefined;
    let index = 0;
    for (const _ of this.#items(']')) {
      if (index === step) return this.find(rest);
      this.value();
      index += 1;
    }
    return undefined;
  }

  value(): Json {
    if (this.#accept('{')) return this.#object();
    if (this.#accept('[')) return this.#array();
    return this.#scalar();
  }

  #object(): Json {
    const members = new Map<string, Json>();
    for (const name of this.#names()) {
      const value = this.value();
      if (!members.has(name)) members.set(name, value);
    }
    return members;
  }

  #array(): Json {
    const items: Json[] = [];
    for (const _ of this.#items(']')) items.push(this.value());
    return items;
  }

  *#names(): Generator<string> {
    for (const _ of this.#items('}')) {
      const name = this.#string();
      if (name === undefined || !this.#accept(':')) this.#fail();
      yield name ?? '';
    }
  }

  /** Stands before each item in turn, up to the bracket that closes them. */
  *#items(close: string): Generator<void> {
    if (this.#accept(close)) return;
    do yield;
    while (this.#accept(','));
    if (!this.#accept(close)) this.#fail();
  }

  #scalar(): Json {
    const text = this.#string();
    if (text !== undefined) return text;
    const digits = this.#match(NUMBER);
    if (digits) return { digits };
    const word = Object.keys(WORDS).find((candidate) => this.#text.startsWith(candidate, this.#at));
    if (!word) return this.#fail();
    this.#at += word.length;
    return WORDS[word] ?? null;
  }

  #string(): string | undefined {
    this.#match(SPACE);
    const text = this.#match(STRING);
    return text === '' ? undefined : (JSON.parse(text) as string);
  }

  #accept(symbol: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== symbol) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += text.length;
    return text;
  }

  #fail(): never {
    throw new JsonError(`Invalid JSON at character ${this.#at + 1}`);
  }
}

const isNumber = (value: Json | undefined): value is JsonNumber =>
  typeof value === 'object' && value !== null && 'digits' in value;

function written(value: Json, number: (digits: string) => string, isSorted: boolean): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (isNumber(value)) return number(value.digits);
  if (Array.isArray(value)) return `[${value.map((item: Json) => written(item, number, isSorted)).join(',')}]`;
  const members = [...(value as ReadonlyMap<string, Json>)];
  if (isSorted) members.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${written(inner, number, isSorted)}`).join(',')}}`;
}

const MAX_UINT64 = (1n << 64n) - 1n;
const MIN_INT64 = -(1n << 63n);

function canonicalNumber(digits: string): string {
  if (/^-?\d+$/.test(digits)) {
    const whole = BigInt(digits);
    if (whole <= MAX_UINT64 && whole >= MIN_INT64) return String(whole);
  }
  const value = Number(digits);
  const text = (Object.is(value, -0) ? '-' : '') + general(value.toExponential(), 15);
  if (!Number.isFinite(value) || plain(text) !== plain(digits)) {
    throw new JsonError(`Input number: ${digits} cannot round-trip through string representation`);
  }
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Digits and exponent of a number, one spelling for each value. */
function plain(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return `${sign}0`;
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
