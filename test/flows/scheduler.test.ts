import assert from 'node:assert/strict';
import { operatorBigQuery } from '../../local/provision.ts';
import type { RunRecord } from '../../shared/pipelines/run-record.ts';
import { scheduleEntries } from '../../shared/pipelines/schedule-entries.ts';
import { eventually, startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { connectOrg } from './connected-org.ts';

const BILLING = 'cloud-gcp-cost-billing';
const HOURS_S = 3_600;

interface Info {
  readonly project_id: string;
  readonly location: string;
  readonly endpoints: { readonly scheduler: string };
  readonly operator: { readonly access_token: string };
}

describe('the schedules', function () {
  this.timeout(180_000); // each run is a process of its own
  let cloud: TestCloud;
  let info: Info;
  before(async () => {
    cloud = await startTestCloud();
    info = (await cloud.info()) as Info;
  });
  after(() => cloud.close());

  /** Cloud Scheduler's API, as somebody in front of its console. */
  async function scheduler(verb: string, path = '', body?: object, token = info.operator.access_token) {
    const { project_id: project, location, endpoints } = info;
    const response = await fetch(`${endpoints.scheduler}/v1/projects/${project}/locations/${location}/jobs${path}`, {
      method: verb,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape
    return { status: response.status, body: (await response.json()) as any };
  }

  /** What a run of upkeep logs about the schedules. */
  async function upkeep(): Promise<{ events: string[]; report: Record<string, unknown> | undefined }> {
    const lines: Record<string, unknown>[] = [];
    const onLine = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
    assert.equal(await cloud.jobs.run({ job: 'upkeep', args: [], onLine }), 0);
    const events = lines
      .filter(({ message }) => String(message).startsWith('schedule-'))
      .map(({ message, entry, field, severity }) => [severity, message, entry, field].filter(Boolean).join(' '));
    return { events, report: lines.find(({ task }) => task === 'check-schedules') };
  }

  it('are those of the pipelines and of upkeep, in UTC', async () => {
    const { body } = await scheduler('GET');
    const found = (body.jobs as { name: string; schedule: string; timeZone: string }[]).map(
      ({ name, schedule, timeZone }) => [name.split('/').at(-1), schedule, timeZone],
    );
    const expected = scheduleEntries().map(({ id, schedule }) => [id, schedule, 'Etc/UTC']);
    assert.deepEqual(
      found,
      expected.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
  });

  it('are as they have to be when nobody has touched them', async () => {
    const { events, report } = await upkeep();
    assert.deepEqual(events, []);
    assert.deepEqual(
      [report?.['done'], report?.['failed'], report?.['warned']],
      [scheduleEntries().length, 0, 0],
      JSON.stringify(report),
    );
  });

  it('are reported when they are paused, moved, aimed elsewhere, gone, or left over', async () => {
    await scheduler('POST', `/${BILLING}:pause`);
    const { body: billing } = await scheduler('GET', `/${BILLING}`);
    await scheduler('PATCH', `/${BILLING}`, { schedule: '0 3 * * *', timeZone: 'Europe/Berlin' });
    const { body: focus } = await scheduler('GET', '/cloud-gcp-cost-focus_convert');
    const uri = focus.httpTarget.uri.replace('/focus:run', '/billing:run');
    await scheduler('PATCH', '/cloud-gcp-cost-focus_convert', { httpTarget: { ...focus.httpTarget, uri, body: '' } });
    const { name } = (await scheduler('GET', '/upkeep')).body;
    await scheduler('POST', '', { ...billing, name: name.replace(/upkeep$/, 'billing') });
    await scheduler('DELETE', '/upkeep');
    const { events, report } = await upkeep();
    assert.deepEqual(events, [
      `WARNING schedule-paused ${BILLING}`,
      `WARNING schedule-drifted ${BILLING} schedule`,
      `WARNING schedule-drifted ${BILLING} timeZone`,
      'WARNING schedule-drifted cloud-gcp-cost-focus_convert uri',
      'WARNING schedule-drifted cloud-gcp-cost-focus_convert body',
      'WARNING schedule-missing upkeep',
      'WARNING schedule-unknown billing',
    ]);
    assert.deepEqual([report?.['failed'], report?.['warned']], [0, 4]);
  });

  it('may be listed by upkeep and not by functions', async () => {
    const tokenOf = (account: string) => {
      const email = `${account}@${info.project_id}.iam.gserviceaccount.com`;
      return cloud.cloud.iam.accessToken(email, ['https://www.googleapis.com/auth/cloud-platform']);
    };
    assert.equal((await scheduler('GET', '', undefined, await tokenOf('job-upkeep'))).status, 200);
    assert.equal((await scheduler('POST', `/${BILLING}:pause`, {}, await tokenOf('job-upkeep'))).status, 403);
    assert.equal((await scheduler('GET', '', undefined, await tokenOf('pipelines'))).status, 403);
    assert.equal((await scheduler('GET', '', undefined, await tokenOf('function-costs'))).status, 403);
  });
});

describe('a schedule', function () {
  this.timeout(180_000); // each run is a process of its own
  let cloud: TestCloud;
  before(async () => {
    cloud = await startTestCloud();
    await connectOrg(cloud, 'acme');
    await connectOrg(cloud, 'globex');
  });
  after(() => cloud.close());

  it('starts its pipeline for every organisation when its time has come', async () => {
    cloud.cloud.context.clock.advance(6 * HOURS_S);
    for (const org of ['acme', 'globex']) {
      const states = await eventually(async () => {
        const { runs } = (await cloud.call('GET', `/pipelines/${org}/runs`)).body as { runs: RunRecord[] };
        const ended = runs.filter(({ finished_at, requested_by }) => finished_at && requested_by === 'schedule');
        return ended.length === 2 ? ended.map(({ pipeline, state }) => `${pipeline} ${state}`) : undefined;
      }, 100_000);
      assert.deepEqual(states.toSorted(), [
        'cloud/gcp/cost/billing SUCCEEDED',
        'cloud/gcp/cost/focus_convert SUCCEEDED',
      ]);
    }
  });

  it('finds the dataset brought up to date by whichever job comes first after a release', async () => {
    const table = operatorBigQuery(cloud.cloud).dataset('acme_prod').table('landed_units');
    const hashOf = async () => ((await table.getMetadata())[0] as { labels?: Record<string, string> }).labels;
    const fresh = await hashOf();
    for (const job of ['billing', 'focus']) {
      await table.setMetadata({ labels: { config_hash: 'of-an-older-release' } });
      assert.equal(await cloud.jobs.run({ job, args: ['--org', 'acme'] }), 0);
      assert.deepEqual(await hashOf(), fresh);
    }
  });
});
