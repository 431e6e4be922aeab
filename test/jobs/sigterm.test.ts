import assert from 'node:assert/strict';
import { operatorBigQuery } from '../../local/provision.ts';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { connectOrg, EXPORT } from '../flows/connected-org.ts';

/** Cloud Run's grace between SIGTERM and SIGKILL, milliseconds. */
const GRACE_MS = 10_000;

describe('a job that is told to stop', function () {
  this.timeout(180_000); // each run is a process of its own
  let cloud: TestCloud;
  before(async () => {
    cloud = await startTestCloud();
    await connectOrg(cloud, 'acme');
  });
  afterEach(() => cloud.cloud.context.faults.remove());
  after(() => cloud.close());

  const args = ['--org', 'acme', '--from', '2026-02-01', '--to', '2026-04-01'];
  const runs = async () => (await cloud.call('GET', '/pipelines/acme/runs')).body.runs;

  /** Starts the job and stops it when it has written a line of this kind. @returns Exit code, and how long it took to end. */
  async function stopAt(
    event: string,
    before: () => void = () => undefined,
  ): Promise<{ exitCode: number; tookMs: number }> {
    const stop = new AbortController();
    let at = 0;
    const onLine = (line: string): void => {
      if (at > 0 || !line.includes(`"${event}"`)) return;
      before();
      at = performance.now();
      stop.abort();
    };
    const exitCode = await cloud.jobs.run({ job: 'billing', args, signal: stop.signal, onLine });
    assert(at > 0, `it never wrote ${event}`);
    return { exitCode, tookMs: performance.now() - at };
  }

  it('records that it was interrupted, and goes on with what is missing when it is started again', async () => {
    const { exitCode, tookMs } = await stopAt('unit-landed');
    assert.equal(exitCode, 1);
    assert(tookMs < GRACE_MS, `${tookMs} ms`);
    const [run] = await runs();
    assert.equal(run.state, 'CANCELLED');
    assert.equal(run.steps.at(-1).error.code, 'interrupted');
    assert.equal(await cloud.jobs.run({ job: 'billing', args }), 0);
    const [count] = await operatorBigQuery(cloud.cloud).query(
      'SELECT COUNT(*) AS n FROM acme_prod.cloud_gcp_billing_raw_daily',
    );
    assert.deepEqual(count, [{ n: EXPORT.rows }]);
  });

  it('ends in time even when BigQuery hangs, though nothing can be recorded then', async () => {
    const hang = () => {
      cloud.cloud.context.faults.add({ service: 'bigquery', kind: 'latency', latency_ms: 60_000 });
    };
    const { exitCode, tookMs } = await stopAt('changes-found', hang);
    assert.equal(exitCode, 1);
    assert(tookMs < GRACE_MS, `${tookMs} ms`);
  });
});
