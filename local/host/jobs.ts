import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ApiError } from '../kit/api-error.ts';
import { JOB_GRANTS } from '../topology.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLOCK_PRELOAD = pathToFileURL(join(ROOT, 'local/kit/clock-preload.ts')).href;
/** Keeps a job within 256 MiB: pages die young, so a small nursery and an old space with room for two of them are enough. */
const HEAP_FLAGS = ['--max-semi-space-size=16', '--max-old-space-size=160'];
/** Cloud Run's grace between SIGTERM and SIGKILL, milliseconds. */
const KILL_AFTER_MS = 10_000;

export interface JobRequest {
  readonly job: string;
  /** As the container takes them: `--pipeline ID --org SLUG --from DATE --to DATE`. */
  readonly args: readonly string[];
  readonly taskCount?: number;
  /** Tries after the first, as `max_retries` of a Cloud Run job. */
  readonly maxRetries?: number;
  readonly signal?: AbortSignal;
  /** Told every line that the job writes. */
  readonly onLine?: (line: string) => void;
}

export interface JobHost {
  /** Runs a job to its end, each task as a process of its own with Cloud Run's environment, and answers its exit code. */
  run(request: JobRequest): Promise<number>;
  /** Ends what still runs, as Cloud Run does: SIGTERM, and SIGKILL after 10 s. */
  close(): Promise<void>;
}

export interface JobHostOptions {
  /** Configuration that the job reads, without Cloud Run's own variables. */
  environment(job: string): Readonly<Record<string, string>>;
  /** How far the embedded clock is ahead, milliseconds. */
  clockOffsetMs(): number;
  readonly logFile: string;
  /** Where Node keeps compiled modules, so that a job's process starts in half the time. */
  readonly compileCache: string;
}

export function createJobHost(options: JobHostOptions): JobHost {
  const running = new Set<{ done: Promise<unknown>; stop: () => void }>();
  const closing = new AbortController();

  async function runTask(request: JobRequest, execution: string, index: number): Promise<number> {
    let exitCode = 1;
    for (let attempt = 0; attempt <= (request.maxRetries ?? 0) && exitCode !== 0; attempt++) {
      if (closing.signal.aborted || request.signal?.aborted) break;
      exitCode = await runAttempt(request, {
        CLOUD_RUN_JOB: request.job,
        CLOUD_RUN_EXECUTION: execution,
        CLOUD_RUN_TASK_INDEX: String(index),
        CLOUD_RUN_TASK_COUNT: String(request.taskCount ?? 1),
        CLOUD_RUN_TASK_ATTEMPT: String(attempt),
      });
    }
    return exitCode;
  }

  async function runAttempt(request: JobRequest, cloudRun: Record<string, string>): Promise<number> {
    await mkdir(join(options.logFile, '..'), { recursive: true });
    const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
    const child = spawn(
      process.execPath,
      [
        '--no-warnings',
        ...HEAP_FLAGS,
        '--import',
        `${CLOCK_PRELOAD}?offset_ms=${options.clockOffsetMs()}`,
        join(ROOT, 'jobs', request.job, 'main.ts'),
        ...request.args,
      ],
      {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...options.environment(request.job),
          ...cloudRun,
          NODE_COMPILE_CACHE: options.compileCache,
        },
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.pipe(log, { end: false });
      if (request.onLine) onLines(stream, request.onLine);
    }
    const done = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    const stop = (): void => stopGently(child);
    const entry = { done, stop };
    running.add(entry);
    request.signal?.addEventListener('abort', stop, { once: true });
    try {
      return await done;
    } finally {
      request.signal?.removeEventListener('abort', stop);
      running.delete(entry);
      log.end();
    }
  }

  return {
    async run(request) {
      if (!Object.hasOwn(JOB_GRANTS, request.job)) throw new ApiError(404, `There is no job ${request.job}.`);
      const execution = `${request.job}-${randomUUID().slice(0, 8)}`;
      const tasks = Array.from({ length: request.taskCount ?? 1 }, (_, index) => runTask(request, execution, index));
      return Math.max(...(await Promise.all(tasks)));
    },
    async close() {
      closing.abort();
      for (const { stop } of running) stop();
      await Promise.allSettled([...running].map(({ done }) => done));
    },
  };
}

function stopGently(child: ReturnType<typeof spawn>): void {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  child.once('close', () => clearTimeout(timer));
}

function onLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream.on('end', () => rest && onLine(rest));
}
