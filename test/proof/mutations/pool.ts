import { Worker } from 'node:worker_threads';
import type { Mutation } from './mutation.ts';

/** Judges mutations on a few threads; answers come as they are asked for. */
export interface JudgePool {
  /** How a mutation shows; undefined when nothing speaks against it. Asked without one: the procedure as it stands. */
  faultOf(mutation?: Mutation): Promise<string | undefined>;
  close(): Promise<void>;
}

interface Answer {
  readonly id: number;
  readonly fault?: string;
  readonly error?: string;
}

export function startJudges(threads: number): JudgePool {
  const workers = Array.from({ length: threads }, () => new Worker(new URL('worker.ts', import.meta.url)));
  const waiting = new Map<number, PromiseWithResolvers<string | undefined>>();
  for (const worker of workers) {
    worker.on('message', ({ id, fault, error }: Answer) => {
      const asked = waiting.get(id);
      if (error === undefined) asked?.resolve(fault);
      else asked?.reject(new Error(error));
    });
    worker.on('error', (err) => {
      for (const asked of waiting.values()) asked.reject(err);
    });
  }
  let asked = 0;
  return {
    async faultOf(mutation) {
      const id = asked++;
      const answer = Promise.withResolvers<string | undefined>();
      waiting.set(id, answer);
      workers[id % threads]!.postMessage({ id, mutation });
      return answer.promise;
    },
    async close() {
      await Promise.all(workers.map(async (worker) => worker.terminate()));
    },
  };
}
