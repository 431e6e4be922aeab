/** How long calls took, milliseconds, and how many were answered a second. */
export interface Timing {
  readonly p50: number;
  readonly p95: number;
  readonly perSecond: number;
}

export interface Load {
  readonly count: number;
  readonly concurrency: number;
}

/**
 * Makes `count` calls, `concurrency` at a time: whoever has its answer makes the next call.
 *
 * @param call - Gets the number of the call, from 0.
 * @throws what a call throws: a failure would be counted as a fast answer.
 */
export async function timed({ count, concurrency }: Load, call: (index: number) => Promise<unknown>): Promise<Timing> {
  const durations: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const startedAt = performance.now();
      await call(index);
      durations.push(performance.now() - startedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: concurrency }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  return { p50: percentile(durations, 50), p95: percentile(durations, 95), perSecond: count / seconds };
}

/** The smallest value that `percent` of all values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}
