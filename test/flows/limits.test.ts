import assert from 'node:assert/strict';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { MANUAL_ENTRY } from '../providers/examples.ts';

describe('limits per organisation and minute', () => {
  let cloud: TestCloud;
  before(async () => (cloud = await startTestCloud({ rateLimits: { writes: 2, validations: 2, reads: 3 } })));
  after(() => cloud.close());

  const get = (org: string) => cloud.call('GET', `/integrations/${org}`);
  const write = (org: string, body: object, query = '') =>
    cloud.call('POST', `/integrations/${org}/slack/setup${query}`, { body });

  it('refuses what is too much, says when to come back, and leaves other organisations alone', async () => {
    for (let read = 0; read < 3; read += 1) assert.equal((await get('busy')).status, 200);
    const refused = await get('busy');
    assert.deepEqual([refused.status, refused.body.code], [429, 'rate_limited']);
    const seconds = Number(refused.headers.get('retry-after'));
    assert(seconds >= 1 && seconds <= 60);
    assert.equal((await get('calm')).status, 200);
    await cloud.call('POST', '/local/clock', { body: { advance_s: seconds } });
    assert.equal((await get('busy')).status, 200);
  });

  it('does not count what the caller got wrong', async () => {
    for (let wrong = 0; wrong < 5; wrong += 1) assert.equal((await write('clumsy', { nope: 1 })).status, 400);
    assert.equal((await write('clumsy', { metadata: MANUAL_ENTRY })).status, 201);
  });

  it('counts a dry run as a validation and not as a write', async () => {
    assert.equal((await write('tester', { metadata: MANUAL_ENTRY })).status, 201);
    assert.equal((await write('tester', { metadata: MANUAL_ENTRY }, '?dry_run=true')).status, 200);
    assert.equal((await write('tester', { metadata: MANUAL_ENTRY }, '?dry_run=true')).status, 200);
    assert.equal((await write('tester', { metadata: MANUAL_ENTRY }, '?dry_run=true')).status, 429);
    assert.equal((await write('tester', { metadata: MANUAL_ENTRY })).status, 200);
    assert.equal((await write('tester', { metadata: MANUAL_ENTRY })).status, 429);
  });

  it('come after the question whether the caller belongs here', async () => {
    for (let stranger = 0; stranger < 5; stranger += 1) {
      const { status } = await cloud.call('GET', '/integrations/victim', { as: { other: 'admin' } });
      assert.equal(status, 403);
    }
    assert.equal((await get('victim')).status, 200);
  });
});
