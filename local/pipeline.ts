import { parseArgs } from 'node:util';
import { jobOf, loadJobs } from '../shared/pipelines/jobs.ts';
import { loadStartSettings } from '../shared/platform/config.ts';
import { findServer } from './host/server-file.ts';
import { DATA_DIR } from './options.ts';
import { startRuntime } from './runtime.ts';

const USAGE = 'usage: npm run pipeline -- cloud/gcp/cost/billing --org SLUG [--date DATE [--to DATE]]';

interface PipelineRun {
  readonly job: string;
  readonly args: readonly string[];
}

/** `npm run pipeline`: one pipeline as its job would run it, in the running server or in an embedded cloud of its own. */
async function main(): Promise<number> {
  const run = parse(process.argv.slice(2));
  const server = await findServer(DATA_DIR);
  return server ? runThere(server.url, run) : runHere(run);
}

function parse(argv: string[]): PipelineRun {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { org: { type: 'string' }, date: { type: 'string' }, to: { type: 'string' } },
  });
  const [pipeline] = positionals;
  const jobs = loadJobs();
  const job = pipeline === undefined ? undefined : jobOf(pipeline, jobs);
  if (!pipeline || positionals.length > 1) throw new Error(USAGE);
  if (!job) {
    const known = jobs.flatMap(({ pipelines }) => pipelines);
    throw new Error(`There is no pipeline ${pipeline}; known: ${known.join(', ')}.`);
  }
  if (!values.org) throw new Error(`--org is missing.\n${USAGE}`);
  if (values.to !== undefined && values.date === undefined) throw new Error(`--to needs --date.\n${USAGE}`);
  const window = values.date ? ['--from', values.date, '--to', values.to ?? dayAfter(values.date)] : [];
  return { job, args: ['--pipeline', pipeline, '--org', values.org, ...window] };
}

function dayAfter(date: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime())) throw new Error(`--date: ${date} is not a day such as 2026-11-01.`);
  return new Date(day.getTime() + 86_400_000).toISOString().slice(0, 10);
}

async function runThere(url: string, { job, args }: PipelineRun): Promise<number> {
  const response = await fetch(`${url}/local/jobs/${job}`, { method: 'POST', body: JSON.stringify({ args }) });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const { exit_code: exitCode } = (await response.json()) as { exit_code: number };
  console.log(exitCode === 0 ? `${job} succeeded` : `${job} failed: see .local/log/jobs.jsonl`);
  return exitCode === 0 ? 0 : 1;
}

async function runHere({ job, args }: PipelineRun): Promise<number> {
  const runtime = await startRuntime({ dataDir: DATA_DIR, settings: { ...loadStartSettings(), port: 0 } });
  try {
    return (await runtime.jobs.run({ job, args, onLine: (line) => console.log(line) })) === 0 ? 0 : 1;
  } finally {
    await runtime.close();
  }
}

main().then(
  (exitCode) => process.exit(exitCode),
  (err: unknown) => {
    console.error(err instanceof Error ? err.message : err);
    process.exit(1);
  },
);
