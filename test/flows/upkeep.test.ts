import assert from 'node:assert/strict';
import { PubSub } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import { authClientFor } from '../../local/iam/auth-client.ts';
import { operatorBigQuery } from '../../local/provision.ts';
import { DEAD_LETTER_TOPIC } from '../../local/topology.ts';
import { eventually, startTestCloud, type TestCloud } from '../harness/cloud.ts';

const CREDENTIALS = 'integrations.org_integration_credentials';
const EVENTS = 'integrations.org_integration_events';
const DAY_S = 24 * 3600;

describe('upkeep', function () {
  this.timeout(60_000); // each run is a process of its own
  let cloud: TestCloud;
  before(async () => (cloud = await startTestCloud()));
  after(() => cloud.close());

  const keyOf = async (org: string, name: string) =>
    (await cloud.sandboxCases(org)).providers['openai']![name]!.credentials as object;
  const get = async (org: string) => (await cloud.call('GET', `/integrations/${org}/openai`)).body;
  const query = async (sql: string, params: object = {}) =>
    (await operatorBigQuery(cloud.cloud).query({ query: sql, params }))[0] as Record<string, string>[];
  const advance = (seconds: number) => cloud.call('POST', '/local/clock', { body: { advance_s: seconds } });
  const actions = async (org: string): Promise<string[]> =>
    (await get(org)).history.map(({ action }: { action: string }) => action);

  async function upkeep(): Promise<void> {
    const { body } = await cloud.call('POST', '/local/jobs/upkeep', { body: {} });
    assert.equal(body.exit_code, 0);
  }

  async function setUp(org: string, name = 'valid', more: object = {}) {
    const { status, body } = await cloud.call('POST', `/integrations/${org}/openai/setup`, {
      body: { credentials: await keyOf(org, name), ...more },
      headers: name === 'valid' ? { prefer: 'wait=20' } : {},
    });
    assert.equal(status, name === 'valid' ? 201 : 202, JSON.stringify(body));
    return body;
  }

  it('asks again for a test whose message was lost, of a row and of a candidate', async () => {
    await setUp('lost_row');
    await setUp('lost_candidate');
    await query(
      `UPDATE ${CREDENTIALS} SET validation_status = 'PENDING', last_check = NULL WHERE org_slug = 'lost_row'`,
    );
    await query(
      `UPDATE ${CREDENTIALS} SET candidate_status = 'PENDING', candidate_metadata = JSON '{"notes":"new"}',
         candidate_fingerprint = fingerprint WHERE org_slug = 'lost_candidate'`,
    );
    await upkeep();
    assert.equal((await get('lost_row')).validation_status, 'PENDING', 'not overdue yet');
    await advance(11 * 60);
    await upkeep();
    await eventually(async () => (await get('lost_row')).validation_status === 'VALID');
    await eventually(async () => (await get('lost_candidate')).metadata.notes === 'new');
  });

  it('tests a VALID credential once a day and a refused one never', async () => {
    await setUp('daily');
    await setUp('refused', 'wrong');
    await eventually(async () => (await get('refused')).validation_status === 'INVALID');
    const { version } = await get('refused');
    const tests = async () => (await actions('daily')).filter((action) => action === 'tested').length;
    await advance(DAY_S);
    await upkeep();
    await eventually(async () => (await tests()) === 2);
    await upkeep();
    await advance(DAY_S);
    await upkeep();
    await eventually(async () => (await tests()) === 3);
    assert.equal((await get('refused')).version, version);
  });

  it('marks as EXPIRED what has run out', async () => {
    const now = cloud.cloud.context.clock.now().getTime();
    await setUp('runs_out', 'valid', { expires_at: new Date(now + 3600_000).toISOString() });
    await upkeep();
    assert.equal((await get('runs_out')).validation_status, 'VALID');
    await advance(3601);
    await upkeep();
    const row = await get('runs_out');
    assert.equal(row.validation_status, 'EXPIRED');
    const [event] = row.history;
    assert.deepEqual([event.action, event.actor, event.from, event.to], ['expired', 'upkeep', 'VALID', 'EXPIRED']);
  });

  it('says of a test without a verdict that it was given up, and tries it daily', async () => {
    const { credential_id, version } = await setUp('given_up', 'provider_error');
    await eventually(async () => (await get('given_up')).last_check?.outcome === 'provider_error');
    const message = { org: 'given_up', provider_key: 'OPENAI', credential_id, version, request_id: 'r' };
    await publishDead(message, { ...message, credential_id: 'cred_of_another' }, 'not ours');
    await upkeep();
    const row = await get('given_up');
    assert(row.last_check.checks.some(({ id }: { id: string }) => id === 'given_up'));
    assert.deepEqual([row.validation_status, row.last_check.outcome], ['PENDING', 'provider_error']);
    assert.equal(row.history[0].action, 'given_up');
    await upkeep();
    assert.equal((await get('given_up')).version, row.version);
    await advance(DAY_S + 60);
    await upkeep();
    await eventually(async () => (await get('given_up')).version > row.version);
  });

  it('seals anew what an older key version has sealed', async () => {
    const { fingerprint } = await setUp('rotated');
    await rotateKey();
    await upkeep();
    const versions = await query(
      `SELECT DISTINCT kms_key_version AS version FROM ${CREDENTIALS} WHERE deleted_at IS NULL`,
    );
    assert(versions.length === 1 && versions[0]!['version']!.endsWith('/2'), JSON.stringify(versions));
    assert((await actions('rotated')).includes('re_encrypted'));
    const { body } = await cloud.call('POST', '/integrations/rotated/openai/validate', {
      headers: { prefer: 'wait=20' },
    });
    assert.deepEqual([body.validation_status, body.fingerprint], ['VALID', fingerprint]);
  });

  it('adds the event of a change whose own got lost', async () => {
    await setUp('unheard');
    await eventually(async () => (await actions('unheard')).includes('tested'));
    await query(`DELETE FROM ${EVENTS} WHERE org_slug = 'unheard' AND action = 'tested'`);
    await advance(180);
    await upkeep();
    const [event] = (await get('unheard')).history;
    assert.deepEqual([event.action, event.to], ['changed', 'VALID']);
    await upkeep();
    assert.equal((await actions('unheard')).filter((action) => action === 'changed').length, 1);
  });

  async function publishDead(...messages: unknown[]): Promise<void> {
    const pubsub = new PubSub({
      projectId: cloud.cloud.context.projectId,
      apiEndpoint: cloud.cloud.endpoints.pubsub,
      sslCreds: credentials.createInsecure(),
      authClient: authClientFor(cloud.cloud.iam, cloud.cloud.iam.operator.email),
    });
    for (const message of messages) {
      await pubsub.topic(DEAD_LETTER_TOPIC).publishMessage({ data: Buffer.from(JSON.stringify(message)) });
    }
    await pubsub.close();
  }

  async function rotateKey(): Promise<void> {
    const info = (await cloud.info()) as {
      endpoints: { kms_rest: string };
      kms_key: string;
      operator: { access_token: string };
    };
    const post = async (path: string, body: object) => {
      const response = await fetch(`${info.endpoints.kms_rest}/v1/${info.kms_key}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${info.operator.access_token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      assert.equal(response.status, 200, await response.text());
    };
    await post('/cryptoKeyVersions', {});
    await post(':updatePrimaryVersion', { cryptoKeyVersionId: '2' });
  }
});
