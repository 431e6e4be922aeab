import assert from 'node:assert/strict';
import { Turns } from '../../shared/pipelines/landing/turns.ts';
import { UnitLander, type OpenRows } from '../../shared/pipelines/landing/unit-lander.ts';
import type { WireRow } from '../../shared/pipelines/landing/row-writer.ts';
import type { SourceTable } from '../../shared/pipelines/landing/source-table.ts';
import type { SourceUnit } from '../../shared/pipelines/landing/source-units.ts';
import { Warehouse } from '../../shared/pipelines/warehouse.ts';
import { aPipeline, aRun, NOW } from './fakes.ts';
import { FakeBigQuery, STEPS } from './fake-bigquery.ts';

const columns = [
  { name: 'cost', type: 'FLOAT64' },
  { name: 'x_run_id', type: 'STRING' },
];
const source: SourceTable = {
  kind: 'standard',
  path: { projectId: 'acme-billing', datasetId: 'exports', tableId: 'gcp_billing_export_v1_A' },
  name: 'acme-billing.exports.gcp_billing_export_v1_A',
  location: 'US',
  fields: [{ name: 'cost', type: 'FLOAT' }],
  reading: 'partitions',
  partition: 'DAY',
  createdAt: NOW,
  modifiedAt: NOW,
  rowCount: 3,
};
const unit: SourceUnit = {
  source,
  name: source.name,
  day: '2026-11-01',
  until: '2026-11-02',
  isWhole: false,
  rows: { tableIds: ['t$20261101'] },
  lastModified: '2026-11-02T00:00:00.000Z',
  rowCount: 3,
};
const costs = (raw: FakeBigQuery['raw']) => raw.map(({ row }) => (row as { cost: string }).cost);

async function* wirePages(...pages: string[][]): AsyncGenerator<WireRow[]> {
  for (const page of pages) yield page.map((v) => ({ f: [{ v }] }));
}
const pagesOf = (...pages: string[][]): OpenRows => ({ columns: source.fields, pages: wirePages(...pages) });
const rows = () => pagesOf(['0.1', '0.2'], ['-0.3']);

/** A process that lands for a run; each has its own lander. */
function landerOf(bigQuery: FakeBigQuery, { run = 'run_1', attempt = '0.1' } = {}): UnitLander {
  return new UnitLander({
    warehouse: new Warehouse(bigQuery.client, { project: 'p', integrations: 'integrations', org: 'acme_prod' }, 'US'),
    clock: { now: () => NOW },
    run: { ...aRun(aPipeline()), id: run },
    credentialId: 'cred_1',
    table: 'cloud_gcp_billing_raw_daily',
    columns,
    turns: new Turns(),
    attempt,
    signal: new AbortController().signal,
  });
}

describe('landing a unit', () => {
  let bigQuery: FakeBigQuery;
  beforeEach(() => {
    bigQuery = new FakeBigQuery();
  });

  it('replaces its rows, records it and leaves no staging table behind', async () => {
    bigQuery.raw = [
      { source: source.name, day: unit.day, run: 'old', row: { cost: '9' } },
      { source: source.name, day: '2026-11-02', run: 'old', row: { cost: '7' } },
      { source: 'other', day: unit.day, run: 'old', row: { cost: '8' } },
    ];
    const report = await landerOf(bigQuery).land(unit, rows);
    assert.deepEqual(report, { rows: 3, bytes: 46, duplicates: 0, wasLanded: false });
    assert.deepEqual(costs(bigQuery.raw), ['7', '8', '0.1', '0.2', '-0.3']);
    assert.equal(bigQuery.landed.get(`${source.name}/${unit.day}`)?.rows, 3);
    assert.equal(bigQuery.staging.size, 0);
  });

  it('a second time in the same run lands nothing twice', async () => {
    await landerOf(bigQuery).land(unit, rows);
    const jobs = bigQuery.jobs.size;
    assert.deepEqual(await landerOf(bigQuery).land(unit, rows), { rows: 0, bytes: 0, duplicates: 0, wasLanded: true });
    assert.equal(bigQuery.raw.length, 3);
    assert.equal(bigQuery.jobs.size, jobs);
  });

  it('again in the same run, after its source changed, lands what is there now', async () => {
    await landerOf(bigQuery).land(unit, rows);
    await landerOf(bigQuery).land({ ...unit, lastModified: '2026-11-02T00:00:01.000Z' }, () => pagesOf(['5']));
    assert.deepEqual(costs(bigQuery.raw), ['5']);
  });

  it('that is empty removes its rows without a load job', async () => {
    await landerOf(bigQuery).land(unit, rows);
    await landerOf(bigQuery, { run: 'run_2' }).land({ ...unit, rowCount: 0 }, () => pagesOf());
    assert.deepEqual(bigQuery.raw, []);
    assert.equal(bigQuery.landed.get(`${source.name}/${unit.day}`)?.rows, 0);
    assert.equal([...bigQuery.jobs.keys()].filter((id) => id.startsWith('load-')).length, 1);
  });

  it('whose source is gone forgets it', async () => {
    await landerOf(bigQuery).land(unit, rows);
    await landerOf(bigQuery, { run: 'run_2' }).remove(unit);
    assert.deepEqual([bigQuery.raw, bigQuery.landed.size], [[], 0]);
  });

  it('that stops half way changes nothing', async () => {
    await landerOf(bigQuery).land(unit, rows);
    const broken = async function* (): AsyncGenerator<WireRow[]> {
      yield* wirePages(['1']);
      throw new Error('the source went away');
    };
    const rowsOf = () => ({ columns: source.fields, pages: broken() });
    await assert.rejects(landerOf(bigQuery, { run: 'run_2' }).land(unit, rowsOf), /went away/);
    assert.deepEqual(costs(bigQuery.raw), ['0.1', '0.2', '-0.3']);
  });

  it('goes on under the next job name when BigQuery failed the first', async () => {
    const lander = landerOf(bigQuery);
    await lander.land(unit, rows);
    const id = [...bigQuery.jobs.keys()].find((name) => name.startsWith('land-')) ?? '';
    const fresh = new FakeBigQuery();
    fresh.jobs.set(id, 'failed');
    await landerOf(fresh).land(unit, rows);
    assert.deepEqual([fresh.raw.length, fresh.jobs.get(`${id}-2`)], [3, 'done']);
  });

  for (const step of STEPS) {
    for (const when of ['before', 'after'] as const) {
      for (const next of [{ run: 'run_1' }, { run: 'run_1', attempt: '1.1' }, { run: 'run_2' }]) {
        const restart = next.run === 'run_2' ? 'another run' : `attempt ${next.attempt ?? '0.1'} of the same run`;
        it(`loses and doubles nothing when the process dies ${when} the ${step}, then ${restart} comes`, async () => {
          bigQuery.crash = { step, when };
          await assert.rejects(landerOf(bigQuery).land(unit, rows));
          assert.ok([0, 3].includes(bigQuery.raw.length), 'half a unit was seen');
          await landerOf(bigQuery, next).land(unit, rows);
          assert.deepEqual(costs(bigQuery.raw), ['0.1', '0.2', '-0.3']);
        });
      }
    }
  }
});
