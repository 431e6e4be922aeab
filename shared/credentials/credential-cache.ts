import NodeCache from 'node-cache';
import type { Clock } from '../platform/clock.ts';
import type { Secret } from '../platform/secret.ts';
import type { Credentials } from '../providers/format-check.ts';

const MAX_ENTRIES = 1_000;

interface Entry {
  readonly credentials: Secret<Credentials>;
  readonly expiresAtMs: number;
}

/**
 * Keeps opened credentials in memory for a few minutes.
 *
 * Callers that miss at once share one decryption; failures are not kept. A revoked credential lives on in a running
 * process for as long as its entry, which is why the time is short and the version is part of the key.
 */
export class CredentialCache {
  readonly #entries: NodeCache;
  readonly #opening = new Map<string, Promise<Secret<Credentials>>>();
  readonly #clock: Clock;
  readonly #ttlSeconds: number;

  constructor(clock: Clock, ttlSeconds: number) {
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
    this.#entries = new NodeCache({ stdTTL: ttlSeconds, maxKeys: MAX_ENTRIES, useClones: false, checkperiod: 60 });
  }

  /** The credential of this version, opened by `open` unless it is at hand. */
  async get(
    { credential_id, version }: { credential_id: string; version: number },
    open: () => Promise<Secret<Credentials>>,
  ): Promise<Secret<Credentials>> {
    const key = `${credential_id}:${version}`;
    const entry = this.#entries.get<Entry>(key);
    if (entry && entry.expiresAtMs > this.#clock.now().getTime()) return entry.credentials;
    return this.#opening.get(key) ?? this.#open(key, open);
  }

  #open(key: string, open: () => Promise<Secret<Credentials>>): Promise<Secret<Credentials>> {
    const opening = open()
      .then((credentials) => this.#keep(key, credentials))
      .finally(() => this.#opening.delete(key));
    this.#opening.set(key, opening);
    return opening;
  }

  #keep(key: string, credentials: Secret<Credentials>): Secret<Credentials> {
    if (this.#ttlSeconds === 0) return credentials; // node-cache would read 0 as "for ever"
    const oldest = this.#entries.keys()[0];
    if (oldest !== undefined && this.#entries.getStats().keys >= MAX_ENTRIES) this.#entries.del(oldest);
    const expiresAtMs = this.#clock.now().getTime() + this.#ttlSeconds * 1000;
    this.#entries.set(key, { credentials, expiresAtMs });
    return credentials;
  }

  /** Forgets everything, so that a process can end. */
  close(): void {
    this.#entries.flushAll();
    this.#entries.close();
  }
}
