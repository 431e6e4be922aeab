import fc from 'fast-check';
import type { Cell } from '../../sql/google-values.ts';

/**
 * Invoice months with what makes months hard: leap day, both changes of daylight saving time, the turn of the year; null for
 * exports of before 2018, which name no month.
 */
export const INVOICE_MONTHS: readonly (string | null)[] = [
  '202402',
  '202403',
  '202411',
  '202512',
  '202601',
  '202602',
  '202603',
  '202611',
  null,
];

const HOUR = 3_600_000;

/** Moments around midnights of Los Angeles and UTC, changes of daylight saving time, a leap day. */
const MOMENTS = [
  '2024-02-29T07:59:59.999999Z',
  '2024-02-29T23:00:00Z',
  '2024-03-01T07:59:59.999999Z',
  '2024-03-01T08:00:00Z',
  '2024-03-10T09:59:59.999999Z',
  '2024-11-01T06:59:59.999999Z',
  '2024-11-01T07:00:00Z',
  '2024-11-03T08:30:00.000001Z',
  '2024-12-01T07:59:59Z',
  '2025-12-01T08:00:00Z',
  '2026-01-01T07:59:59.5Z',
  '2026-01-31T23:59:59Z',
  '2026-02-01T07:59:59.999Z',
  '2026-02-01T08:00:00Z',
  '2026-02-10T10:00:00.123456Z',
  '2026-03-01T08:00:00Z',
  '2026-03-08T09:00:00Z',
  '2026-04-01T06:59:59Z',
  '2026-11-01T06:59:59Z',
  '2026-11-01T08:00:00Z',
  '2026-12-01T08:00:00Z',
  '2017-11-30T12:00:00Z',
];

const moment: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...MOMENTS),
  fc
    .integer({ min: Date.UTC(2026, 0, 20) / HOUR, max: Date.UTC(2026, 3, 3) / HOUR })
    .map((hours) => new Date(hours * HOUR).toISOString()),
);
const later = (start: string, hours: number) => new Date(Date.parse(start) + hours * HOUR).toISOString();

/** Times of use: hours and days, empty and reversed spans, one end only, none. */
export const usageTimes: fc.Arbitrary<Readonly<Record<string, Cell>>> = fc
  .tuple(moment, fc.constantFrom('hour', 'hour', 'hour', 'day', 'empty', 'reversed', 'start', 'end', 'none'))
  .map(([start, span]) => {
    switch (span) {
      case 'hour':
        return { usage_start_time: start, usage_end_time: later(start, 1) };
      case 'day':
        return { usage_start_time: start, usage_end_time: later(start, 24) };
      case 'empty':
        return { usage_start_time: start, usage_end_time: start };
      case 'reversed':
        return { usage_start_time: start, usage_end_time: later(start, -1) };
      case 'start':
        return { usage_start_time: start, usage_end_time: null };
      case 'end':
        return { usage_start_time: null, usage_end_time: start };
      default:
        return { usage_start_time: null, usage_end_time: null };
    }
  });

export const exportTime: fc.Arbitrary<string> = fc.constantFrom(
  '2026-02-11T04:05:06.789012Z',
  '2026-04-02T00:00:00Z',
  '2017-12-01T07:30:00Z',
);
