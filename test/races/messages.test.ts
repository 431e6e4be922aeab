import assert from 'node:assert/strict';
import { eventually, startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { serviceOf, type Service } from './service.ts';

describe('messages and answers that get lost, come twice or late', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  let service: Service;
  before(async () => {
    cloud = await startTestCloud();
    service = serviceOf(cloud);
  });
  after(() => cloud.close());
  afterEach(() => service.noFaults());

  async function aValid(org: string) {
    await service.setUp(org, { credentials: await service.keyOf(org) });
    return service.atRest(org);
  }

  /** Waits for a test that is asked for after all other messages. */
  async function allDelivered(org: string): Promise<void> {
    const { version } = await service.row(org);
    await service.validate(org);
    await eventually(async () => (await service.row(org)).version > version);
  }

  it('of former versions, other credentials, other organisations, or none of ours change nothing', async () => {
    const row = await aValid('stray');
    const message = { org: 'stray', provider_key: 'OPENAI', credential_id: row.credential_id, version: row.version };
    await service.publish(
      { ...message, version: 1 },
      { ...message, version: row.version + 7 },
      { ...message, credential_id: 'cred_00000000000000000000000000000000' },
      { ...message, org: 'nobody' },
      { ...message, provider_key: 'NO_SUCH' },
      { ...message, version: 'seven' },
      'no JSON at all',
    );
    await allDelivered('stray');
    assert.equal((await service.row('stray')).version, row.version + 1, 'the one test that was asked for');
    await service.assertUnbrokenHistory('stray');
    const { calls } = (await cloud.call('GET', '/local/calls?service=pubsub')).body;
    assert(!calls.some(({ status }: { status: number }) => status >= 500));
  });

  it('that come many times test once', async () => {
    const row = await aValid('twice');
    const message = { org: 'twice', provider_key: 'OPENAI', credential_id: row.credential_id, version: row.version };
    await service.publish(message, message, message, message);
    await eventually(async () => (await service.row('twice')).version > row.version);
    await service.publish(message);
    await allDelivered('twice');
    assert.equal((await service.row('twice')).version, row.version + 2);
  });

  for (const [index, fault] of [
    { service: 'bigquery', kind: 'reset', count: 1 },
    { service: 'bigquery', kind: 'error', status: 503, count: 1 },
    { service: 'kms', kind: 'reset', count: 1 },
    { service: 'kms', kind: 'garbage', count: 1 },
    { service: 'pubsub', kind: 'error', status: 503, count: 1 },
    { service: 'pubsub', kind: 'reset', count: 1 },
  ].entries()) {
    it(`get one true answer when ${fault.service} meets ${fault.count} ${fault.kind}`, async () => {
      for (const act of ['setup', 'update', 'delete'] as const) {
        const org = `lost_${act}_${index}`;
        const before = act === 'setup' ? undefined : await aValid(org);
        const credentials = await service.keyOf(org, act === 'setup' ? 'valid' : 'project_key');
        await service.fault(fault);
        const { status, text } = await {
          setup: () => service.setUp(org, { credentials }),
          update: () => service.put(org, { credentials }),
          delete: () => service.remove(org),
        }[act]();
        await service.noFaults();
        assert([202, 204, 503].includes(status), text);
        const [row] = await service.rows(org);
        if (act === 'setup') assert.equal(row !== undefined && row.deleted_at === null, status === 202, text);
        if (act === 'delete') assert.equal(row!.deleted_at !== null, status === 204, text);
        if (status === 503) {
          const again = await {
            setup: () => service.setUp(org, { credentials }),
            update: () => service.put(org, { credentials }),
            delete: () => service.remove(org),
          }[act]();
          assert([202, 204].includes(again.status), again.text);
        }
        const settled = await service.atRest(org);
        if (act !== 'delete') assert.equal(settled.validation_status, 'VALID');
        if (act === 'update') assert.notEqual(settled.fingerprint, before?.fingerprint);
      }
    });
  }

  it('leave nothing half done when Pub/Sub is away: the next setup is a first one, the update is undone', async () => {
    await aValid('away_update');
    await service.fault({ service: 'pubsub', kind: 'error', status: 503 });
    const credentials = await service.keyOf('away');
    assert.equal((await service.setUp('away', { credentials })).status, 503);
    const update = await service.put('away_update', { credentials: await service.keyOf('away_update', 'project_key') });
    assert.equal(update.status, 503);
    await service.noFaults();
    assert.equal((await cloud.call('GET', '/integrations/away/openai')).status, 404);
    assert.equal((await service.get('away_update')).candidate, undefined);
    assert.equal((await service.setUp('away', { credentials })).status, 202);
    assert.equal((await service.atRest('away')).validation_status, 'VALID');
    for (const org of ['away', 'away_update']) await service.assertUnbrokenHistory(org);
  });

  it('are made up for by upkeep when a process dies between a row and its message', async () => {
    await aValid('orphan');
    const credentials = await service.keyOf('orphan', 'project_key');
    await service.fault({ service: 'pubsub', kind: 'latency', latency_ms: 60_000 });
    const put = service.put('orphan', { credentials });
    await eventually(async () => (await service.row('orphan')).candidate_status === 'PENDING');
    // From here on the function can neither publish nor undo, as if it had died.
    await service.fault({ service: 'bigquery', kind: 'error', status: 503 });
    assert.equal((await put).status, 503);
    await service.noFaults();
    await service.advance(11 * 60);
    await service.upkeep();
    const row = await service.atRest('orphan');
    assert.equal(row.validation_status, 'VALID');
    assert.equal(row.candidate_status, null);
  });
});
