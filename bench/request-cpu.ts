import { bareClients } from './bare-clients.ts';
import { startBenchCloud } from './bench-cloud.ts';
import type { Benchmark, Size } from './benchmark.ts';
import { getPair } from './call-pairs.ts';
import { median, timed } from './load.ts';
import { seedOrgs } from './seeded-orgs.ts';

const SIZES: Readonly<Record<Size, { orgs: number; warmUp: number; calls: number; rounds: number }>> = {
  tiny: { orgs: 1, warmUp: 2, calls: 4, rounds: 1 },
  quick: { orgs: 1, warmUp: 400, calls: 200, rounds: 3 },
  full: { orgs: 5, warmUp: 1_500, calls: 500, rounds: 7 },
};
const CONCURRENCY = 4;

/** CPU of the function's own process, beside that of this one while it does nothing but the bare client's queries. */
export const benchmark: Benchmark = {
  title: "CPU of get beside the bare client's same query; the cloud has a process of its own",
  async run(size) {
    const { orgs: orgCount, warmUp, calls, rounds } = SIZES[size];
    await using cloud = await startBenchCloud();
    await using bare = bareClients(cloud.platform);
    const get = await cloud.deploy('integrations-get');
    const setup = await cloud.deploy('integrations-setup');
    const pair = getPair(get, bare, await seedOrgs(orgCount, { cloud, setup, bare }));
    const meters = { product: () => get.cpuMs(), bare: async () => ownCpuMs() };

    const perCall = async (side: keyof typeof pair, count: number): Promise<number> => {
      const before = await meters[side]();
      await timed({ count, concurrency: CONCURRENCY }, pair[side]);
      return ((await meters[side]()) - before) / count;
    };
    const product: number[] = [];
    const reference: number[] = [];
    await perCall('product', warmUp);
    await perCall('bare', warmUp);
    // Turn by turn, so that a noisy minute of the machine meets both.
    for (let round = 0; round < rounds; round += 1) {
      product.push(await perCall('product', calls));
      reference.push(await perCall('bare', calls));
    }
    const ratio = median(product.map((cpu, round) => cpu / reference[round]!));
    return {
      columns: ['call', 'calls', 'CPU ms', 'bare CPU ms', 'ratio'],
      rows: [
        { call: 'get', calls: calls * rounds, 'CPU ms': median(product), 'bare CPU ms': median(reference), ratio },
      ],
      budgets: [{ what: 'CPU of get over the bare query', measured: ratio, limit: 1.5, unit: '' }],
    };
  },
};

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
