import assert from 'node:assert/strict';
import { Type } from '@sinclair/typebox';
import sinon from 'sinon';
import { countBilledBytes } from '../../shared/pipelines/billing-meter.ts';
import { handoverKey } from '../../shared/pipelines/handover.ts';
import { PipelineError } from '../../shared/pipelines/pipeline-error.ts';
import type { Processor } from '../../shared/pipelines/processor.ts';
import { LEASE_MS } from '../../shared/pipelines/run-store.ts';
import { runPipeline, withSettings } from '../../shared/pipelines/runner.ts';
import { aPipeline, aRun, aStep, runnerDeps } from './fakes.ts';

const outage = new PipelineError('backend_unavailable', 'BigQuery did not answer');
const denied = new PipelineError('source_access_denied', 'no');

/** A processor that goes through these outcomes, one a call. */
function scripted(...outcomes: (Error | PipelineError[] | undefined)[]): Processor & { calls: () => number } {
  let call = 0;
  return {
    calls: () => call,
    async run() {
      const outcome = outcomes[call++];
      if (outcome instanceof Error) throw outcome;
      return { failures: outcome ?? [] };
    },
  };
}

const play = (deps: ReturnType<typeof runnerDeps>, ...names: string[]) =>
  runPipeline(aRun(aPipeline(...names.map((processor) => aStep({ processor })))), 'schedule', deps);

describe('the runner', () => {
  it('runs the steps in order and hands values on', async () => {
    const COUNT = handoverKey<number>('a count');
    const deps = runnerDeps({
      First: { run: async ({ handover, progress }) => (progress({ rows: 2, bytes: 9 }), handover.put(COUNT, 3)) },
      Second: { run: async ({ handover, progress }) => progress({ rows: handover.get(COUNT) }) },
    });
    assert.deepEqual(await play(deps, 'First', 'Second'), {
      ...{ state: 'SUCCEEDED', rows: 5, bytes: 9, bytesBilled: 0 },
      error: undefined,
    });
    assert.equal(deps.steps.get('first')?.rows, 2);
    assert.equal(deps.steps.get('second')?.state, 'SUCCEEDED');
  });

  it('adds up what BigQuery bills for its own queries, by step and in all', async () => {
    const deps = runnerDeps({
      First: { run: async () => countBilledBytes('10485760') },
      Second: { run: async () => (countBilledBytes('1'), countBilledBytes(undefined), countBilledBytes('2')) },
    });
    assert.equal((await play(deps, 'First', 'Second')).bytesBilled, 10_485_763);
    assert.deepEqual(
      [...deps.steps.values()].map(({ bytes_billed }) => bytes_billed),
      [10_485_760, 3],
    );
  });

  it('tries three times more with 2 s, 4 s and 8 s in between what can heal', async () => {
    const processor = scripted(outage, outage, outage, undefined);
    const deps = runnerDeps({ Flaky: processor });
    assert.equal((await play(deps, 'Flaky')).state, 'SUCCEEDED');
    assert.deepEqual(
      deps.sleep.args.map(([ms]) => ms),
      [2_000, 4_000, 8_000],
    );
    assert.equal(deps.steps.get('flaky')?.attempts, 4);
  });

  it('gives up after the last try', async () => {
    const deps = runnerDeps({ Down: scripted(outage, outage, outage, outage, undefined) });
    const outcome = await play(deps, 'Down');
    assert.equal(outcome.state, 'FAILED');
    assert.equal(outcome.error?.code, 'backend_unavailable');
  });

  it('does not try again what cannot heal, and records what to do', async () => {
    const processor = scripted(denied);
    const deps = runnerDeps({ Denied: processor, Next: scripted(undefined) });
    assert.equal((await play(deps, 'Denied', 'Next')).state, 'FAILED');
    assert.equal(processor.calls(), 1);
    const { state, error_code, remedy } = deps.steps.get('denied') ?? {};
    assert.deepEqual(
      { state, error_code, remedy },
      { state: 'FAILED', error_code: denied.code, remedy: denied.remedy },
    );
    assert.equal(deps.steps.has('next'), false);
  });

  it('hides the words of unknown errors', async () => {
    const deps = runnerDeps({ Odd: scripted(new Error('token ya29.secret')) });
    const { error } = await play(deps, 'Odd');
    assert.equal(error?.code, 'internal');
    assert.doesNotMatch(JSON.stringify([deps.runs.finish.args, [...deps.steps]]), /ya29/);
  });

  it('is PARTIAL when a part of a step failed and the rest went on', async () => {
    const deps = runnerDeps({ Some: scripted([denied]), Next: scripted(undefined) });
    const outcome = await play(deps, 'Some', 'Next');
    assert.equal(outcome.state, 'PARTIAL');
    assert.equal(deps.steps.get('next')?.state, 'SUCCEEDED');
  });

  it('goes on after a step whose failure may pass', async () => {
    const deps = runnerDeps({ Denied: scripted(denied), Next: scripted(undefined) });
    const steps = [aStep({ processor: 'Denied', onFailure: 'continue' }), aStep({ processor: 'Next' })];
    const outcome = await runPipeline(aRun(aPipeline(...steps)), 'schedule', deps);
    assert.equal(outcome.state, 'PARTIAL');
    assert.equal(deps.steps.get('denied')?.state, 'FAILED');
  });

  it('ends as CANCELLED, and tries nothing again, once it is told to stop', async () => {
    const stop = new AbortController();
    const processor: Processor = {
      run: async ({ signal }) => {
        stop.abort(new PipelineError('interrupted', 'told to stop'));
        signal.throwIfAborted();
      },
    };
    const deps = runnerDeps({ Long: processor, Next: scripted(undefined) }, { signal: stop.signal });
    const outcome = await play(deps, 'Long', 'Next');
    assert.deepEqual([outcome.state, outcome.error?.code], ['CANCELLED', 'interrupted']);
    sinon.assert.calledOnce(deps.runs.finish);
    sinon.assert.notCalled(deps.sleep);
  });

  it('stops a step that takes too long', async () => {
    const processor: Processor = {
      run: ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    };
    const deps = runnerDeps({ Slow: processor });
    const run = aRun(aPipeline(aStep({ processor: 'Slow', timeoutMs: 5 })));
    assert.equal((await runPipeline(run, 'schedule', deps)).error?.code, 'step_timeout');
  });

  it('stops when its lease is lost', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const processor: Processor = {
        run: ({ signal }) => {
          const stopped = new Promise<void>((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
          clock.tick(LEASE_MS / 3);
          return stopped;
        },
      };
      const deps = runnerDeps({ Long: processor });
      deps.runs.renew = sinon.fake.resolves<[], boolean>(false);
      const outcome = await play(deps, 'Long');
      assert.deepEqual([outcome.state, outcome.error?.code], ['CANCELLED', 'cancelled']);
    } finally {
      clock.restore();
    }
  });

  for (const { claim, state } of [
    { claim: 'busy', state: 'BUSY' },
    { claim: 'done', state: 'DONE' },
  ] as const) {
    it(`does nothing when the window is ${claim}`, async () => {
      const processor = scripted(undefined);
      const deps = runnerDeps({ Any: processor });
      deps.runs.claim = sinon.fake.resolves(claim) as never;
      assert.equal((await play(deps, 'Any')).state, state);
      assert.equal(processor.calls(), 0);
      sinon.assert.notCalled(deps.runs.finish);
    });
  }

  it('fills in the defaults of settings and names all that are wrong', () => {
    const settings = Type.Object({ rows: Type.Integer({ default: 7 }) }, { additionalProperties: false });
    const processors = { Known: { settings, run: async () => undefined } };
    assert.deepEqual(withSettings(aPipeline(aStep({ processor: 'Known' })), processors).steps[0]?.with, { rows: 7 });
    const wrong = aPipeline(
      aStep({ processor: 'Known', with: { rows: 'x', more: 1 } }),
      aStep({ processor: 'Unknown' }),
    );
    assert.throws(
      () => withSettings(wrong, processors),
      /known: with\/more.*\n.*with\/rows.*\n.*no processor Unknown/s,
    );
  });
});
