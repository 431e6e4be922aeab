import type { Clock } from '../platform/clock.ts';
import type { RateLimits } from '../platform/config.ts';
import { ServiceError } from '../platform/errors.ts';

const WINDOW_MS = 60_000;
/** When so many windows are kept, those that are over are dropped. */
const MAX_WINDOWS = 10_000;

/** Gives a call's place back: what the caller got wrong does not count. */
export type Refund = () => void;

/**
 * Limits what an organisation may ask for within any 60 seconds.
 *
 * It counts in this process: with n instances an organisation may do up to n times as much, which protects instances and
 * providers and is no quota to bill by.
 */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  /** Times of the calls that count, oldest first, by kind and organisation. */
  readonly #windows = new Map<string, number[]>();

  constructor(limits: RateLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** @throws ServiceError `rate_limited` with the seconds until a place is free. */
  take(kind: keyof RateLimits, org: string): Refund {
    const limit = this.#limits[kind];
    if (limit === 0) return () => undefined;
    const now = this.#clock.now().getTime();
    const window = this.#current(`${kind}:${org}`, now);
    if (window.length >= limit) throw tooMany(kind, limit, (window[0] ?? now) + WINDOW_MS - now);
    window.push(now);
    return () => {
      const place = window.lastIndexOf(now);
      if (place >= 0) window.splice(place, 1);
    };
  }

  #current(key: string, now: number): number[] {
    if (this.#windows.size >= MAX_WINDOWS) this.#dropEmpty(now);
    const window = this.#windows.get(key) ?? [];
    while (window.length > 0 && window[0]! <= now - WINDOW_MS) window.shift();
    this.#windows.set(key, window);
    return window;
  }

  #dropEmpty(now: number): void {
    for (const [key, window] of this.#windows) {
      if ((window.at(-1) ?? 0) <= now - WINDOW_MS) this.#windows.delete(key);
    }
  }
}

function tooMany(kind: string, limit: number, waitMs: number): ServiceError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new ServiceError(
    'rate_limited',
    `This organisation may make ${limit} ${kind} a minute; try again in ${seconds} s`,
    { retryAfterSeconds: seconds },
  );
}
