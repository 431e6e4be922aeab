import assert from 'node:assert/strict';
import sinon from 'sinon';
import { cancelRun } from '../../functions/pipelines/cancel-run.ts';
import { parseStart } from '../../functions/pipelines/start-body.ts';
import { startRun, type StartDeps } from '../../functions/pipelines/start-run.ts';
import { RunList } from '../../functions/schemas.ts';
import { jobOf } from '../../shared/pipelines/jobs.ts';
import { readRun, type RunRecord } from '../../shared/pipelines/run-record.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import { createAjv } from '../../shared/providers/schema-validator.ts';
import { aRow } from '../credentials/fixtures.ts';
import { registry } from '../providers/fixtures.ts';
import { silent } from './fixtures.ts';

const BILLING = 'cloud/gcp/cost/billing';
const RUN_ID = `run_${'a'.repeat(32)}`;
const READY = {
  provider_key: 'GCP_SA',
  validation_status: 'VALID',
  metadata: { billing_export_table: 'p.d.t' },
} as const;
const request = {
  ...{ org: 'acme', pipeline: BILLING, requestedBy: 'ana' },
  window: { from: '2026-11-01', to: '2026-11-08' },
};

function wireRun(changes: object = {}): Record<string, unknown> {
  return {
    ...{ run_id: RUN_ID, pipeline: BILLING, state: 'QUEUED', requested_by: 'ana', rows: 0, bytes: 0 },
    ...{ window_from: { value: '2026-11-01' }, window_to: { value: '2026-11-08' } },
    ...{ started_at: null, finished_at: null, error_code: null, error_message: null, steps: [] },
    ...changes,
  };
}

function startDeps({ row = aRow(READY), isNew = true, withdrawn = true } = {}) {
  const runs = {
    queue: sinon.fake(async (_request: object) => ({ runId: RUN_ID, isNew })),
    withdraw: sinon.fake(async (_org: string, _runId: string, _reason: string) => withdrawn),
    find: sinon.fake(async () => readRun(wireRun())),
  };
  const jobs = { start: sinon.stub<[string, readonly string[]], Promise<void>>().resolves() };
  const deps: StartDeps = { registry, store: { find: async () => row }, runs, jobs, jobOf, log: silent };
  return { deps, runs, jobs };
}

describe('starting a run', () => {
  it('queues it and starts the job of its pipeline with its id', async () => {
    const { deps, jobs } = startDeps();
    const { run, isNew } = await startRun(request, deps);
    assert.deepEqual([run.id, run.state, isNew], [RUN_ID, 'QUEUED', true]);
    const days = ['--from', '2026-11-01', '--to', '2026-11-08'];
    sinon.assert.calledOnceWithExactly(jobs.start, 'billing', [
      ...['--pipeline', BILLING, '--org', 'acme'],
      ...[...days, '--run', RUN_ID],
    ]);
  });

  it('names no days where none were asked for', async () => {
    const { deps, jobs } = startDeps();
    await startRun({ ...request, window: { from: undefined, to: undefined } }, deps);
    assert.deepEqual(jobs.start.args[0]?.[1], ['--pipeline', BILLING, '--org', 'acme', '--run', RUN_ID]);
  });

  it('starts no job for a run that is under way', async () => {
    const { deps, jobs } = startDeps({ isNew: false });
    assert.equal((await startRun(request, deps)).isNew, false);
    sinon.assert.notCalled(jobs.start);
  });

  it('withdraws the run when the job cannot be started', async () => {
    const { deps, jobs, runs } = startDeps();
    jobs.start.rejects(new ServiceError('backend_unavailable', 'away'));
    await assert.rejects(startRun(request, deps), { code: 'backend_unavailable' });
    sinon.assert.calledOnceWithMatch(runs.withdraw, 'acme', RUN_ID);
  });

  it('goes on with a run that has begun although the answer got lost', async () => {
    const { deps, jobs } = startDeps({ withdrawn: false });
    jobs.start.rejects(new ServiceError('backend_unavailable', 'away'));
    assert.equal((await startRun(request, deps)).run.id, RUN_ID);
  });

  for (const { name, row, says } of [
    { name: 'was deleted', row: aRow({ ...READY, deleted_at: '2026-11-01T00:00:00Z' }), says: /is not set up/ },
    { name: 'did not pass its test', row: aRow({ ...READY, validation_status: 'INVALID' }), says: /INVALID/ },
    { name: 'names no export', row: aRow({ ...READY, metadata: {} }), says: /billing_export_table/ },
  ]) {
    it(`is refused while the integration ${name}, and leaves nothing behind`, async () => {
      const { deps, runs } = startDeps({ row });
      await assert.rejects(startRun(request, deps), { code: 'not_configured', message: says });
      sinon.assert.notCalled(runs.queue);
    });
  }

  it('names the pipelines that there are when there is no such one', async () => {
    const { deps } = startDeps();
    await assert.rejects(startRun({ ...request, pipeline: 'cloud/none' }, deps), (err: ServiceError) => {
      assert.equal(err.code, 'invalid_request');
      assert.match(err.faults[0]?.hint ?? '', /cloud\/gcp\/cost\/billing/);
      assert(!JSON.stringify(err.faults).includes('cloud/none'));
      return true;
    });
  });
});

describe('the body of a run', () => {
  it('may leave out either end, or name it as null', () => {
    const open = { from: undefined, to: undefined };
    assert.deepEqual(parseStart({ pipeline: 'p' }), { pipeline: 'p', window: open });
    assert.deepEqual(parseStart({ pipeline: 'p', from: null, to: null }).window, open);
    assert.deepEqual(parseStart({ pipeline: 'p', from: '2024-02-29' }).window, { from: '2024-02-29', to: undefined });
  });

  it('takes two years and not a day more', () => {
    assert(parseStart({ pipeline: 'p', from: '2024-01-01', to: '2026-01-01' }));
    assert.throws(() => parseStart({ pipeline: 'p', from: '2024-01-01', to: '2026-01-02' }), {
      code: 'invalid_request',
    });
  });

  for (const body of [undefined, [], 'p', 1, { pipeline: 1 }, { pipeline: '' }, { pipeline: 'p', from: 20261101 }]) {
    it(`is refused as ${JSON.stringify(body)}`, () => {
      assert.throws(() => parseStart(body), { code: 'invalid_request' });
    });
  }
});

describe('calling a run off', () => {
  const cancelling = (run: RunRecord | undefined, isCancelled = true) => {
    const find = sinon.fake(async () => run);
    return cancelRun({ org: 'acme', id: RUN_ID, by: 'ana' }, { runs: { find, cancel: async () => isCancelled } });
  };

  it('tells a run at work from one in the queue', async () => {
    const startedAt = { value: '2026-11-01T00:00:00Z' };
    assert.equal((await cancelling(readRun(wireRun()))).isStopping, false);
    assert.equal((await cancelling(readRun(wireRun({ started_at: startedAt })))).isStopping, true);
    assert.equal((await cancelling(readRun(wireRun({ started_at: startedAt })), false)).isStopping, false);
  });

  it('needs a run of the organisation', async () => {
    await assert.rejects(cancelling(undefined), { code: 'not_found' });
  });
});

describe('a run as it is shown', () => {
  const step = (changes: object) => ({ step_id: 'load', state: 'FAILED', rows: 1, attempts: 4, ...changes });
  const failure = { error_code: 'source_access_denied', error_message: 'No.', remedy: 'Grant it.' };

  it('fits its description', () => {
    const runs = [readRun(wireRun()), readRun(wireRun({ steps: [step(failure)], state: 'FAILED' }))];
    const check = createAjv().compile(RunList);
    assert(check({ runs }), JSON.stringify(check.errors));
  });

  it('shows the error of a step with its remedy, and not once more for the run', () => {
    const { steps } = readRun(wireRun({ state: 'FAILED', ...failure, steps: [step(failure)] }));
    assert.deepEqual(steps, [
      {
        ...{ id: 'load', state: 'FAILED', rows: 1, attempts: 4 },
        error: { code: 'source_access_denied', message: 'No.', remedy: 'Grant it.' },
      },
    ]);
  });

  it('shows what ended it outside its steps as a step of its own', () => {
    const done = { step_id: 'load', state: 'SUCCEEDED', rows: 1, attempts: 1, error_code: null };
    const cut = { state: 'FAILED', error_code: 'interrupted', error_message: 'Ended.' };
    const { steps } = readRun(wireRun({ ...cut, steps: [done] }));
    assert.deepEqual(
      steps.map(({ id, error }) => [id, error?.code, error?.remedy]),
      [
        ['load', undefined, undefined],
        ['run', 'interrupted', 'Start the run again; it goes on with what is missing.'],
      ],
    );
  });

  it('ends a step with the run whose process could say nothing more', () => {
    const cut = { state: 'FAILED', error_code: 'interrupted', error_message: 'Ended.' };
    const { steps } = readRun(wireRun({ ...cut, steps: [step({ state: 'RUNNING', error_code: null })] }));
    assert.deepEqual(
      steps.map(({ id, state, error }) => [id, state, error?.code]),
      [['load', 'FAILED', 'interrupted']],
    );
  });
});
