import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually, startTestCloud, type TestCloud } from '../harness/cloud.ts';

describe('a setup with an Idempotency-Key', () => {
  let cloud: TestCloud;
  before(async () => (cloud = await startTestCloud()));
  after(() => cloud.close());

  const keyOf = async (org: string, name = 'valid') =>
    (await cloud.sandboxCases(org)).providers['openai']![name]!.credentials as object;
  const setUp = (org: string, body: unknown, key: string, more = {}) =>
    cloud.call('POST', `/integrations/${org}/openai/setup`, {
      body,
      headers: { 'idempotency-key': key, ...more },
    });

  it('gets the first answer again, later and at the same time', async () => {
    const key = randomUUID();
    const body = { credentials: await keyOf('idem') };
    const answers = await Promise.all(Array.from({ length: 10 }, () => setUp('idem', body, key)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    await eventually(
      async () => (await cloud.call('GET', '/integrations/idem/openai')).body.validation_status === 'VALID',
    );
    const late = await setUp('idem', body, key);
    assert.deepEqual([late.status, late.text], [202, answers[0]!.text]);
    assert.equal(late.headers.get('etag'), '"1"');
    await cloud.call('DELETE', '/integrations/idem/openai');
    assert.equal((await setUp('idem', body, key)).status, 202, 'a replay does not set up again');
    assert.equal((await cloud.call('GET', '/integrations/idem/openai')).status, 404);
  });

  it('refuses the key for another request, and lets each organisation have its own', async () => {
    const key = randomUUID();
    const credentials = await keyOf('idem_a');
    assert.equal((await setUp('idem_a', { credentials }, key)).status, 202);
    const other = await setUp('idem_a', { credentials, label: 'x' }, key);
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused']);
    assert.equal((await setUp('idem_b', { credentials, label: 'x' }, key)).status, 202);
  });

  it('frees the key of a request that failed', async () => {
    const key = randomUUID();
    assert.equal((await setUp('idem_c', { credentials: { api_key: 7 } }, key)).status, 422);
    const { id } = (
      await cloud.call('POST', '/local/faults', { body: { service: 'kms', kind: 'error', status: 500, rate: 1 } })
    ).body;
    const body = { credentials: await keyOf('idem_c') };
    assert.equal((await setUp('idem_c', body, key)).status, 503);
    await cloud.call('DELETE', `/local/faults/${id}`);
    assert.equal((await setUp('idem_c', body, key)).status, 202);
  });

  it('forgets a key after 24 hours', async () => {
    const key = randomUUID();
    const credentials = await keyOf('idem_d');
    assert.equal((await setUp('idem_d', { credentials }, key)).status, 202);
    await cloud.call('POST', '/local/clock', { body: { advance_s: 24 * 3600 + 1 } });
    assert.equal((await setUp('idem_d', { credentials, label: 'x' }, key)).body.code, undefined);
  });

  for (const key of ['with blank', 'x'.repeat(256)]) {
    it(`refuses a key of ${key.length} characters such as "${key.slice(0, 10)}"`, async () => {
      assert.equal((await setUp('idem_e', { credentials: await keyOf('idem_e') }, key)).status, 400);
    });
  }
});
