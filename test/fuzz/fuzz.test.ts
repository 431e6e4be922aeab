import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { fuzz, type FuzzReport } from './fuzz.ts';
import { liveHeapBytes } from './heap.ts';

const REQUESTS = 2_100;
/** What the embedded cloud keeps on purpose (rows, journal of calls), generously. */
const MAX_BYTES_PER_REQUEST = 8 << 10;

describe('the API under random requests', function () {
  this.timeout(120_000);
  const seed = randomInt(2 ** 31);
  const canary = `canary${seed}qx`;
  const heap: number[] = [];
  let cloud: TestCloud;
  let report: FuzzReport;

  before(async () => {
    cloud = await startTestCloud();
    const afterThird = async () => void heap.push(liveHeapBytes());
    report = await fuzz({ url: cloud.url, count: REQUESTS, seed, canary, afterThird });
  });
  after(() => cloud.close());

  it('answers each as its description says, soon, and without failing', () => {
    assert.equal(report.faults.length, 0, `seed ${seed}\n${report.faults.join('\n\n')}`);
    assert.equal(report.sent, REQUESTS);
  });

  it('accepts some and refuses some in every way', () => {
    for (const status of [200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 422]) {
      assert(report.byStatus[status], `seed ${seed}: none was answered ${status} (${JSON.stringify(report.byStatus)})`);
    }
  });

  it('logs nothing of what they hold', async () => {
    const log = await readFile(join(cloud.dataDir, 'log/functions.jsonl'), 'utf8');
    assert(log.length > 0);
    const leak = log.split('\n').find((line) => line.toLowerCase().includes(canary));
    assert.equal(leak, undefined, `seed ${seed}`);
  });

  it('does not let the memory grow', () => {
    const [, first = 0, last = 0] = heap;
    const perRequest = (last - first) / (REQUESTS / 3);
    assert(perRequest < MAX_BYTES_PER_REQUEST, `seed ${seed}: ${Math.round(perRequest)} bytes a request stay`);
  });
});
