import assert from 'node:assert/strict';
import sinon from 'sinon';
import { parseJobArguments } from '../../jobs/job-arguments.ts';
import { runJob, shardOf, type JobDeps } from '../../jobs/run-job.ts';
import { PipelineError, type PipelineErrorCode } from '../../shared/pipelines/pipeline-error.ts';
import type { PipelineRun, Processor } from '../../shared/pipelines/processor.ts';
import { aPipeline, aPlatform, aStep, NOW, runnerDeps } from '../pipelines/fakes.ts';

const pipeline = aPipeline(aStep({ processor: 'Step', retry: { max: 0, backoffMs: 0 } }));
const all = { pipeline: undefined, org: undefined, window: {}, run: undefined };

/** A job whose step fails for the organisations that are named, and works for all others. */
function jobDeps(failing: Record<string, PipelineErrorCode> = {}, env: Record<string, string> = {}) {
  const worked: string[] = [];
  const step: Processor = {
    async run({ run: { org } }) {
      const code = failing[org];
      if (code) throw new PipelineError(code, 'failed');
      worked.push(org);
    },
  };
  const runner = runnerDeps({ Step: step }, { platform: aPlatform(env) });
  const listOrgs = sinon.fake.resolves(
    ['acme', 'globex', 'initech'].map((org) => ({ org, isValid: org !== 'initech' })),
  );
  const giveUp = sinon.fake(async (_run: PipelineRun, _state: string, _error: PipelineError) => undefined);
  const deps: JobDeps = {
    ...runner,
    runs: { ...runner.runs, listOrgs, giveUp },
    providerKey: () => 'GCP_SA',
    needsCredential: true,
  };
  return { deps, worked, runs: { ...runner.runs, giveUp } };
}

describe('a job', () => {
  it('runs every organisation whose credential is valid', async () => {
    const { deps, worked } = jobDeps();
    assert.equal(await runJob([pipeline], all, deps), 0);
    assert.deepEqual(worked.sort(), ['acme', 'globex']);
  });

  it('ends with 0 when only a customer can mend what failed, and all others went on', async () => {
    const { deps, worked } = jobDeps({ acme: 'credential_refused' });
    assert.equal(await runJob([pipeline], all, deps), 0);
    assert.deepEqual(worked, ['globex']);
  });

  it('asks to be tried again when the infrastructure failed', async () => {
    const { deps, worked } = jobDeps({ acme: 'backend_unavailable' });
    assert.equal(await runJob([pipeline], all, deps), 1);
    assert.deepEqual(worked, ['globex']);
  });

  it('asks to be tried again when a run could not be recorded, and goes on with the others', async () => {
    const { deps, worked, runs } = jobDeps();
    const claim = async ({ org }: PipelineRun) => {
      if (org === 'acme') throw new Error('BigQuery is away');
      return 'claimed' as const;
    };
    assert.equal(await runJob([pipeline], all, { ...deps, runs: { ...deps.runs, ...runs, claim } }), 1);
    assert.deepEqual(worked, ['globex']);
  });

  it('ends with 1 when the one organisation that was asked for failed', async () => {
    const { deps } = jobDeps({ acme: 'credential_refused' });
    assert.equal(await runJob([pipeline], { ...all, org: 'acme' }, deps), 1);
    assert.equal(await runJob([pipeline], { ...all, org: 'globex' }, deps), 0);
  });

  it('waits for a window that another run holds, when it was asked for', async () => {
    const { deps, worked } = jobDeps();
    const claim = sinon.stub().onFirstCall().resolves('busy').resolves('claimed');
    assert.equal(await runJob([pipeline], { ...all, org: 'acme' }, { ...deps, runs: { ...deps.runs, claim } }), 0);
    assert.deepEqual(worked, ['acme']);
  });

  it('leaves a window alone that another run holds, when it runs all, and says so', async () => {
    const { deps, worked, runs } = jobDeps();
    const claim = sinon.fake.resolves('busy' as const);
    assert.equal(await runJob([pipeline], all, { ...deps, runs: { ...deps.runs, claim } }), 0);
    assert.deepEqual(worked, []);
    assert.deepEqual(runs.giveUp.args.map(([{ org }, state, { code }]) => [org, state, code]).toSorted(), [
      ['acme', 'CANCELLED', 'run_in_progress'],
      ['globex', 'CANCELLED', 'run_in_progress'],
    ]);
  });

  it('gives up on a window that stays taken for longer than any lease without its renewal', async () => {
    const { deps, worked, runs } = jobDeps();
    let minutes = 0;
    const clock = { now: () => new Date(NOW.getTime() + 60_000 * minutes++) };
    const claim = sinon.fake.resolves('busy' as const);
    const platform = { ...deps.platform, clock };
    const code = await runJob(
      [pipeline],
      { ...all, org: 'acme' },
      { ...deps, platform, runs: { ...deps.runs, claim } },
    );
    assert.equal(code, 1);
    assert.deepEqual(worked, []);
    assert.deepEqual(
      runs.giveUp.args.map(([, state, error]) => [state, error.code]),
      [['FAILED', 'run_in_progress']],
    );
  });

  it('carries out a queued run under its own id, without queueing it once more', async () => {
    const { deps, runs } = jobDeps();
    const run = `run_${'1'.repeat(32)}`;
    assert.equal(await runJob([pipeline], { ...all, org: 'acme', run }, deps), 0);
    const [claimed, requestedBy] = runs.claim.args[0] as unknown as [PipelineRun, string | undefined];
    assert.deepEqual([claimed.id, requestedBy], [run, undefined]);
  });

  it('is not tried again for a queued run that only a customer can mend', async () => {
    const args = { ...all, org: 'acme', run: `run_${'1'.repeat(32)}` };
    assert.equal(await runJob([pipeline], args, jobDeps({ acme: 'credential_refused' }).deps), 0);
    assert.equal(await runJob([pipeline], args, jobDeps({ acme: 'backend_unavailable' }).deps), 1);
  });

  it('works on the organisation that was asked for in one of its tasks', async () => {
    const workers = await Promise.all(
      ['0', '1', '2'].map(async (index) => {
        const { deps, worked } = jobDeps({}, { CLOUD_RUN_TASK_INDEX: index, CLOUD_RUN_TASK_COUNT: '3' });
        assert.equal(await runJob([pipeline], { ...all, org: 'acme' }, deps), 0);
        return worked;
      }),
    );
    assert.deepEqual(workers.flat(), ['acme']);
  });

  it('works on each organisation in one of its tasks', async () => {
    const workers = await Promise.all(
      ['0', '1', '2'].map(async (index) => {
        const { deps, worked } = jobDeps({}, { CLOUD_RUN_TASK_INDEX: index, CLOUD_RUN_TASK_COUNT: '3' });
        assert.equal(await runJob([pipeline], all, deps), 0);
        return worked;
      }),
    );
    assert.deepEqual(workers.flat().toSorted(), ['acme', 'globex']);
  });

  it('goes on with the same runs when its task is tried again', async () => {
    const ids: string[] = [];
    for (const attempt of ['0', '1']) {
      const { deps, runs } = jobDeps({}, { CLOUD_RUN_EXECUTION: 'billing-abc', CLOUD_RUN_TASK_ATTEMPT: attempt });
      await runJob([pipeline], { ...all, org: 'acme' }, deps);
      ids.push((runs.claim.args[0] as unknown as [PipelineRun])[0].id);
    }
    assert.equal(ids[0], ids[1]);
  });

  it('shares organisations out so that each belongs to one task', () => {
    const orgs = Array.from({ length: 300 }, (_, index) => `org_${index}`);
    const shares = [0, 1, 2].map((index) => orgs.filter((org) => shardOf(org, 3) === index).length);
    assert.equal(shares[0]! + shares[1]! + shares[2]!, 300);
    assert.ok(
      shares.every((share) => share > 70),
      String(shares),
    );
  });
});

describe('arguments of a job', () => {
  const read = (...args: string[]) => parseJobArguments(args, ['cloud/a', 'cloud/b']);

  it('are all optional', () => {
    assert.deepEqual(read(), {
      pipeline: undefined,
      org: undefined,
      window: { from: undefined, to: undefined },
      run: undefined,
    });
    assert.deepEqual(read('--pipeline', 'cloud/b', '--org', 'acme', '--from', '2026-11-01', '--to=2026-11-03'), {
      pipeline: 'cloud/b',
      org: 'acme',
      window: { from: '2026-11-01', to: '2026-11-03' },
      run: undefined,
    });
  });

  for (const { name, args, fault } of [
    { name: 'an unknown one', args: ['--day', '2026-11-01'], fault: /--day/ },
    { name: 'a stray word', args: ['acme'], fault: /acme/ },
    { name: 'a missing value', args: ['--org'], fault: /--org/ },
    { name: 'a pipeline of another job', args: ['--pipeline', 'cloud/c'], fault: /cloud\/a, cloud\/b/ },
    { name: 'no slug', args: ['--org', 'Acme`'], fault: /no organisation/ },
    { name: 'a day that is none', args: ['--from', '2026-02-30'], fault: /--from/ },
    { name: 'a time', args: ['--to', '2026-11-01T00:00'], fault: /--to/ },
    { name: 'a run that has no such id', args: ['--run', 'run_1'], fault: /--run/ },
    { name: 'a run of nobody', args: ['--run', `run_${'0'.repeat(32)}`], fault: /--pipeline and --org/ },
    { name: 'an empty window', args: ['--from', '2026-11-01', '--to', '2026-11-01'], fault: /excluded/ },
  ]) {
    it(`are refused with the usage when there is ${name}`, () => {
      assert.throws(
        () => read(...args),
        (err: Error) => fault.test(err.message) && /usage: /.test(err.message),
      );
    });
  }
});
