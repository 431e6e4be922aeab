import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 50;

/** @throws Error when `condition` does not hold within `limitMs`. */
export async function waitUntil(condition: () => Promise<boolean>, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`It did not come true within ${limitMs} ms.`);
    await delay(PAUSE_MS);
  }
}
