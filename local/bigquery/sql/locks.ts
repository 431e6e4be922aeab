/**
 * BigQuery queues changes of one table; DuckDB would abort the later of two. So changes take their tables in turn.
 * Readers never wait.
 */
export class TableLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` when all of `tables` are free; taken in sorted order, so that nobody waits in a circle. */
  async run<T>(tables: readonly string[], work: () => Promise<T>): Promise<T> {
    const releases: (() => void)[] = [];
    try {
      for (const table of [...new Set(tables)].toSorted()) releases.push(await this.#take(table));
      return await work();
    } finally {
      for (const release of releases) release();
    }
  }

  async #take(table: string): Promise<() => void> {
    const former = this.#tails.get(table);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(table, promise);
    await former;
    return () => {
      if (this.#tails.get(table) === promise) this.#tails.delete(table);
      resolve();
    };
  }
}
