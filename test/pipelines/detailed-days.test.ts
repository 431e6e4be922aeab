import assert from 'node:assert/strict';
import { detailedSpans, isFromDetailed } from '../../shared/pipelines/landing/detailed-days.ts';

/** Days of November, `1-3 5`: from the first to the third, and the fifth. */
function days(text: string): string[] {
  return text.split(' ').flatMap((part) => {
    if (part === '') return [];
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => `2026-11-${String(from + index).padStart(2, '0')}`);
  });
}

const cases: readonly {
  readonly name: string;
  /** undefined: cannot be read. */
  readonly standard: string | undefined;
  readonly detailed: string | undefined;
  readonly landed?: string;
  /** Days from the 1st to the 20th that come from the detailed export. */
  readonly expected: string;
}[] = [
  { name: 'has no detailed rows yet', standard: '1-10', detailed: '', expected: '' },
  { name: 'has half a detailed day', standard: '1-10', detailed: '10', expected: '11-20' },
  { name: 'was switched on in the middle', standard: '1-10', detailed: '5-10', expected: '6-20' },
  { name: 'was switched on with the standard export', standard: '1-10', detailed: '1-10', expected: '2-20' },
  { name: 'has detailed days before the standard ones', standard: '4-10', detailed: '1-10', expected: '1-20' },
  { name: 'has a detailed export that is late', standard: '1-10', detailed: '3-6', expected: '4-20' },
  { name: 'has a detailed export with a day missing', standard: '1-10', detailed: '3-6 8-10', expected: '4-20' },
  { name: 'has a detailed export that ended', standard: '1-12', detailed: '3-6', expected: '4-5' },
  { name: 'had the detailed export for less than two days', standard: '1-12', detailed: '3-4', expected: '' },
  {
    name: 'had the detailed export switched off for a while',
    standard: '1-16',
    detailed: '2-4 12-16',
    expected: '3 13-20',
  },
  { name: 'has the detailed export alone', standard: '', detailed: '2-4', expected: '2-20' },
  {
    name: 'lost the first detailed days to expiry',
    standard: '5-10',
    detailed: '5-10',
    landed: '3-9',
    expected: '3-20',
  },
  { name: 'cannot be seen in detail', standard: '1-12', detailed: undefined, landed: '3-4', expected: '3-20' },
  { name: 'was never seen in detail', standard: '1-12', detailed: undefined, expected: '' },
  { name: 'cannot be seen in the standard export', standard: undefined, detailed: '3-6', expected: '4-20' },
  { name: 'had no usage on some days', standard: '1-3 15', detailed: '1-3 15', expected: '2-20' },
];

describe('the days of an account that come from its detailed export', () => {
  for (const { name, standard, detailed, landed = '', expected } of cases) {
    it(`are ${expected || 'none'} when it ${name}`, () => {
      const spans = detailedSpans({
        standard: standard === undefined ? undefined : days(standard),
        detailed: detailed === undefined ? undefined : days(detailed),
        landed: days(landed),
        graceDays: 5,
      });
      assert.deepEqual(
        days('1-20').filter((day) => isFromDetailed(day, spans)),
        days(expected),
      );
    });
  }
});
