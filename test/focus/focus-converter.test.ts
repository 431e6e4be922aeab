import assert from 'node:assert/strict';
import sinon from 'sinon';
import { focusConverter } from '../../jobs/focus/focus-converter.ts';
import { CONVERT_PERIODS, LIST_PERIODS, MARK_PERIODS, RECONCILE } from '../../shared/pipelines/focus-statements.ts';
import type { StepContext } from '../../shared/pipelines/processor.ts';
import type { Warehouse } from '../../shared/pipelines/warehouse.ts';

const february = { billing_account_id: '0000AA-1111BB-2222CC', invoice_month: '202602' };
const march = { billing_account_id: '0000AA-1111BB-2222CC', invoice_month: '202603' };
const reconciled = { ...february, currency: 'USD', source: '12.5', focus: '12.5', difference: '0', focus_rows: 3 };

function warehouse(periods: readonly object[], convert = sinon.stub().resolves()) {
  const query = sinon.stub();
  query.withArgs(LIST_PERIODS).resolves({ rows: periods, changed: 0 });
  query.withArgs(RECONCILE).resolves({ rows: [reconciled], changed: 0 });
  query.resolves({ rows: [], changed: 1 });
  return { query, runOnce: convert };
}

function context(signal = new AbortController().signal) {
  const log = { info: sinon.fake(), warn: sinon.fake() };
  const progress = sinon.fake();
  const step = {
    run: { id: 'run-7', org: 'acme', window: {} },
    platform: { clock: { now: () => new Date('2026-03-04T05:06:07Z') }, config: { task: { attempt: 0 } } },
    attempt: 1,
    signal,
    log,
    progress,
  };
  return { step: step as unknown as StepContext, log, progress };
}

const run = async (deps: ReturnType<typeof warehouse>, step: StepContext) =>
  focusConverter(async () => deps as unknown as Warehouse).run(step);

describe('the FOCUS job', () => {
  it('converts each dirty period in a call of its own and reports what it came to', async () => {
    const deps = warehouse([february, march]);
    const { step, log, progress } = context();
    assert.deepEqual(await run(deps, step), { failures: [] });
    const calls = deps.runOnce.getCalls().map(({ args }) => [args[1], args[2]] as unknown[]);
    assert.deepEqual(calls, [
      [CONVERT_PERIODS, { periods: [february] }],
      [CONVERT_PERIODS, { periods: [march] }],
    ]);
    assert.notEqual(deps.runOnce.firstCall.args[0], deps.runOnce.secondCall.args[0]);
    sinon.assert.calledWithMatch(log.info, 'period-converted', { currency: 'USD', source: '12.5', difference: '0' });
    sinon.assert.alwaysCalledWith(progress, { rows: 3 });
  });

  it('marks what it takes up with its own run', async () => {
    const deps = warehouse([february]);
    await run(deps, context().step);
    sinon.assert.calledWith(deps.query, MARK_PERIODS, {
      periods: [february],
      run_id: 'run-7',
      now: '2026-03-04T05:06:07.000Z',
    });
  });

  it('does nothing when no period is dirty', async () => {
    const deps = warehouse([]);
    await run(deps, context().step);
    sinon.assert.notCalled(deps.runOnce);
    sinon.assert.neverCalledWith(deps.query, MARK_PERIODS);
  });

  it('goes on after a period that fails a check, and names the check', async () => {
    const text = 'Query error: FOCUS check failed: the billing export holds a cost that is not a number at [9:1]';
    const convert = sinon.stub().onFirstCall().rejects(new Error(text)).resolves();
    const result = await run(warehouse([february, march], convert), context().step);
    const [failure] = result?.failures ?? [];
    assert.equal(failure?.code, 'conversion_failed');
    assert.equal(
      failure.message,
      'Billing period 0000AA-1111BB-2222CC 202602: the billing export holds a cost that is not a number',
    );
    sinon.assert.calledTwice(convert);
  });

  it('says so in words of its own when amounts are too large to compute with', async () => {
    const convert = sinon.stub().onFirstCall().rejects(new Error('BIGNUMERIC overflow: 4711 * 4712')).resolves();
    const result = await run(warehouse([february, march], convert), context().step);
    assert.equal(
      result?.failures?.[0]?.message,
      'Billing period 0000AA-1111BB-2222CC 202602: amounts of it have more digits than can be computed exactly',
    );
  });

  it('names every period that failed', async () => {
    const convert = sinon.stub().rejects(new Error('FOCUS check failed: not every row became one'));
    await assert.rejects(run(warehouse([february, march], convert), context().step), /202602: .*; .*202603: /);
  });

  it('shows nothing of a row in its failure', async () => {
    const convert = sinon.stub().onFirstCall().rejects(new Error('Bad numeric value: 4711 EUR of Jane Doe')).resolves();
    const result = await run(warehouse([february, march], convert), context().step);
    assert.doesNotMatch(JSON.stringify(result?.failures?.map(({ message }) => message)), /Jane|4711/);
  });

  it('fails when no period succeeded', async () => {
    const convert = sinon.stub().rejects(new Error('FOCUS check failed: not every row became one'));
    await assert.rejects(run(warehouse([february, march], convert), context().step), { code: 'conversion_failed' });
  });

  it('is tried again when BigQuery was away', async () => {
    const convert = sinon.stub().rejects(Object.assign(new Error('gone'), { code: 503 }));
    await assert.rejects(run(warehouse([february], convert), context().step), {
      code: 'backend_unavailable',
      retryable: true,
    });
  });

  it('refuses rows of no billing account and converts the others', async () => {
    const deps = warehouse([{ ...february, billing_account_id: null }, march]);
    const result = await run(deps, context().step);
    assert.deepEqual(
      result?.failures?.map(({ code }) => code),
      ['conversion_failed'],
    );
    sinon.assert.calledOnce(deps.runOnce);
  });

  it('starts no further period once it is told to stop', async () => {
    const stop = new AbortController();
    const convert = sinon.stub().callsFake(async () => stop.abort());
    await assert.rejects(run(warehouse([february, march], convert), context(stop.signal).step), { name: 'AbortError' });
    sinon.assert.calledOnce(convert);
  });
});
