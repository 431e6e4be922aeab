import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Report, Size } from './benchmark.ts';
import { benchmarks } from './benchmarks.ts';
import { isKept, reportText } from './report-text.ts';
import { parseRowCount } from './row-counts.ts';

/** `npm run bench`: measures all that is listed, prints a table each, and ends with 1 when a budget was missed. */
async function main(): Promise<void> {
  const { names, size, rowCounts, json } = readOptions(process.argv.slice(2));
  const reports: Record<string, Report> = {};
  for (const name of names) {
    const { benchmark } = await benchmarks[name]!();
    const startedAt = performance.now();
    const report = await benchmark.run(size, rowCounts);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log([`${name}: ${benchmark.title} (${seconds} s)`, ...reportText(report), ''].join('\n'));
    reports[name] = report;
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ size, reports }, null, 2)}\n`);
  const budgets = Object.values(reports).flatMap((report) => report.budgets);
  process.exitCode = budgets.every(isKept) ? 0 : 1;
}

interface Options {
  readonly names: readonly string[];
  readonly size: Size;
  readonly rowCounts: readonly number[];
  readonly json: string | undefined;
}

function readOptions(args: readonly string[]): Options {
  const known = Object.keys(benchmarks);
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      size: { type: 'string', multiple: true },
      json: { type: 'string' },
    },
  });
  const names = values.only ?? known;
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new Error(`--only: there is no benchmark ${wrong}; there are ${known.join(', ')}.`);
  const rowCounts = (values.size ?? []).map(parseRowCount);
  return { names, size: values.quick ? 'quick' : 'full', rowCounts, json: values.json };
}

main().catch((err: Error) => {
  console.error(err);
  process.exitCode = 1;
});
