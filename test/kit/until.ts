import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition; rejects with `what` when it does not come. */
export async function until(what: string, condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(2);
  }
}
