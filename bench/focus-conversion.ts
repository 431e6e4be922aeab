import { bigQuery } from '../shared/gcp/bigquery.ts';
import { CONVERT_PERIODS } from '../shared/pipelines/focus-statements.ts';
import { ensureLookups } from '../shared/pipelines/lookups.ts';
import { ensureOrgDataset, orgDatasetName } from '../shared/pipelines/org-dataset.ts';
import { fillNames, Warehouse } from '../shared/pipelines/warehouse.ts';
import { startBenchCloud, type BenchCloud } from './bench-cloud.ts';
import type { Benchmark, Report } from './benchmark.ts';
import { median } from './load.ts';
import { logicalBytesPerRow } from './logical-size.ts';
import { conversionSteps, timePerStep } from './procedure-steps.ts';
import { loadRawRows, type Period } from './raw-rows.ts';
import { roundsOf, rowCountsOf, rowCountText } from './row-counts.ts';
import { timedQuery } from './timed-query.ts';

const COPY = 'CREATE TABLE AS SELECT *';
const CALL = 'CALL';

/** Milliseconds of the copy, of the call and of each of its steps, for so many rows. */
interface Times {
  readonly rows: number;
  readonly ms: ReadonlyMap<string, number>;
}

export const benchmark: Benchmark = {
  title: 'the procedure beside CREATE TABLE AS SELECT * of the same raw rows, on the same engine',
  async run(size, asked) {
    await using cloud = await startBenchCloud();
    const measured: Times[] = [];
    let sizes = '';
    for (const rows of rowCountsOf(size, asked)) {
      const warehouse = await orgWarehouse(`rows_${rowCountText(rows).toLowerCase()}`, cloud);
      const raw = warehouse.bigQuery.dataset(warehouse.names.org!).table('cloud_gcp_billing_raw_daily');
      const periods = await loadRawRows(raw, rows);
      measured.push({ rows, ms: await medianTimes(roundsOf(rows), warehouse, periods) });
      sizes ||= await rowSizes(warehouse);
    }
    return { ...reportOf(measured), notes: [sizes] };
  },
};

async function orgWarehouse(org: string, { platform }: BenchCloud): Promise<Warehouse> {
  const { projectId: project, integrationsDataset: integrations, location } = platform.config;
  const warehouse = new Warehouse(bigQuery(platform), { project, integrations }, location);
  await ensureLookups(warehouse);
  return ensureOrgDataset(warehouse, orgDatasetName(org, platform.config));
}

/** Of each time the one in the middle. Among several calls the first is not counted: compilers settle, and only later ones find former rows. */
async function medianTimes(rounds: number, warehouse: Warehouse, periods: readonly Period[]) {
  const names = [COPY, CALL, ...conversionSteps(warehouse.names).map(({ name }) => name)];
  const taken: ReadonlyMap<string, number>[] = [];
  if (rounds > 1) await convert(warehouse, periods);
  while (taken.length < rounds) {
    const [copyMs, calls] = [await copy(warehouse), await convert(warehouse, periods)];
    taken.push(new Map([[COPY, copyMs], ...calls]));
  }
  return new Map(names.map((name) => [name, median(taken.map((times) => times.get(name)!))]));
}

async function rowSizes({ bigQuery: client, names }: Warehouse): Promise<string> {
  const bytesOf = (table: string): Promise<number> => logicalBytesPerRow(client.dataset(names.org!).table(table));
  const [raw, focus] = [await bytesOf('cloud_gcp_billing_raw_daily'), await bytesOf('cost_data_standard_1_3')];
  return `logical bytes a row: ${raw.toFixed(0)} raw, ${focus.toFixed(0)} FOCUS`;
}

async function copy(warehouse: Warehouse): Promise<number> {
  const { names, location } = warehouse;
  const query = fillNames(
    'CREATE TABLE `{{project}}.{{org}}.copied_rows` AS SELECT * FROM `{{project}}.{{org}}.cloud_gcp_billing_raw_daily`',
    names,
  );
  const { ms } = await timedQuery(warehouse.bigQuery, { query, location });
  await warehouse.bigQuery.dataset(names.org!).table('copied_rows').delete();
  return ms;
}

/** One call for each period, as the job makes them; the times are the sums. */
async function convert(warehouse: Warehouse, periods: readonly Period[]): Promise<Map<string, number>> {
  const { names, location } = warehouse;
  const steps = conversionSteps(names);
  const query = fillNames(CONVERT_PERIODS.sql, names);
  const sums = new Map<string, number>();
  for (const period of periods) {
    const params = { periods: [period] };
    const call = await timedQuery(warehouse.bigQuery, { query, location, params, types: CONVERT_PERIODS.types });
    const times = [[CALL, call.ms], ...timePerStep(steps, call.statements)] as const;
    for (const [name, ms] of times) sums.set(name, (sums.get(name) ?? 0) + ms);
  }
  return sums;
}

function reportOf(measured: readonly Times[]): Report {
  const largest = measured.at(-1)!;
  const before = measured.at(-2) ?? largest;
  const perRow = ({ rows, ms }: Times, name: string): number => (ms.get(name)! * 1000) / rows;
  const overCopy = (name: string): number => largest.ms.get(name)! / largest.ms.get(COPY)!;
  const growth = (name: string): number => perRow(largest, name) / Math.max(perRow(before, name), Number.MIN_VALUE);
  const columnOf = ({ rows }: Times): string => `ms at ${rowCountText(rows)}`;
  return {
    columns: ['statements', ...measured.map(columnOf), 'µs a row', 'over the copy', 'growth of µs a row'],
    rows: [...largest.ms.keys()].map((name) => ({
      statements: name,
      ...Object.fromEntries(measured.map((times) => [columnOf(times), times.ms.get(name)!])),
      'µs a row': perRow(largest, name),
      'over the copy': overCopy(name),
      'growth of µs a row': growth(name),
    })),
    budgets: [
      { what: 'the procedure over the copy', measured: overCopy(CALL), limit: 12, unit: '' },
      { what: 'its time per row over that of the size before', measured: growth(CALL), limit: 1.3, unit: '' },
    ],
  };
}
