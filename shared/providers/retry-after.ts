import { isScalar, valuesAt } from './body-match.ts';
import type { ProviderAnswer } from './provider-http.ts';

const DAY_MS = 86_400_000;
/** Azure's Cost Management has a header of its own for each of its budgets. */
const RETRY_HEADER = /^(?:retry-after|x-ms-ratelimit-[a-z0-9.-]+-retry-after)$/;

/**
 * How long a provider asks to be left alone, in milliseconds and at most a day: the longest of `Retry-After` (seconds or
 * an HTTP date, RFC 9110 10.2.3), OpenAI's `retry-after-ms`, Azure's own headers and Google's RetryInfo in the body.
 */
export function retryAfterMs({ headers, body }: ProviderAnswer, now: Date): number | undefined {
  const named = Object.entries(headers).flatMap(([name, value]) => {
    if (name === 'retry-after-ms') return [milliseconds(value, 1)];
    return RETRY_HEADER.test(name) ? [milliseconds(value, 1000) ?? untilDate(value, now)] : [];
  });
  const inBody = valuesAt(body, 'error.details[].retryDelay').map((delay) =>
    isScalar(delay) ? milliseconds(String(delay).replace(/s$/, ''), 1000) : undefined,
  );
  const waits = [...named, ...inBody].filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.min(DAY_MS, Math.max(...waits));
}

function milliseconds(text: string, unit: number): number | undefined {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(text.trim()) ? Math.ceil(Number(text) * unit) : undefined;
}

function untilDate(text: string, now: Date): number | undefined {
  const at = /\bGMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}
