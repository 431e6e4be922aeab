import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../kit/contracts.ts';
import { transaction } from '../kit/transaction.ts';
import type { KeyRow, KeyStore, VersionRow } from './key-store.ts';

/** What happens to keys over time: rotation when it is due, destruction when its delay is over. */
export class KeyLifecycle {
  readonly #store: KeyStore;
  readonly #db: DatabaseSync;
  readonly #clock: Clock;

  constructor(store: KeyStore, db: DatabaseSync, clock: Clock) {
    this.#store = store;
    this.#db = db;
    this.#clock = clock;
  }

  /** Brings every key up to the present; called before each use, so no timer is needed. */
  catchUp(): void {
    const now = Number(this.#clock.now());
    const { keys, versions } = this.#store.due(now);
    for (const key of keys) transaction(this.#db, () => this.#rotate(key, now));
    for (const version of versions) this.#store.wipe(version, now);
  }

  /** Makes the next version of a key, enabled and not primary. */
  addVersion(key: KeyRow): VersionRow {
    const version: VersionRow = {
      key: key.name,
      number: (this.#store.versions(key.name).at(-1)?.number ?? 0) + 1,
      state: 'ENABLED',
      material: randomBytes(32),
      created_ms: Number(this.#clock.now()),
      destroy_ms: null,
      destroyed_ms: null,
    };
    this.#store.saveVersion(version);
    return version;
  }

  #rotate(key: KeyRow, now: number): void {
    const period = key.rotation_ms!;
    const { number } = this.addVersion(key);
    // However far the clock jumped, a key that nobody used meanwhile needs one new version only.
    const periods = Math.floor((now - key.next_rotation_ms!) / period) + 1;
    const next = key.next_rotation_ms! + periods * period;
    this.#store.saveKey({ ...key, primary_number: number, next_rotation_ms: next });
  }
}
