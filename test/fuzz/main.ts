import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

const USAGE = 'node test/fuzz/main.ts [--url http://127.0.0.1:8080] [--requests 20000] [--seed N] [--concurrency 8]';

/** Fuzzes an embedded cloud that runs already; exit code 1 when anything was wrong. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      requests: { type: 'string', default: '20000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      concurrency: { type: 'string', default: '8' },
    },
  });
  const [count, seed, concurrency] = [values.requests, values.seed, values.concurrency].map(wholeNumber);
  console.log(`seed ${seed}`);
  const canary = `canary${seed}qx`;
  const report = await fuzz({ url: values.url, count: count!, seed: seed!, concurrency: concurrency!, canary });
  console.log(JSON.stringify({ ...report, faults: report.faults.length }));
  for (const fault of report.faults) console.log(`\n${fault}`);
  console.log(`\nNothing but accepted values may hold ${canary}: search the logs for it.`);
  process.exitCode = report.faults.length > 0 ? 1 : 0;
}

function wholeNumber(text: string): number {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text);
  throw new Error(`${text} is not a whole number`);
}

main().catch((err: unknown) => {
  console.error(`${err instanceof Error ? err.message : String(err)}\n${USAGE}`);
  process.exitCode = 1;
});
