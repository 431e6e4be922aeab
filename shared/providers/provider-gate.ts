import { remainingMs } from '../platform/deadline.ts';
import { NoAnswerError } from './provider-http.ts';
import type { ProviderSpec } from './provider-spec.ts';

const MINUTE_MS = 60_000;
/** Where the registry says nothing else. */
const CONCURRENCY = 10;

export type Wait = (ms: number) => Promise<void>;

/** Asks in the name of one credential at one host. */
export interface Asker {
  readonly provider: Pick<ProviderSpec, 'key' | 'rate_limit'>;
  /** Fingerprint of the credential. */
  readonly fingerprint: string;
  readonly host: string;
}

/**
 * Keeps what this instance asks of a provider within the limits of the registry: so many requests at once, and so many a
 * minute for each credential and host, as providers count them.
 */
export class ProviderGate {
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Start of the requests of the last minute, by credential and host. */
  readonly #started = new Map<string, number[]>();
  readonly #wait: Wait;
  readonly #now: () => number;

  constructor(wait: Wait, now: () => number = () => performance.now()) {
    this.#wait = wait;
    this.#now = now;
  }

  /** @throws NoAnswerError `rate_limited` when the test's time would be over before its turn. */
  async pass<T>(asker: Asker, ask: () => Promise<T>): Promise<T> {
    await this.#paced(asker);
    await this.#enter(asker);
    try {
      return await ask();
    } finally {
      this.#leave(asker.provider.key);
    }
  }

  async #paced({ provider, fingerprint, host }: Asker): Promise<void> {
    const key = [provider.key, fingerprint, host].join(' ');
    const now = this.#now();
    const recent = (this.#started.get(key) ?? []).filter((start) => start > now - MINUTE_MS);
    const first = recent[recent.length - provider.rate_limit.per_minute];
    const start = first === undefined ? now : first + MINUTE_MS;
    if (start - now > remainingMs()) throw new NoAnswerError('rate_limited');
    this.#started.set(key, [...recent, start]);
    this.#forgetOld(now);
    if (start > now) await this.#wait(start - now);
  }

  #forgetOld(now: number): void {
    for (const [key, starts] of this.#started) if ((starts.at(-1) ?? 0) <= now - MINUTE_MS) this.#started.delete(key);
  }

  async #enter({ provider: { key, rate_limit } }: Asker): Promise<void> {
    const running = this.#running.get(key) ?? 0;
    if (running < (rate_limit.concurrency ?? CONCURRENCY)) {
      this.#running.set(key, running + 1);
      return;
    }
    await this.#turn(key);
  }

  /** Waits for somebody to leave, who hands the place over. */
  #turn(key: string): Promise<void> {
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, queue);
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(late);
        resolve();
      };
      const late = setTimeout(() => {
        queue.splice(queue.indexOf(enter), 1);
        reject(new NoAnswerError('rate_limited'));
      }, remainingMs());
      queue.push(enter);
    });
  }

  #leave(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next) next();
    else this.#running.set(key, (this.#running.get(key) ?? 1) - 1);
  }
}
