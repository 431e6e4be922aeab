import type { Size } from './benchmark.ts';

const ROW_COUNTS: Readonly<Record<Size, readonly number[]>> = {
  tiny: [200, 400],
  quick: [10_000, 20_000],
  full: [10_000, 100_000, 1_000_000],
};

/** Rows that a benchmark goes by, fewest first. */
export function rowCountsOf(size: Size, asked: readonly number[] = []): readonly number[] {
  return asked.length > 0 ? asked.toSorted((a, b) => a - b) : ROW_COUNTS[size];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1_000, M: 1_000_000 };

/** `5M`, `100k` or `400`. @throws Error for any other text. */
export function parseRowCount(text: string): number {
  const [, digits = '', unit = ''] = /^([1-9]\d*)([kM]?)$/.exec(text) ?? [];
  if (digits === '') throw new Error(`--size: ${text} is no number of rows such as 100k or 5M.`);
  return Number(digits) * UNITS[unit]!;
}

export function rowCountText(count: number): string {
  for (const unit of ['M', 'k']) {
    if (count % UNITS[unit]! === 0) return `${count / UNITS[unit]!}${unit}`;
  }
  return String(count);
}

/** A second run of many rows says little that the first did not. */
export function roundsOf(rows: number): number {
  return rows <= 100_000 ? 3 : 1;
}
