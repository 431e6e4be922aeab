import type { Clock } from '../../kit/contracts.ts';
import type { Duck } from '../duck.ts';
import { quoted } from '../values/types.ts';
import type { LocalCatalog } from './catalog.ts';
import { boundLiteral, partitionColumn, partitionIdAt, partitionRange } from './partitions.ts';
import { physicalName } from './physical.ts';
import type { TableEntry } from './resources.ts';

const SWEEP_EVERY_MS = 60_000;

/** Takes away expired tables, and the rows of expired partitions, at the start, every minute and when the clock is moved. */
export class Expiry {
  readonly #catalog: LocalCatalog;
  readonly #duck: Duck;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(catalog: LocalCatalog, duck: Duck) {
    this.#catalog = catalog;
    this.#duck = duck;
  }

  start(clock: Clock): void {
    clock.onAdvance(() => this.sweep());
    this.#timer = setInterval(() => this.sweep(), SWEEP_EVERY_MS).unref();
    this.sweep();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  sweep(): void {
    this.#sweeping = this.#sweeping
      .then(() => this.sweepNow())
      .catch((err: unknown) => console.error('bigquery expiry failed', err));
  }

  async sweepNow(): Promise<void> {
    const { store } = this.#catalog;
    for (const { projectId, datasetId } of store.datasets()) {
      for (const entry of store.tables(projectId, datasetId)) await this.#sweepTable(entry);
    }
  }

  async #sweepTable(entry: TableEntry): Promise<void> {
    if (this.#catalog.isExpired(entry)) {
      this.#catalog.store.removeTable(entry.info.ref);
      await this.#duck.run(`DROP TABLE IF EXISTS ${physicalName(entry.info.ref)}`);
      return;
    }
    await this.expirePartitions(entry);
  }

  /** Deletes the rows of partitions older than the table keeps them. */
  async expirePartitions({ info }: TableEntry): Promise<void> {
    const life = info.timePartitioning?.expirationMs;
    const column = partitionColumn(info);
    if (life === undefined || column === undefined || Number(life) === 0) return;
    // A partition goes when its start is as old as the table keeps rows.
    const oldest = new Date(this.#catalog.nowMs - Number(life));
    const { end } = partitionRange(info, partitionIdAt(info, oldest));
    const expired = `${quoted(column)} < ${boundLiteral(info, end)}`;
    const table = physicalName(info.ref);
    const [row] = await this.#duck.rows(`SELECT count(*) FROM ${table} WHERE ${expired}`);
    if (row?.[0] === 0n) return;
    await this.#duck.transaction((run) => run(`DELETE FROM ${table} WHERE ${expired}`));
    this.#catalog.touch(info.ref, []);
  }
}
