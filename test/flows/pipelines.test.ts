import assert from 'node:assert/strict';
import { operatorBigQuery } from '../../local/provision.ts';
import { loadPipeline } from '../../shared/pipelines/pipeline-definition.ts';
import type { RunRecord } from '../../shared/pipelines/run-record.ts';
import { eventually, startTestCloud, type Role, type TestCloud } from '../harness/cloud.ts';
import { connectOrg, EXPORT, type ConnectedOrg } from './connected-org.ts';

const BILLING = 'cloud/gcp/cost/billing';
const FOCUS = 'cloud/gcp/cost/focus_convert';
const WINDOW = { from: '2026-02-01', to: '2026-04-01' };
const RUNS = '/pipelines/acme/runs';
const ENDED = new Set(['SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED']);

describe('runs on request', function () {
  this.timeout(180_000); // each run is a process of its own
  let cloud: TestCloud;
  let customer: ConnectedOrg;
  before(async () => {
    cloud = await startTestCloud();
    customer = await connectOrg(cloud, 'acme');
  });
  afterEach(() => cloud.cloud.context.faults.remove());
  after(() => cloud.close());

  const start = (body: object, as?: Record<string, Role>) => cloud.call('POST', RUNS, { body, ...(as ? { as } : {}) });
  const get = async (id: string): Promise<RunRecord> => (await cloud.call('GET', `${RUNS}/${id}`)).body;
  const cancel = (id: string) => cloud.call('POST', `${RUNS}/${id}/cancel`);
  const until = (id: string, isSo: (run: RunRecord) => boolean): Promise<RunRecord> =>
    eventually(async () => {
      const run = await get(id);
      return isSo(run) ? run : undefined;
    }, 100_000);
  const ended = (id: string) => until(id, ({ state }) => ENDED.has(state));
  const query = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await operatorBigQuery(cloud.cloud).query(sql))[0] as Record<string, unknown>[];
  const rawRows = async (): Promise<unknown> =>
    (await query('SELECT COUNT(*) AS n FROM acme_prod.cloud_gcp_billing_raw_daily'))[0]?.['n'];
  const startsSince = (seq: number): number =>
    cloud.cloud.context.journal.calls({ service: 'run', since: seq }).filter(({ method }) => method === 'jobs.run')
      .length;
  const lastCall = (): number => cloud.cloud.context.journal.calls({}).at(-1)?.seq ?? 0;

  it('lands the days that were asked for and converts them', async () => {
    const { status, body } = await start({ pipeline: BILLING, ...WINDOW }, { acme: 'editor' });
    assert.equal(status, 202);
    assert.deepEqual(
      { ...body, id: '' },
      {
        ...{ id: '', pipeline: BILLING, state: 'QUEUED', requested_by: 'tester', ...WINDOW, rows: 0, bytes: 0 },
        ...{ started_at: null, finished_at: null, steps: [] },
      },
    );
    const run = await ended(body.id);
    assert.equal(run.state, 'SUCCEEDED', JSON.stringify(run));
    assert.equal(run.rows, EXPORT.rows);
    assert.deepEqual(
      run.steps.map(({ id, state, attempts }) => [id, state, attempts]),
      loadPipeline(BILLING).steps.map(({ id }) => [id, 'SUCCEEDED', 1]),
    );
    assert.equal(await rawRows(), EXPORT.rows);

    const focus = await start({ pipeline: FOCUS });
    assert.deepEqual([focus.status, focus.body.from, focus.body.to], [202, null, null]);
    assert.equal((await ended(focus.body.id)).state, 'SUCCEEDED');
  });

  it('are one run when they are asked for twice at once, and while it is under way', async () => {
    const before = lastCall();
    const answers = await Promise.all([1, 2, 3].map(() => start({ pipeline: BILLING, ...WINDOW })));
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, 202]);
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    const id: string = answers[0]?.body.id;
    const again = await start({ pipeline: BILLING, ...WINDOW });
    assert.deepEqual([again.status, again.body.id], [200, id]);
    assert.equal((await ended(id)).state, 'SUCCEEDED');
    assert.equal(startsSince(before), 1);
    assert.equal(await rawRows(), EXPORT.rows);
  });

  it('never begin when they are called off in the queue', async () => {
    const { body } = await start({ pipeline: FOCUS, from: '2026-01-01', to: '2026-01-02' });
    const called = await cancel(body.id);
    assert.deepEqual([called.status, called.body.state], [200, 'CANCELLED']);
    const [step] = called.body.steps;
    assert.deepEqual([step.id, step.error.code, step.error.message], ['run', 'cancelled', 'Cancelled by tester.']);
    await eventually(async () => {
      const calls = cloud.cloud.context.journal.calls({ service: 'bigquery' });
      return calls.some(({ caller }) => caller.startsWith('job-focus@'));
    });
    assert.equal((await get(body.id)).started_at, null);
    const again = await cancel(body.id);
    assert.deepEqual([again.status, again.body], [200, called.body]);
  });

  it('stop soon when they are called off at work, and hold their days until then', async () => {
    cloud.cloud.context.faults.add({
      service: 'bigquery',
      method: 'tabledata.list',
      kind: 'latency',
      latency_ms: 3_000,
    });
    const { body } = await start({ pipeline: BILLING, ...WINDOW });
    await until(body.id, ({ steps }) => steps.some(({ id }) => id === 'load'));
    const called = await cancel(body.id);
    assert.deepEqual([called.status, called.body.state], [202, 'CANCELLED']);
    const next = await start({ pipeline: BILLING, ...WINDOW });
    assert.deepEqual([next.status, next.body.id === body.id], [202, false]);
    const stopped = await until(body.id, ({ steps }) => steps.every(({ state }) => state !== 'RUNNING'));
    assert.deepEqual([stopped.state, stopped.steps.at(-1)?.state], ['CANCELLED', 'CANCELLED']);
    cloud.cloud.context.faults.remove();
    assert.equal((await ended(next.body.id)).state, 'SUCCEEDED');
    assert.equal((await get(body.id)).state, 'CANCELLED');
    assert.equal(await rawRows(), EXPORT.rows);
  });

  for (const fault of [
    { name: 'refuses', kind: 'error', status: 503 },
    { name: 'breaks off', kind: 'reset' },
    { name: 'does not answer', kind: 'latency', latency_ms: 5_000 },
  ] as const) {
    it(`are withdrawn when Cloud Run ${fault.name}`, async () => {
      const { name: _name, ...injected } = fault;
      cloud.cloud.context.faults.add({ service: 'run', method: 'jobs.run', ...injected });
      const window = { from: '2026-01-03', to: '2026-01-04' };
      const { status, body, headers } = await start({ pipeline: FOCUS, ...window });
      assert.deepEqual([status, body.code, headers.has('retry-after')], [503, 'backend_unavailable', true]);
      const [newest] = (await cloud.call('GET', `${RUNS}?limit=1`)).body.runs as RunRecord[];
      assert.deepEqual([newest?.state, newest?.steps[0]?.error?.code], ['FAILED', 'not_started']);
      cloud.cloud.context.faults.remove();
      const again = await start({ pipeline: FOCUS, ...window });
      assert.equal(again.status, 202);
      assert.equal((await ended(again.body.id)).state, 'SUCCEEDED');
    });
  }

  it('do their work once when their job is started twice', async () => {
    const { body } = await start({ pipeline: BILLING, from: '2026-03-01', to: '2026-04-01' });
    const days = ['--from', '2026-03-01', '--to', '2026-04-01'];
    const args = ['--pipeline', BILLING, '--org', 'acme', ...days, '--run', body.id];
    const twice = await Promise.all([1, 2].map(() => cloud.jobs.run({ job: 'billing', args })));
    assert.deepEqual(twice, [0, 0]);
    assert.equal((await ended(body.id)).state, 'SUCCEEDED');
    const attempts = await query(`SELECT attempts FROM integrations.pipeline_runs WHERE run_id = '${body.id}'`);
    assert.deepEqual(attempts, [{ attempts: 1 }]);
    assert.equal(await rawRows(), EXPORT.rows);
  });

  it('double nothing when other days overlap them', async () => {
    const starts = [WINDOW, { from: '2026-02-02', to: '2026-04-02' }, {}].map((window) =>
      start({ pipeline: BILLING, ...window }),
    );
    const states = await Promise.all((await Promise.all(starts)).map(async ({ body }) => (await ended(body.id)).state));
    assert.deepEqual(states, ['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    assert.equal(await rawRows(), EXPORT.rows);
  });

  it('say what is missing when a right was taken away, and what to do', async () => {
    const dataset = `projects/${customer.projectId}/datasets/export_of_acme`;
    cloud.cloud.iam.revoke(dataset, 'roles/bigquery.dataViewer', customer.email);
    const { body } = await start({ pipeline: BILLING, ...WINDOW });
    const run = await ended(body.id);
    cloud.cloud.iam.grant(dataset, 'roles/bigquery.dataViewer', customer.email);
    assert.equal(run.state, 'FAILED');
    const error = run.steps.at(-1)?.error;
    assert.equal(error?.code, 'source_access_denied', JSON.stringify(run));
    assert.match(error?.remedy ?? '', /Grant/);
    assert.equal(await rawRows(), EXPORT.rows);
  });

  it('are listed newest first, by pipeline, state and number', async () => {
    const list = async (search = ''): Promise<RunRecord[]> => (await cloud.call('GET', RUNS + search)).body.runs;
    const all = await list();
    assert(all.length > 8);
    assert.deepEqual(
      (await list('?limit=3')).map(({ id }) => id),
      all.slice(0, 3).map(({ id }) => id),
    );
    const cancelled = await list(`?state=CANCELLED&pipeline=${encodeURIComponent(BILLING)}`);
    assert.deepEqual(
      cancelled.map(({ id }) => id),
      all.filter(({ state, pipeline }) => state === 'CANCELLED' && pipeline === BILLING).map(({ id }) => id),
    );
    assert.deepEqual(await list('?pipeline=cloud/none'), []);
  });

  for (const search of ['limit=0', 'limit=201', 'limit=1e2', 'state=DONE', 'pipeline=a%27%20OR%201=1', 'limit=-1']) {
    it(`are not listed by ?${search}`, async () => {
      const { status, body } = await cloud.call('GET', `${RUNS}?${search}`);
      assert.deepEqual([status, body.code], [400, 'invalid_request']);
    });
  }

  for (const { name, body, pointer } of [
    { name: 'an unknown pipeline', body: { pipeline: 'cloud/none' }, pointer: '/pipeline' },
    { name: 'a pipeline that is SQL', body: { pipeline: "x'; DROP TABLE pipeline_runs; --" }, pointer: '/pipeline' },
    { name: 'no pipeline', body: { from: '2026-11-01' }, pointer: '/pipeline' },
    { name: 'a day that does not exist', body: { pipeline: BILLING, from: '2026-02-30' }, pointer: '/from' },
    { name: 'the year nought', body: { pipeline: BILLING, from: '0000-01-01' }, pointer: '/from' },
    { name: 'a time', body: { pipeline: BILLING, to: '2026-11-01T00:00:00Z' }, pointer: '/to' },
    { name: 'from after to', body: { pipeline: BILLING, from: '2026-11-02', to: '2026-11-01' }, pointer: '/to' },
    { name: 'no day at all', body: { pipeline: BILLING, from: '2026-11-01', to: '2026-11-01' }, pointer: '/to' },
    { name: 'a century', body: { pipeline: BILLING, from: '1926-01-01', to: '2026-01-01' }, pointer: '/to' },
    { name: 'a stray field', body: { pipeline: BILLING, run: 'x' }, pointer: '/run' },
  ]) {
    it(`are refused for ${name}`, async () => {
      const before = lastCall();
      const { status, body: problem } = await start(body);
      assert.deepEqual([status, problem.code, problem.errors?.[0]?.pointer], [400, 'invalid_request', pointer]);
      assert.equal(startsSince(before), 0);
    });
  }

  it('need an integration that works', async () => {
    const { status, body } = await cloud.call('POST', '/pipelines/globex/runs', { body: { pipeline: BILLING } });
    assert.deepEqual([status, body.code], [404, 'not_configured']);
  });

  it('are seen by viewers, made and called off by editors, and nobody of another organisation', async () => {
    const [{ id }] = (await cloud.call('GET', `${RUNS}?limit=1`)).body.runs;
    const calls = [
      ['GET', RUNS],
      ['GET', `${RUNS}/${id}`],
      ['POST', RUNS],
      ['POST', `${RUNS}/${id}/cancel`],
    ] as const;
    const statuses = (as: Record<string, Role>) =>
      Promise.all(
        calls.map(async ([verb, path]) => {
          const body = path === RUNS && verb === 'POST' ? { body: { pipeline: 'cloud/none' } } : {};
          return (await cloud.call(verb, path, { as, ...body })).status;
        }),
      );
    assert.deepEqual(await statuses({ acme: 'viewer' }), [200, 200, 403, 403]);
    assert.deepEqual(await statuses({ acme: 'editor' }), [200, 200, 400, 200]);
    assert.deepEqual(await statuses({ globex: 'admin' }), [403, 403, 403, 403]);
    for (const [verb, path] of calls.filter(([, path]) => path !== RUNS)) {
      const { status, body } = await cloud.call(verb, path.replace('acme', 'globex'));
      assert.deepEqual([status, body.code], [404, 'not_found'], `${verb} ${path}`);
    }
  });

  it('have ids of one form', async () => {
    for (const id of ['run_1', "run_'--", '..%2f..', `run_${'0'.repeat(32)}`]) {
      assert.equal((await cloud.call('GET', `${RUNS}/${id}`)).status, 404, id);
    }
    assert.equal((await cloud.call('DELETE', `${RUNS}/run_1`)).status, 405);
    assert.equal((await cloud.call('PUT', RUNS, { as: { acme: 'viewer' } })).status, 405);
  });

  it('record what their own queries were billed', async () => {
    const [sums] = await query(`SELECT COUNTIF(bytes_billed IS NULL OR cost_usd IS NULL) AS missing, COUNT(*) AS n
      FROM integrations.pipeline_run_steps`);
    assert(Number(sums?.['n']) > 0);
    assert.equal(sums?.['missing'], 0);
  });

  it('are closed by upkeep when nobody will carry them on', async () => {
    const row = (id: string, rest: string) => `('${id}', 'acme', '${FOCUS}', ${rest})`;
    const lost = [`run_${'a'.repeat(32)}`, `run_${'b'.repeat(32)}`] as const;
    await query(`INSERT INTO integrations.pipeline_runs (run_id, org_slug, pipeline, state, created_at, started_at, lease_until)
      VALUES ${row(lost[0], "'QUEUED', CURRENT_TIMESTAMP(), NULL, NULL")},
        ${row(lost[1], "'RUNNING', CURRENT_TIMESTAMP(), CURRENT_TIMESTAMP(), CURRENT_TIMESTAMP()")}`);
    const closing = async () => {
      assert.equal(await cloud.jobs.run({ job: 'upkeep', args: [] }), 0);
      return Promise.all(lost.map(async (id) => (await get(id)).state));
    };
    assert.deepEqual(await closing(), ['QUEUED', 'RUNNING']);
    cloud.cloud.context.clock.advance(31 * 60);
    assert.deepEqual(await closing(), ['FAILED', 'FAILED']);
    const codes = await Promise.all(lost.map(async (id) => (await get(id)).steps[0]?.error?.code));
    assert.deepEqual(codes, ['not_started', 'interrupted']);
  });
});
