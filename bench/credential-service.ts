import { bareClients } from './bare-clients.ts';
import { startBenchCloud } from './bench-cloud.ts';
import type { Benchmark, Report, Size } from './benchmark.ts';
import { getPair, listPair, setupPair, type CallPair } from './call-pairs.ts';
import { timed, type Timing } from './load.ts';
import { seedOrgs, untilTested } from './seeded-orgs.ts';

type Row = Report['rows'][number];

/** Calls behind each line of the table. */
const SIZES: Readonly<Record<Size, { orgs: number; reads: number; setups: number; levels: readonly number[] }>> = {
  tiny: { orgs: 1, reads: 4, setups: 2, levels: [2] },
  quick: { orgs: 2, reads: 100, setups: 30, levels: [1, 10, 50] },
  full: { orgs: 5, reads: 300, setups: 120, levels: [1, 10, 50] },
};

const COLUMNS = [
  'call',
  'at once',
  'p50 ms',
  'p95 ms',
  'per second',
  'bare p50 ms',
  'bare p95 ms',
  'bare per second',
  'p50 ratio',
];

export const benchmark: Benchmark = {
  title: "setup, get and list beside the bare Google clients' same calls",
  async run(size) {
    const { orgs: orgCount, reads, setups, levels } = SIZES[size];
    await using cloud = await startBenchCloud();
    await using bare = bareClients(cloud.platform);
    const setup = await cloud.deploy('integrations-setup');
    const get = await cloud.deploy('integrations-get');
    const list = await cloud.deploy('integrations-list');
    const orgs = await seedOrgs(orgCount, { cloud, setup, bare });

    const between = () => untilTested(bare);
    const like = orgs[0]!;
    return {
      columns: COLUMNS,
      rows: [
        ...(await compare('get', getPair(get, bare, orgs), { levels, count: reads, between })),
        ...(await compare('list', listPair(list, bare, orgs), { levels, count: reads, between })),
        ...(await compare(
          'setup',
          await setupPair(levels.length * (setups + warmUpOf(setups)), { cloud, setup, bare, like }),
          { levels, count: setups, between },
        )),
      ],
      budgets: [],
    };
  },
};

interface Course {
  readonly levels: readonly number[];
  readonly count: number;
  /** Awaited between two runs. */
  readonly between: () => Promise<void>;
}

async function compare(name: string, pair: CallPair, { levels, count, between }: Course): Promise<Row[]> {
  const next = { product: 0, bare: 0 };
  const run = async (side: keyof CallPair, concurrency: number, calls: number): Promise<Timing> => {
    const from = next[side];
    next[side] += calls;
    const timing = await timed({ count: calls, concurrency }, (index) => pair[side](from + index));
    await between();
    return timing;
  };
  const rows: Row[] = [];
  for (const concurrency of levels) {
    await run('product', concurrency, warmUpOf(count));
    await run('bare', concurrency, warmUpOf(count));
    const product = await run('product', concurrency, count);
    const bare = await run('bare', concurrency, count);
    rows.push(rowOf(name, concurrency, product, bare));
  }
  return rows;
}

/** Compilers and connections settle in calls that do not count. */
function warmUpOf(count: number): number {
  return Math.ceil(count / 2);
}

function rowOf(call: string, concurrency: number, product: Timing, bare: Timing): Row {
  return {
    call,
    'at once': concurrency,
    'p50 ms': product.p50,
    'p95 ms': product.p95,
    'per second': product.perSecond,
    'bare p50 ms': bare.p50,
    'bare p95 ms': bare.p95,
    'bare per second': bare.perSecond,
    'p50 ratio': product.p50 / bare.p50,
  };
}
