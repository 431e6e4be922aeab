import { parentPort, workerData } from 'node:worker_threads';
import { normalise, type NormaliseTask } from './normalise.ts';

parentPort?.postMessage(normalise(workerData as NormaliseTask));
