import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually, startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { serviceOf, statusesOf, times, type Service } from './service.ts';

describe('writers that race', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  let service: Service;
  before(async () => {
    cloud = await startTestCloud();
    service = serviceOf(cloud);
  });
  after(() => cloud.close());

  const aKey = (index: number) => ({ api_key: `sk-proj-race-${index}-${randomUUID().replaceAll('-', '')}` });

  async function aValid(org: string): Promise<number> {
    await service.setUp(org, { credentials: await service.keyOf(org) });
    await service.atRest(org);
    return (await service.get(org)).version;
  }

  it('for a first setup with the same credential are all told of the one row', async () => {
    const credentials = await service.keyOf('same');
    const answers = await times(50, () => service.setUp('same', { credentials }));
    assert.deepEqual(statusesOf(answers), { 200: 49, 202: 1 });
    assert.equal(new Set(answers.map(({ body }) => body.credential_id)).size, 1);
    await service.atRest('same');
    await service.assertUnbrokenHistory('same');
  });

  it('for a first setup with different credentials have one winner, again after a deletion', async () => {
    const race = () => times(50, (index) => service.setUp('other', { credentials: aKey(index) }));
    const first = await race();
    assert.deepEqual(statusesOf(first), { 202: 1, '409 integration_exists': 49 });
    await service.atRest('other');
    assert.equal((await service.remove('other')).status, 204);
    const second = await race();
    assert.deepEqual(statusesOf(second), { 202: 1, '409 integration_exists': 49 });
    const [winner] = second.filter(({ status }) => status === 202);
    assert.equal((await service.atRest('other')).credential_id, winner!.body.credential_id);
    await service.assertUnbrokenHistory('other');
  });

  it('for an update of one version have one winner, all others are told', async () => {
    const version = await aValid('matched');
    const headers = { 'if-match': `"${version}"` };
    const answers = await times(50, (index) => service.put('matched', { label: `writer ${index}` }, headers));
    assert.deepEqual(statusesOf(answers), { 200: 1, '412 precondition_failed': 49 });
    const winner = answers.find(({ status }) => status === 200)!;
    const row = await service.row('matched');
    assert.deepEqual([row.version, row.label], [version + 1, winner.body.label]);
  });

  it('without a precondition lose nothing unseen: each version has its one writer', async () => {
    const version = await aValid('unmatched');
    const answers = await times(50, (index) => service.put('unmatched', { label: `writer ${index}` }));
    const counts = statusesOf(answers);
    assert.equal(counts['200']! + (counts['409 version_conflict'] ?? 0), 50, JSON.stringify(counts));
    const won = answers.filter(({ status }) => status === 200).map(({ body }) => body);
    assert.deepEqual(
      won.map((body) => body.version).toSorted((a, b) => a - b),
      won.map((_, index) => version + 1 + index),
    );
    const row = await service.row('unmatched');
    assert.equal(row.label, won.find((body) => body.version === row.version)?.label);
    await service.assertUnbrokenHistory('unmatched');
  });

  it('with credentials and labels at once leave one candidate that is wholly one writer’s', async () => {
    await aValid('rotated');
    const answers = await times(20, (index) =>
      service.put('rotated', { credentials: aKey(index), metadata: { notes: `writer ${index}` } }),
    );
    assert.deepEqual(
      Object.keys(statusesOf(answers))
        .toSorted()
        .filter((name) => name !== '409 version_conflict'),
      ['202'],
    );
    const row = await service.atRest('rotated');
    assert.deepEqual(
      [row.validation_status, row.candidate_status, row.candidate_encrypted_credentials],
      ['VALID', 'INVALID', null],
    );
    const { candidate } = await service.get('rotated');
    const writer = answers.find(
      ({ status, body }) => status === 202 && body.candidate?.fingerprint === candidate.fingerprint,
    );
    assert.deepEqual(candidate.metadata, writer?.body.candidate.metadata);
    await service.assertUnbrokenHistory('rotated');
  });

  it('against a verdict both land, the verdict never on a newer credential', async () => {
    for (let round = 0; round < 4; round += 1) {
      const org = `verdict_${round}`;
      await service.setUp(org, { credentials: await service.keyOf(org) });
      const bad = service.put(org, { credentials: aKey(round) });
      const label = service.put(org, { label: 'now' });
      for (const { status } of await Promise.all([bad, label])) assert([200, 202, 409].includes(status));
      const row = await service.atRest(org);
      // Either the first credential was in use by then and stayed, or the bad one replaced it before.
      assert(
        row.candidate_status === 'INVALID' || row.validation_status === 'INVALID' || row.validation_status === 'VALID',
      );
      assert.equal(row.candidate_encrypted_credentials, null);
      await service.assertUnbrokenHistory(org);
    }
  });

  it('to delete have one winner, and a verdict brings nothing back', async () => {
    await service.setUp('deleted', { credentials: await service.keyOf('deleted') });
    const answers = await times(20, () => service.remove('deleted'));
    assert.deepEqual(statusesOf(answers), { 204: 1, '404 not_configured': 19 });
    await service.publish({ org: 'deleted', provider_key: 'OPENAI', credential_id: 'cred_x', version: 1 });
    await eventually(async () => (await service.events('deleted')).some(({ action }) => action === 'deleted'));
    const row = await service.row('deleted');
    assert(row.deleted_at !== null && row.encrypted_credentials === null);
    assert.equal((await cloud.call('GET', '/integrations/deleted/openai')).status, 404);
  });

  it('with one Idempotency-Key are one request', async () => {
    const credentials = await service.keyOf('keyed');
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await times(50, () => service.setUp('keyed', { credentials }, headers));
    assert.deepEqual(statusesOf(answers), { 202: 50 });
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    const reused = await service.setUp('keyed', { credentials, label: 'x' }, headers);
    assert.equal(reused.body.code, 'idempotency_key_reused');
  });

  it('200 at once over organisations and kinds of write double and lose no version', async () => {
    const orgs = ['crowd_a', 'crowd_b', 'crowd_c', 'crowd_d'];
    for (const org of orgs) await aValid(org);
    const answers = await times(200, async (index) => {
      const org = orgs[index % 4]!;
      if (index % 20 === 19) return service.remove(org);
      if (index % 5 === 0) return service.setUp(org, { credentials: await service.keyOf(org, 'project_key') });
      if (index % 5 === 1) return service.put(org, { credentials: await service.keyOf(org, 'wrong') });
      return service.put(org, { label: `writer ${index}` });
    });
    const known = ['200', '202', '204', '404 not_configured', '409 integration_exists', '409 version_conflict'];
    for (const name of Object.keys(statusesOf(answers))) assert(known.includes(name), name);
    for (const org of orgs) {
      await service.atRest(org);
      await service.assertUnbrokenHistory(org);
    }
  });
});
