import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJobHost } from '../local/host/jobs.ts';
import type { BenchCloud } from './bench-cloud.ts';
import { median } from './load.ts';

const METER = pathToFileURL(join(import.meta.dirname, 'process-meter.ts')).href;

/** What a process took from its start to its end. */
export interface Usage {
  readonly seconds: number;
  /** CPU of all its threads, milliseconds. */
  readonly cpuMs: number;
  /** Highest resident set, MiB. */
  readonly peakMiB: number;
}

type Environment = Readonly<Record<string, string>>;

/** Runs a job of the product as Cloud Run would. @throws Error with the end of its log unless it succeeds. */
export function runJob(job: string, args: readonly string[], { environment, dataDir }: BenchCloud): Promise<Usage> {
  return metered(dataDir, async (meter) => {
    const host = createJobHost({
      environment: () => ({ ...environment, ...meter }),
      clockOffsetMs: () => 0,
      logFile: join(dataDir, 'bench-jobs.jsonl'),
      compileCache: compileCacheIn(dataDir),
    });
    const lines: string[] = [];
    const onLine = (line: string): void => void (lines.push(line) > KEPT_LINES && lines.shift());
    const exitCode = await host.run({ job, args, onLine });
    if (exitCode !== 0) throw new Error(`Job ${job} ended with ${exitCode}:\n${lines.join('\n')}`);
  });
}

const KEPT_LINES = 20;

/** Runs a script of this folder under the same conditions. */
export function runScript(file: string, args: readonly string[], cloud: BenchCloud): Promise<Usage> {
  const { environment, dataDir } = cloud;
  return metered(dataDir, async (meter) => {
    const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, file), ...args], {
      env: { ...environment, ...meter, NODE_COMPILE_CACHE: compileCacheIn(dataDir) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}.`);
  });
}

/** Of each figure of several runs the one in the middle; of the peaks the highest. */
export function middleOf(usages: readonly Usage[]): Usage {
  return {
    seconds: median(usages.map(({ seconds }) => seconds)),
    cpuMs: median(usages.map(({ cpuMs }) => cpuMs)),
    peakMiB: Math.max(...usages.map(({ peakMiB }) => peakMiB)),
  };
}

const compileCacheIn = (folder: string): string => join(folder, 'bench-compile-cache');

async function metered(folder: string, run: (meter: Environment) => Promise<void>): Promise<Usage> {
  const file = join(folder, `meter-${randomUUID()}.json`);
  const startedAt = performance.now();
  await run({ NODE_OPTIONS: `--import ${METER}?file=${encodeURIComponent(file)}` });
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, ...(JSON.parse(readFileSync(file, 'utf8')) as Omit<Usage, 'seconds'>) };
}
