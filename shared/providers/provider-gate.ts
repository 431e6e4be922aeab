import { remainingMs } from '../platform/deadline.ts';
import { NoAnswerError } from './provider-http.ts';
import type { ProviderSpec } from './provider-spec.ts';

const MINUTE_MS = 60_000;
/** Where the registry says nothing else. */
const CONCURRENCY = 10;

export type Wait = (ms: number) => Promise<void>;

/** Asks in the name of one credential at one host. */
export interface Asker {
  readonly org: string;
  readonly provider: Pick<ProviderSpec, 'key' | 'rate_limit'>;
  /** Fingerprint of the credential. */
  readonly fingerprint: string;
  readonly host: string;
}

interface Waiting {
  readonly org: string;
  enter(): void;
}

/** What is under way at one provider, and who waits for a place. */
class Line {
  readonly #running = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #count = 0;

  /** Takes a place, or waits for somebody to leave, who hands it over. */
  async enter(org: string, places: number): Promise<void> {
    if (this.#count >= places) return this.#turn(org);
    this.#count += 1;
    this.#add(org, 1);
  }

  /** The next is the one whose organisation has the fewest under way: a storm of one keeps no other out. */
  leave(org: string): void {
    this.#add(org, -1);
    const next = this.#waiting.toSorted((a, b) => this.#of(a.org) - this.#of(b.org))[0];
    if (!next) {
      this.#count -= 1;
      return;
    }
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#add(next.org, 1);
    next.enter();
  }

  #turn(org: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new NoAnswerError('rate_limited', { isOurs: true }));
      }, remainingMs());
      const waiting: Waiting = {
        org,
        enter() {
          clearTimeout(late);
          resolve();
        },
      };
      this.#waiting.push(waiting);
    });
  }

  #of(org: string): number {
    return this.#running.get(org) ?? 0;
  }

  #add(org: string, change: number): void {
    const count = this.#of(org) + change;
    if (count > 0) this.#running.set(org, count);
    else this.#running.delete(org);
  }
}

/**
 * Keeps what this instance asks of a provider within the limits of the registry: so many requests at once, shared fairly
 * by the organisations that ask, and so many a minute for each credential and host, as providers count them.
 */
export class ProviderGate {
  readonly #lines = new Map<string, Line>();
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
    const { org, provider } = asker;
    await this.#paced(asker);
    const line = this.#lineOf(provider.key);
    await line.enter(org, provider.rate_limit.concurrency ?? CONCURRENCY);
    try {
      return await ask();
    } finally {
      line.leave(org);
    }
  }

  async #paced({ provider, fingerprint, host }: Asker): Promise<void> {
    const key = [provider.key, fingerprint, host].join(' ');
    const now = this.#now();
    const recent = (this.#started.get(key) ?? []).filter((start) => start > now - MINUTE_MS);
    const first = recent[recent.length - provider.rate_limit.per_minute];
    const start = first === undefined ? now : first + MINUTE_MS;
    if (start - now > remainingMs()) throw new NoAnswerError('rate_limited', { isOurs: true });
    this.#started.set(key, [...recent, start]);
    this.#forgetOld(now);
    if (start > now) await this.#wait(start - now);
  }

  #forgetOld(now: number): void {
    for (const [key, starts] of this.#started) if ((starts.at(-1) ?? 0) <= now - MINUTE_MS) this.#started.delete(key);
  }

  #lineOf(key: string): Line {
    const line = this.#lines.get(key) ?? new Line();
    this.#lines.set(key, line);
    return line;
  }
}
