import { parentPort } from 'node:worker_threads';
import { conversionSteps, procedureOf } from '../procedure-steps.ts';
import { startProofWarehouse } from '../warehouse.ts';
import { judgeOf, type Judge } from './judge.ts';
import { edited, type Mutation } from './mutation.ts';

/** Judges one mutation after the other on a warehouse of its own, apart from the main thread. */
const steps = conversionSteps();
const warehouse = await startProofWarehouse(procedureOf(steps));
const judge = judgeOf(warehouse);

/** How a mutation shows, undefined when it does not; the procedure as it stands for no mutation. */
async function judged(judges: Judge, mutation: Mutation | undefined): Promise<string | undefined> {
  if (!mutation) return judges.faultOf(steps);
  const once = edited(steps, mutation, mutation.rule);
  const mutated = mutation.also ? edited(once, mutation.also, mutation.rule) : once;
  if (!mutation.guards) return judges.faultOf(mutated);
  const unguarded = edited(mutated, mutation.guards, mutation.rule);
  const stopped = await judges.faultOf(edited(steps, mutation.guards, mutation.rule));
  const passed = await judges.faultOf(unguarded);
  const isStop = (fault: string | undefined) => fault?.includes('FOCUS check failed') === true;
  return isStop(stopped) && !isStop(passed) ? `stopped: ${stopped}` : undefined;
}

parentPort!.on('message', (asked: { readonly mutation?: Mutation } | 'close') => {
  if (asked === 'close') return void warehouse.close().then(() => parentPort!.close());
  judged(judge, asked.mutation).then(
    (fault) => parentPort!.postMessage({ fault }),
    (err: unknown) => parentPort!.postMessage({ error: (err as Error).message }),
  );
});
