import { inspect } from 'node:util';

/** A value that shows itself only to those who ask: logs, JSON, templates and stack dumps print `[secret]`. */
export class Secret<T = unknown> {
  readonly #value: T;

  private constructor(value: T) {
    this.#value = value;
  }

  static of<T>(value: T): Secret<T> {
    return new Secret(value);
  }

  /** The plaintext. Reviews look at the callers of this first. */
  reveal(): T {
    return this.#value;
  }

  toJSON(): string {
    return '[secret]';
  }

  toString(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
