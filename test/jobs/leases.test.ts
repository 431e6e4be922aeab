import assert from 'node:assert/strict';
import { operatorBigQuery } from '../../local/provision.ts';
import { PipelineError } from '../../shared/pipelines/pipeline-error.ts';
import type { PipelineRun } from '../../shared/pipelines/processor.ts';
import { RunRequests } from '../../shared/pipelines/run-requests.ts';
import { FIND_RUNS } from '../../shared/pipelines/run-statements.ts';
import { LEASE_MS, RunStore } from '../../shared/pipelines/run-store.ts';
import { Warehouse } from '../../shared/pipelines/warehouse.ts';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { aPipeline, aStep } from '../pipelines/fakes.ts';

const pipeline = aPipeline(aStep({ processor: 'Step' }));
const END = { state: 'SUCCEEDED', rows: 7, bytes: 70, bytesBilled: 700 } as const;
const DAYS = { from: '2026-11-01', to: '2026-11-08' };

describe('the lease of a run', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  let warehouse: Warehouse;
  let requests: RunRequests;
  let now: Date;
  let made = 0;
  const clock = { now: () => now };
  before(async () => {
    cloud = await startTestCloud();
    const { projectId, location } = cloud.cloud.context;
    const names = { project: projectId, integrations: 'integrations' };
    const client = operatorBigQuery(cloud.cloud);
    warehouse = new Warehouse(client, names, location);
    requests = new RunRequests(client, { projectId, location, integrationsDataset: 'integrations' }, clock);
  });
  beforeEach(() => void (now = new Date('2026-11-24T06:00:00Z')));
  after(() => cloud.close());

  /** A run of an organisation of its own, so that tests do not meet. */
  const newRun = (like?: PipelineRun): PipelineRun => {
    made += 1;
    const id = `run_${String(made).padStart(32, '0')}`;
    return { pipeline, window: DAYS, org: like?.org ?? `org_${made}`, id };
  };
  const execution = (name?: string) => new RunStore(warehouse, clock, name);
  const pass = (ms: number) => void (now = new Date(now.getTime() + ms));
  const rowOf = async ({ org, id }: PipelineRun) => {
    const { projectId } = cloud.cloud.context;
    const [rows] = await operatorBigQuery(cloud.cloud).query(
      `SELECT * FROM \`${projectId}.integrations.pipeline_runs\` WHERE org_slug = '${org}' AND run_id = '${id}'`,
    );
    return (rows as Record<string, unknown>[])[0];
  };

  it('goes to one of two that claim the same days at once', async () => {
    const first = newRun();
    const rivals = [first, newRun(first), newRun(first)];
    const claims = await Promise.all(rivals.map((run) => execution().claim(run, 'schedule')));
    assert.deepEqual(claims.toSorted(), ['busy', 'busy', 'claimed']);
  });

  it('leaves other days, other pipelines and other organisations free', async () => {
    const first = newRun();
    await execution().claim(first, 'schedule');
    const others = [
      { ...newRun(first), window: { from: DAYS.from } },
      { ...newRun(first), window: {} },
      { ...newRun(first), pipeline: { ...pipeline, id: 'cloud/other' } },
      newRun(),
    ];
    for (const run of others) assert.equal(await execution().claim(run, 'schedule'), 'claimed');
  });

  it('is free again once its run has ended', async () => {
    const first = newRun();
    const owner = execution();
    await owner.claim(first, 'schedule');
    await owner.finish(first, END);
    assert.equal(await execution().claim(newRun(first), 'schedule'), 'claimed');
    const row = await rowOf(first);
    assert.deepEqual([row?.['state'], row?.['rows'], row?.['bytes_billed']], ['SUCCEEDED', 7, 700]);
    assert.equal(String(row?.['cost_usd']), '3.97903932025656104087829589844e-9');
  });

  it('runs out when nobody renews it, and its run is closed as interrupted', async () => {
    const first = newRun();
    await execution().claim(first, 'schedule');
    pass(LEASE_MS);
    assert.equal(await execution().claim(newRun(first), 'schedule'), 'claimed');
    const row = await rowOf(first);
    assert.deepEqual([row?.['state'], row?.['error_code']], ['FAILED', 'interrupted']);
  });

  it('holds for as long as it is renewed', async () => {
    const first = newRun();
    const owner = execution();
    await owner.claim(first, 'schedule');
    pass(LEASE_MS - 1);
    assert.equal(await owner.renew(first, { rows: 1, bytes: 2 }), true);
    pass(LEASE_MS - 1);
    assert.equal(await execution().claim(newRun(first), 'schedule'), 'busy');
  });

  it('is kept by later attempts of the same execution, and by no other execution of the same run', async () => {
    const run = newRun();
    assert.equal(await execution('billing-abc').claim(run, 'schedule'), 'claimed');
    assert.equal(await execution('billing-xyz').claim(run, 'schedule'), 'done');
    assert.equal(await execution('billing-abc').claim(run, 'schedule'), 'claimed');
    assert.equal((await rowOf(run))?.['attempts'], 2);
  });

  it('goes to one of the executions that begin the same run at once', async () => {
    const { org, window } = newRun();
    const { runId } = await requests.queue({ org, pipeline: pipeline.id, window, requestedBy: 'ana' });
    const run = { ...newRun(), org, id: runId };
    const claims = await Promise.all([1, 2, 3].map(() => execution().claim(run)));
    assert.equal(claims.filter((claim) => claim === 'claimed').length, 1);
  });

  it('is not taken by a run that is withdrawn at the last moment', async () => {
    const { org, window } = newRun();
    const { runId } = await requests.queue({ org, pipeline: pipeline.id, window, requestedBy: 'ana' });
    const query: Warehouse['query'] = async (statement, params) => {
      const answer = await warehouse.query(statement, params);
      if (statement === FIND_RUNS) await requests.withdraw(org, runId, 'No job.');
      return answer;
    };
    const store = new RunStore({ query } as Warehouse, clock);
    assert.equal(await store.claim({ ...newRun(), org, id: runId }), 'busy');
    assert.equal((await rowOf({ ...newRun(), org, id: runId }))?.['state'], 'FAILED');
  });

  it('is lost to whoever has taken it over', async () => {
    const run = newRun();
    const first = execution('one');
    await first.claim(run, 'schedule');
    pass(LEASE_MS + 1);
    assert.equal(await execution('two').claim(run, 'schedule'), 'claimed');
    assert.equal(await first.renew(run, { rows: 0, bytes: 0 }), false);
    await first.finish(run, END);
    assert.equal((await rowOf(run))?.['state'], 'RUNNING');
  });

  it('is lost when a user calls the run off, and holds the days until its process lets go', async () => {
    const run = newRun();
    const owner = execution();
    await owner.claim(run, 'schedule');
    assert.equal(await requests.cancel(run.org, run.id, 'ana'), true);
    assert.equal(await owner.renew(run, { rows: 0, bytes: 0 }), false);
    assert.equal(await execution().claim(newRun(run), 'schedule'), 'busy');
    await owner.finish(run, END);
    assert.deepEqual([(await rowOf(run))?.['state'], (await rowOf(run))?.['rows']], ['CANCELLED', 7]);
    assert.equal(await execution().claim(newRun(run), 'schedule'), 'claimed');
    assert.equal(await execution().claim(run, 'schedule'), 'done');
  });

  it('is taken by a queued run only while that stands in the queue', async () => {
    const { org, window } = newRun();
    const { runId } = await requests.queue({ org, pipeline: pipeline.id, window, requestedBy: 'ana' });
    const run = { ...newRun(), org, id: runId };
    assert.equal(await execution().claim({ ...run, org: 'another' }), 'done');
    assert.equal(await execution().claim(run), 'claimed');

    const next = await requests.queue({ org, pipeline: pipeline.id, window: {}, requestedBy: 'ana' });
    assert.equal(await requests.withdraw(org, next.runId, 'No job.'), true);
    assert.equal(await execution().claim({ ...run, id: next.runId, window: {} }), 'done');
    assert.equal(await execution().claim(newRun()), 'done');
  });

  it('is not waited for in the queue for ever', async () => {
    const first = newRun();
    await execution().claim(first, 'schedule');
    const late = newRun(first);
    const store = execution();
    assert.equal(await store.claim(late, 'schedule'), 'busy');
    await store.giveUp(late, 'CANCELLED', new PipelineError('run_in_progress', 'taken'));
    const row = await rowOf(late);
    assert.deepEqual([row?.['state'], row?.['error_code']], ['CANCELLED', 'run_in_progress']);
    await store.giveUp(first, 'CANCELLED', new PipelineError('run_in_progress', 'taken'));
    assert.equal((await rowOf(first))?.['state'], 'RUNNING');
  });

  it('is asked for anew when the run before has ended or its process has died', async () => {
    const { org, window } = newRun();
    const request = { org, pipeline: pipeline.id, window, requestedBy: 'ana' };
    const first = await requests.queue(request);
    assert.deepEqual(await requests.queue(request), { runId: first.runId, isNew: false });
    await execution().claim({ ...newRun(), org, id: first.runId });
    pass(LEASE_MS + 1);
    const second = await requests.queue(request);
    assert.equal(second.isNew, true);
    pass(11 * 60_000);
    assert.equal((await requests.queue(request)).isNew, true, 'its job never came');
  });
});
