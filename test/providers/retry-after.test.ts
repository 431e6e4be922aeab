import assert from 'node:assert/strict';
import { retryAfterMs } from '../../shared/providers/retry-after.ts';

const now = new Date('2026-11-24T12:00:00Z');
const after = (headers: Record<string, string>, body?: unknown) => retryAfterMs({ status: 429, headers, body }, now);

describe('retry after', () => {
  const cases: { name: string; headers?: Record<string, string>; body?: unknown; ms: number | undefined }[] = [
    { name: 'nothing', ms: undefined },
    { name: 'seconds', headers: { 'retry-after': '17' }, ms: 17_000 },
    { name: 'zero', headers: { 'retry-after': '0' }, ms: 0 },
    { name: 'a date', headers: { 'retry-after': 'Tue, 24 Nov 2026 12:00:30 GMT' }, ms: 30_000 },
    { name: 'a date that has passed', headers: { 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }, ms: 0 },
    { name: 'words', headers: { 'retry-after': 'soon' }, ms: undefined },
    { name: 'a negative number', headers: { 'retry-after': '-5' }, ms: undefined },
    { name: 'ages', headers: { 'retry-after': '999999999' }, ms: 86_400_000 },
    { name: 'milliseconds of OpenAI', headers: { 'retry-after-ms': '1500' }, ms: 1_500 },
    {
      name: 'a budget of Azure',
      headers: { 'x-ms-ratelimit-microsoft.costmanagement-entity-retry-after': '12', 'retry-after': '3' },
      ms: 12_000,
    },
    {
      name: 'RetryInfo of Google',
      body: { error: { details: [{ violations: [] }, { retryDelay: '43.5s' }] } },
      ms: 43_500,
    },
    { name: 'RetryInfo that is none', body: { error: { details: [{ retryDelay: {} }] } }, ms: undefined },
  ];
  for (const { name, headers = {}, body, ms } of cases) {
    it(`reads ${name}`, () => assert.equal(after(headers, body), ms));
  }
});
