import { ValueError } from './scalars.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids them inside of strings
const CONTROL = /[\u0000-\u001f]/;

const broken = (): ValueError => new ValueError('Parser terminated before end of string');

/** Walks over JSON text token by token, without building objects. */
export class JsonScanner {
  readonly #text: string;
  /** Whether strings have to be searched for control characters: mostly the whole text has none. */
  readonly #isSuspect: boolean;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#isSuspect = CONTROL.test(text);
  }

  /** The first character of the next value. */
  peek(): string {
    this.#space();
    return this.#text[this.#at] ?? '';
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code > 32 || (code !== 32 && code !== 9 && code !== 13 && code !== 10)) return;
      this.#at += 1;
    }
  }

  #take(character: string): void {
    if (this.peek() !== character) throw broken();
    this.#at += 1;
  }

  /** Nothing but white space may be left. */
  end(): void {
    if (this.peek() !== '') throw broken();
  }

  readObject(onMember: (key: string) => void): void {
    this.readMembers(
      () => undefined,
      (key) => onMember(key!),
    );
  }

  /**
   * Reads an object whose next key can be guessed.
   *
   * @param guess - The key with quotes and colon that may come next.
   * @param onMember - Told the key, or undefined when the guess was right; reads the value.
   */
  readMembers(guess: () => string | undefined, onMember: (key: string | undefined) => void): void {
    this.#take('{');
    if (this.peek() === '}') {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#space();
      const guessed = guess();
      if (guessed !== undefined && this.#text.startsWith(guessed, this.#at)) {
        this.#at += guessed.length;
        onMember(undefined);
      } else {
        const key = this.readString();
        this.#take(':');
        onMember(key);
      }
      if (this.#isLast('}')) return;
    }
  }

  readArray(onItem: () => void): void {
    this.#take('[');
    if (this.peek() === ']') {
      this.#at += 1;
      return;
    }
    for (;;) {
      onItem();
      if (this.#isLast(']')) return;
    }
  }

  /** Steps over a comma, or over the bracket that ends it all. */
  #isLast(bracket: string): boolean {
    const next = this.peek();
    this.#at += 1;
    if (next === bracket) return true;
    if (next !== ',') throw broken();
    return false;
  }

  readNull(): boolean {
    if (this.peek() !== 'n') return false;
    if (!this.#text.startsWith('null', this.#at)) throw broken();
    this.#at += 4;
    return true;
  }

  readString(): string {
    const raw = this.readRawString();
    return raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
  }

  /** A string as it is written, quotes and escapes included, checked to be well-formed. */
  readRawString(): string {
    if (this.peek() !== '"') throw broken();
    const start = this.#at;
    let end = start;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) throw broken();
    } while (this.#isEscaped(start, end));
    this.#at = end + 1;
    const raw = this.#text.slice(start, end + 1);
    if (this.#isSuspect && CONTROL.test(raw)) throw broken();
    return raw.includes('\\') ? unescapable(raw) : raw;
  }

  #isEscaped(start: number, end: number): boolean {
    let slashes = 0;
    for (let at = end - 1; at > start && this.#text.charCodeAt(at) === 92; at -= 1) slashes += 1;
    return slashes % 2 === 1;
  }

  /** A number, `true` or `false`, as it is written. */
  readPlain(): string {
    this.#space();
    NUMBER.lastIndex = this.#at;
    const [number] = NUMBER.exec(this.#text) ?? [];
    const word = number ?? ['true', 'false'].find((other) => this.#text.startsWith(other, this.#at));
    if (word === undefined) throw broken();
    this.#at += word.length;
    return word;
  }

  /** Steps over a value of any kind, and answers its text. */
  skip(): string {
    const first = this.peek();
    const start = this.#at;
    if (first === '{') this.readObject(() => this.skip());
    else if (first === '[') this.readArray(() => this.skip());
    else if (first === '"') this.readRawString();
    else if (!this.readNull()) this.readPlain();
    return this.#text.slice(start, this.#at);
  }
}

/** A string with escapes: they must be right, and half a surrogate pair becomes U+FFFD. */
function unescapable(raw: string): string {
  try {
    const text = JSON.parse(raw) as string;
    return text.isWellFormed() ? raw : JSON.stringify(text.toWellFormed());
  } catch {
    throw broken();
  }
}
