import { orgDatasetName } from '../shared/pipelines/org-dataset.ts';
import { bareClients } from './bare-clients.ts';
import { startBenchCloud, type BenchCloud } from './bench-cloud.ts';
import type { Benchmark, Report } from './benchmark.ts';
import { middleOf, runJob, runScript, type Usage } from './metered-process.ts';
import { roundsOf, rowCountsOf, rowCountText } from './row-counts.ts';
import { connectCustomer } from './sample-customer.ts';
import { sampleExport, windowOf } from './sample-export.ts';

/** An export at a customer, and the days of it that are landed. */
interface Load {
  readonly org: string;
  readonly rows: number;
  readonly tables: readonly string[];
  readonly days: readonly string[];
}

/** What was used by the job, and by the client library alone, for so many rows. */
interface Pair {
  readonly rows: number;
  readonly job: Usage;
  readonly bare: Usage;
}

export const benchmark: Benchmark = {
  title: 'job billing beside table.createReadStream of the same rows, each in a process of its own',
  async run(size, asked) {
    await using cloud = await startBenchCloud();
    await using bare = bareClients(cloud.platform);
    const setup = await cloud.deploy('integrations-setup');
    const pairs: Pair[] = [];
    let start: Pair | undefined;
    for (const rows of rowCountsOf(size, asked)) {
      const org = `rows_${rowCountText(rows).toLowerCase()}`;
      const tables = await connectCustomer(org, rows, { cloud, setup, bare });
      start = await startOf(org, cloud);
      pairs.push(await measure({ org, rows, tables, days: windowOf(sampleExport(rows)) }, roundsOf(rows), cloud));
      await assertLanded(org, rows, cloud);
    }
    const uploaded = `bytes of a row in load jobs: ${(await uploadedPerRow(cloud)).toFixed(0)}`;
    return { ...reportOf(start!, pairs), notes: [uploaded] };
  },
};

/** Days of which no export has rows. */
const NO_DAYS = ['--from', '2001-01-01', '--to', '2001-01-02'];
const START_ROUNDS = 3;

/** What both sides use before their first row. Among several runs, that which makes the organisation's dataset does not count. */
function startOf(org: string, cloud: BenchCloud): Promise<Pair> {
  return measure({ org, rows: 0, tables: [], days: NO_DAYS }, START_ROUNDS, cloud);
}

/** Turn by turn, so that a noisy minute of the machine meets both. */
async function measure({ org, rows, tables, days }: Load, rounds: number, cloud: BenchCloud): Promise<Pair> {
  const args = ['--pipeline', 'cloud/gcp/cost/billing', '--org', org, ...days];
  const endpoint = cloud.platform.config.endpoints.bigquery!;
  const taken: { job: Usage; bare: Usage }[] = [];
  while (taken.length < rounds) {
    const job = await runJob('billing', args, cloud);
    taken.push({ job, bare: await runScript('read-export.ts', [endpoint, ...tables], cloud) });
  }
  return { rows, job: middleOf(taken.map(({ job }) => job)), bare: middleOf(taken.map(({ bare }) => bare)) };
}

/** A job that left rows out would be a fast one. */
async function assertLanded(org: string, rows: number, { platform, query }: BenchCloud): Promise<void> {
  const dataset = `${platform.config.projectId}.${orgDatasetName(org, platform.config)}`;
  const [found] = await query(`SELECT COUNT(*) AS n FROM \`${dataset}.cloud_gcp_billing_raw_daily\``);
  if (Number(found?.['n']) !== rows) throw new Error(`Of ${rows} rows ${String(found?.['n'])} were landed.`);
}

/** What the runs have written down. */
async function uploadedPerRow({ platform, query }: BenchCloud): Promise<number> {
  const { projectId, integrationsDataset } = platform.config;
  const runs = `${projectId}.${integrationsDataset}.pipeline_runs`;
  const [found] = await query(`SELECT SUM(run.bytes) / SUM(run.rows) AS ratio FROM \`${runs}\` AS run`);
  return Number(found?.['ratio']);
}

function reportOf(start: Pair, pairs: readonly Pair[]): Report {
  const perRow = ({ rows, ...pair }: Pair, side: 'job' | 'bare'): number =>
    ((pair[side].cpuMs - start[side].cpuMs) * 1000) / rows;
  const ratioOf = (pair: Pair): number => perRow(pair, 'job') / perRow(pair, 'bare');
  const rows = [start, ...pairs].map((pair) => ({
    rows: pair === start ? 'none' : rowCountText(pair.rows),
    seconds: pair.job.seconds,
    'rows a second': pair === start ? '' : pair.rows / (pair.job.seconds - start.job.seconds),
    'CPU µs a row': pair === start ? '' : perRow(pair, 'job'),
    'bare CPU µs a row': pair === start ? '' : perRow(pair, 'bare'),
    ratio: pair === start ? '' : ratioOf(pair),
    'peak MiB': pair.job.peakMiB,
    'bare peak MiB': pair.bare.peakMiB,
  }));
  const peak = Math.max(...pairs.map(({ job }) => job.peakMiB));
  return {
    columns: Object.keys(rows[0]!),
    rows,
    budgets: [
      { what: 'CPU of landing a row over reading it', measured: ratioOf(pairs.at(-1)!), limit: 1.5, unit: '' },
      { what: 'peak memory of the job', measured: peak, limit: 256, unit: 'MiB' },
    ],
  };
}
