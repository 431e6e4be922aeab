import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Principal } from './authentication.ts';

const MAX_TOKENS = 1_000;
const KEPT_MS = 300_000;

/**
 * Tokens whose signature was found right a moment ago: checking one again costs more than all else that an answer takes.
 *
 * They are known by their hash; a refused token is never kept, and one that runs out is forgotten with its time.
 */
export class VerifiedTokens {
  readonly #principals = new Map<string, { readonly principal: Principal; readonly untilMs: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(authorization: string | undefined): Principal | undefined {
    const entry = this.#principals.get(hashOf(authorization));
    return entry && this.#clock.now().getTime() < entry.untilMs ? entry.principal : undefined;
  }

  /** @param expiresMs - The token's own end. */
  keep(authorization: string | undefined, principal: Principal, expiresMs: number): Principal {
    const [oldest] = this.#principals.keys();
    if (oldest !== undefined && this.#principals.size >= MAX_TOKENS) this.#principals.delete(oldest);
    const untilMs = Math.min(expiresMs, this.#clock.now().getTime() + KEPT_MS);
    this.#principals.set(hashOf(authorization), { principal, untilMs });
    return principal;
  }
}

function hashOf(authorization = ''): string {
  return createHash('sha256').update(authorization).digest('base64');
}
