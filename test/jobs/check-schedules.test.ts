import assert from 'node:assert/strict';
import sinon from 'sinon';
import { checkSchedules } from '../../jobs/upkeep/check-schedules.ts';
import { provisionSchedules } from '../../local/scheduler/provision-schedules.ts';
import { startScheduler, type ScheduledJob } from '../../local/scheduler/scheduler.ts';
import type { FoundEntry } from '../../shared/gcp/scheduler-jobs.ts';
import { loadJobs } from '../../shared/pipelines/jobs.ts';
import { scheduleEntries, targetOf, type ScheduleEntry } from '../../shared/pipelines/schedule-entries.ts';
import { silent } from '../functions/fixtures.ts';
import { fakeContext, OWNER } from '../kit/fake-context.ts';
import { registry } from '../providers/fixtures.ts';

const config = { projectId: 'ours', location: 'europe-west1' };
const ENTRY: ScheduleEntry = {
  id: 'cloud-a',
  job: 'a',
  schedule: '17 * * * *',
  timeZone: 'Etc/UTC',
  args: ['--pipeline', 'cloud/a'],
};
const asFound = (entry: ScheduleEntry, changes: Partial<FoundEntry> = {}): FoundEntry => ({
  ...{ id: entry.id, schedule: entry.schedule, timeZone: entry.timeZone, isPaused: false },
  ...targetOf(entry, config),
  ...changes,
});

async function check(found: readonly FoundEntry[]) {
  const warn = sinon.fake();
  const report = await checkSchedules({ list: async () => found, config, log: { ...silent, warn }, expected: [ENTRY] });
  return { report, warnings: warn.args as [string, Record<string, string>][] };
}

describe('the check of the schedules', () => {
  it('takes the same body however it is written', async () => {
    const body = JSON.stringify(JSON.parse(targetOf(ENTRY, config).body), null, 2);
    assert.deepEqual((await check([asFound(ENTRY, { body })])).report, { done: 1, failed: 0, warned: 0 });
  });

  it('says what was expected and what was found', async () => {
    const { warnings, report } = await check([asFound(ENTRY, { schedule: '0 0 * * *' })]);
    assert.deepEqual(warnings, [
      ['schedule-drifted', { entry: 'cloud-a', field: 'schedule', expected: ENTRY.schedule, found: '0 0 * * *' }],
    ]);
    assert.deepEqual(report, { done: 0, failed: 0, warned: 1 });
  });

  it('leaves alone what starts nothing of ours', async () => {
    const stranger = asFound(ENTRY, { id: 'else', uri: 'https://example.com/hook' });
    const { warnings } = await check([asFound(ENTRY), stranger]);
    assert.deepEqual(warnings, []);
  });

  it('fails when the list cannot be had', async () => {
    const list = async () => Promise.reject(new Error('away'));
    await assert.rejects(checkSchedules({ list, config, log: silent, expected: [ENTRY] }), /away/);
  });
});

describe('the list of jobs', () => {
  it('runs every pipeline of the registry, and none twice', () => {
    const run = loadJobs().flatMap(({ pipelines }) => pipelines);
    const known = registry.providers.flatMap(({ pipelines }) => pipelines.map(({ id }) => id));
    assert.deepEqual(run.toSorted(), known.toSorted());
  });

  it('gives every entry a name that Cloud Scheduler takes, once', () => {
    const ids = scheduleEntries().map(({ id }) => id);
    assert(ids.every((id) => /^[A-Za-z0-9_-]{1,500}$/.test(id)));
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe('the schedules of the embedded cloud', () => {
  it('lose entries of ours that no file knows any more, and no others', () => {
    const oauthToken = { serviceAccountEmail: 'scheduler@ours.iam.gserviceaccount.com' };
    const job = (name: string, httpTarget: ScheduledJob['httpTarget']): ScheduledJob => ({
      name: `projects/ours/locations/europe-west1/jobs/${name}`,
      schedule: '* * * * *',
      ...(httpTarget ? { httpTarget } : {}),
    });
    const present = [
      job('old', { uri: 'https://run.googleapis.com/x', oauthToken }),
      job('theirs', { uri: 'https://example.com' }),
      job('upkeep', { uri: 'https://run.googleapis.com/y', oauthToken }),
    ];
    const remove = sinon.fake();
    const ensure = sinon.fake((entry: ScheduledJob) => entry);
    provisionSchedules({ list: () => present, remove, ensure }, config);
    assert.deepEqual(remove.args, [['projects/ours/locations/europe-west1/jobs/old']]);
    assert.equal(ensure.callCount, scheduleEntries().length);
  });

  it('keep an entry paused that somebody has paused, over restarts', async () => {
    const ctx = fakeContext();
    const deps = { accessToken: async () => 'token', reroute: (uri: string) => uri };
    const first = await startScheduler(ctx, deps);
    provisionSchedules(first, config);
    const { name = '' } = first.list()[0] ?? {};
    const pause = { method: 'POST', headers: { authorization: `Bearer ${OWNER}` } };
    assert.equal((await fetch(`${first.url}/v1/${name}:pause`, pause)).status, 200);
    await first.close();
    const second = await startScheduler(ctx, deps);
    provisionSchedules(second, config);
    assert.deepEqual(
      second
        .list()
        .filter(({ state }) => state === 'PAUSED')
        .map((entry) => entry.name),
      [name],
    );
    await second.close();
  });
});
