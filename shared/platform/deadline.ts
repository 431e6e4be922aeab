import { AsyncLocalStorage } from 'node:async_hooks';
import { ServiceError } from './errors.ts';

/** How long one call to a backend may take where no request sets a shorter limit, milliseconds. */
const CALL_LIMIT_MS = 20_000;

const current = new AsyncLocalStorage<number>();

/** Gives everything that `work` awaits through `bounded` this much time together; an outer limit no longer counts inside. */
export function withinMs<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  return current.run(performance.now() + limitMs, work);
}

/** Milliseconds that the running request has left. */
export function remainingMs(): number {
  const end = current.getStore();
  return end === undefined ? CALL_LIMIT_MS : Math.max(0, end - performance.now());
}

/**
 * Waits for a backend no longer than the request has time, so that a hanging one cannot hold the answer.
 *
 * @throws ServiceError `backend_unavailable` when the time is over; the call itself may still come to an end unseen.
 */
export async function bounded<T>(backend: string, call: Promise<T>, limitMs = CALL_LIMIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const wait = Math.min(limitMs, remainingMs());
    timer = setTimeout(() => reject(unavailable(backend)), wait);
  });
  call.catch(() => undefined); // a late failure of a call nobody waits for any more must not end the process
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function unavailable(backend: string, cause?: unknown): ServiceError {
  return new ServiceError('backend_unavailable', `${backend} does not answer; try again`, {
    cause,
    retryAfterSeconds: 5,
  });
}
