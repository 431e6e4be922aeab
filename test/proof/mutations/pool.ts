import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Mutation } from './mutation.ts';

/** Judges mutations on a few threads, each one at a time; answers come as they are asked for. */
export interface JudgePool {
  /** How a mutation shows; undefined when nothing speaks against it. Asked without one: the procedure as it stands. */
  faultOf(mutation?: Mutation): Promise<string | undefined>;
  close(): Promise<void>;
}

interface Answer {
  readonly fault?: string;
  readonly error?: string;
}

export function startJudges(threads: number): JudgePool {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('worker.ts', import.meta.url)));
  const idle = [...workers];
  const waiting: ((worker: Worker) => void)[] = [];

  const take = async (): Promise<Worker> => idle.shift() ?? new Promise((resolve) => waiting.push(resolve));
  const giveBack = (worker: Worker): void => {
    const next = waiting.shift();
    if (next) next(worker);
    else idle.push(worker);
  };

  return {
    async faultOf(mutation) {
      const worker = await take();
      try {
        worker.postMessage({ mutation });
        const [{ fault, error }] = (await once(worker, 'message')) as [Answer];
        if (error !== undefined) throw new Error(error);
        return fault;
      } finally {
        giveBack(worker);
      }
    },
    async close() {
      for (const _ of workers) await end(await take());
    },
  };
}

/** A thread that is cut off in the middle of DuckDB's work takes the process with it, so it is asked to go. */
async function end(worker: Worker): Promise<void> {
  const gone = once(worker, 'exit');
  worker.postMessage('close');
  await gone;
}
