import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { normalise, type Normalised, type NormaliseTask } from './normalise.ts';

/** From this size on a file is read in a thread of its own: the other services share this one. */
const WORKER_BYTES = 16 << 20;

export async function normaliseFile(task: NormaliseTask): Promise<Normalised> {
  const { size } = await stat(task.input);
  if (size < WORKER_BYTES) return normalise(task);
  const { promise, resolve, reject } = Promise.withResolvers<Normalised>();
  const worker = new Worker(new URL('normalise-worker.ts', import.meta.url), { workerData: task });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`The thread that reads a load ended with ${code}.`)));
  return promise;
}
