/** Names a value that one step leaves for later ones, with its type. */
export interface HandoverKey<T> {
  readonly name: string;
  /** Carries the type only. */
  readonly type?: T;
}

export function handoverKey<T>(name: string): HandoverKey<T> {
  return { name };
}

/** What the steps of one run pass on: `handover.put(CUSTOMER, session)`, later `handover.get(CUSTOMER)`. */
export class Handover {
  readonly #values = new Map<string, unknown>();

  put<T>(key: HandoverKey<T>, value: T): void {
    this.#values.set(key.name, value);
  }

  /** @throws Error when no earlier step left the value: the pipeline's steps are in the wrong order. */
  get<T>(key: HandoverKey<T>): T {
    if (!this.#values.has(key.name)) throw new Error(`No earlier step of this pipeline provides ${key.name}`);
    return this.#values.get(key.name) as T;
  }
}
