import assert from 'node:assert/strict';
import { eventually, startTestCloud, type Answer, type TestCloud } from '../harness/cloud.ts';
import { MANUAL_ENTRY } from '../providers/examples.ts';

describe('changing and deleting an integration', () => {
  let cloud: TestCloud;
  before(async () => (cloud = await startTestCloud()));
  after(() => cloud.close());

  type Cases = Record<string, { credentials?: object; metadata?: object }>;
  const casesOf = async (org: string, slug: string) =>
    (await cloud.sandboxCases(org)).providers[slug] as unknown as Cases;
  const path = (org: string) => `/integrations/${org}/openai`;
  const get = async (org: string) => (await cloud.call('GET', path(org))).body;
  const put = (org: string, body: object, headers = {}): Promise<Answer> =>
    cloud.call('PUT', path(org), { body, headers });
  const waiting = { prefer: 'wait=10' };

  async function aValid(org: string) {
    const cases = await casesOf(org, 'openai');
    const { status, body } = await cloud.call('POST', `${path(org)}/setup`, {
      body: { credentials: cases['valid']!.credentials, metadata: { notes: 'first' } },
      headers: waiting,
    });
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.validation_status, 'VALID');
    return { cases, row: body };
  }

  it('keeps the credential in use while a new one fails its test', async () => {
    const { cases, row } = await aValid('rotate_bad');
    const { status, body } = await put('rotate_bad', { credentials: cases['wrong']!.credentials }, waiting);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.validation_status, body.fingerprint], ['VALID', row.fingerprint]);
    assert.deepEqual([body.candidate.validation_status, body.candidate.last_check.outcome], ['INVALID', 'rejected']);
    assert.deepEqual(body.metadata, { notes: 'first' });
  });

  it('lets a new credential take over when it passes, metadata and id kept', async () => {
    const { cases, row } = await aValid('rotate_good');
    const { status, body } = await put('rotate_good', { credentials: cases['project_key']!.credentials }, waiting);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.candidate, undefined);
    assert.notEqual(body.fingerprint, row.fingerprint);
    assert.deepEqual([body.credential_id, body.metadata], [row.credential_id, { notes: 'first' }]);
    const { history } = await eventually(async () => {
      const read = await get('rotate_good');
      return read.history.some(({ action }: { action: string }) => action === 'candidate_promoted') ? read : undefined;
    });
    assert(history.some(({ action }: { action: string }) => action === 'candidate_submitted'));
  });

  it('changes label and expiry at once, and checks the version that was read', async () => {
    const { row } = await aValid('edit');
    const edited = await put('edit', { label: 'main' }, { 'if-match': `"${row.version}"` });
    assert.deepEqual([edited.status, edited.body.label, edited.body.version], [200, 'main', row.version + 1]);
    const late = await put('edit', { label: 'other' }, { 'if-match': `"${row.version}"` });
    assert.deepEqual([late.status, late.body.code], [412, 'precondition_failed']);
    assert.equal((await put('edit', { label: 'x' }, { 'if-match': 'nonsense' })).status, 400);
    const expired = await put('edit', { expires_at: '2020-01-01T00:00:00Z' });
    assert.deepEqual([expired.status, expired.body.validation_status], [200, 'EXPIRED']);
    await put('edit', { expires_at: null });
    await eventually(async () => (await get('edit')).validation_status === 'VALID');
  });

  it('deletes once, forgets the credential, and starts anew under another id', async () => {
    const { cases, row } = await aValid('gone');
    assert.equal((await cloud.call('DELETE', path('gone'), { as: { gone: 'editor' } })).status, 403);
    assert.equal((await cloud.call('DELETE', path('gone'), { headers: { 'if-match': '"99"' } })).status, 412);
    const { status, text } = await cloud.call('DELETE', path('gone'));
    assert.deepEqual([status, text], [204, '']);
    assert.deepEqual((await cloud.call('DELETE', path('gone'))).body.code, 'not_configured');
    assert.deepEqual((await cloud.call('GET', path('gone'))).body.code, 'not_configured');
    assert.deepEqual((await put('gone', { label: 'x' })).body.code, 'not_configured');
    const again = await cloud.call('POST', `${path('gone')}/setup`, {
      body: { credentials: cases['valid']!.credentials },
    });
    assert.equal(again.status, 202);
    assert.notEqual(again.body.credential_id, row.credential_id);
    assert(again.body.version > row.version + 1);
  });

  it('replaces a manual entry at once', async () => {
    await cloud.call('POST', '/integrations/manual/slack/setup', { body: { metadata: MANUAL_ENTRY } });
    const { status, body } = await cloud.call('PUT', '/integrations/manual/slack', {
      body: { metadata: { ...MANUAL_ENTRY, seats: 4 } },
    });
    assert.deepEqual([status, body.validation_status, body.metadata.seats], [200, 'VALID', 4]);
  });

  for (const { name, body, code } of [
    { name: 'nothing', body: {}, code: 'invalid_request' },
    { name: 'unknown fields', body: { name: 'x' }, code: 'invalid_request' },
    {
      name: "another provider's key",
      body: { credentials: { api_key: 'sk-ant-api03-abcdefghijklmnop' } },
      code: 'credential_format',
    },
    { name: 'unknown metadata', body: { metadata: { nope: 1 } }, code: 'metadata_invalid' },
    { name: 'a secret as label', body: { label: 'sk-abcdefghijklmnopqrstuvwxyz012345' }, code: 'metadata_invalid' },
  ]) {
    it(`refuses a change of ${name} and keeps everything`, async () => {
      const org = `bad_${code.slice(0, 4)}_${name.length}`;
      const { row } = await aValid(org);
      const answer = await put(org, body);
      assert.equal(answer.body.code, code, answer.text);
      assert.equal((await get(org)).version, row.version);
    });
  }
});
