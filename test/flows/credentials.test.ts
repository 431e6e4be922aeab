import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../../functions/schemas.ts';
import { fingerprint } from '../../shared/credentials/fingerprint.ts';
import { createAjv } from '../../shared/providers/schema-validator.ts';
import { eventually, startTestCloud, type Answer, type TestCloud } from '../harness/cloud.ts';

interface SandboxCase {
  readonly credentials?: Record<string, string>;
  readonly metadata?: Record<string, unknown>;
  readonly expect: { readonly validation_status: string; readonly outcome: string };
}
type Cases = Record<string, Record<string, SandboxCase>>;

const isProblem = createAjv().compile(Problem);

/** Flow 1 as a user lives it: request, format check, KMS, BigQuery, Pub/Sub, live test, verdict. */
describe('credentials, from setup to verdict', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  let cases: Cases;
  let orgs = 0;
  /** A fresh organisation for each test. */
  const anOrg = () => `org_${(orgs += 1)}`;

  before(async () => {
    cloud = await startTestCloud();
    ({ providers: cases } = await cloud.sandboxCases('acme'));
  });
  after(() => cloud.close());
  afterEach(() => fetch(`${cloud.url}/local/faults`, { method: 'DELETE' }));

  const aCase = (slug: string, name: string): SandboxCase => {
    const found = cases[slug]?.[name];
    assert(found, `the sandbox has no case ${slug} ${name}`);
    return found;
  };
  const setUp = (
    org: string,
    slug: string,
    { credentials, metadata }: SandboxCase,
    headers: Record<string, string> = {},
  ) => cloud.call('POST', `/integrations/${org}/${slug}/setup`, { body: { credentials, metadata }, headers });
  const get = (org: string, slug: string) => cloud.call('GET', `/integrations/${org}/${slug}`);
  const settled = (org: string, slug: string) =>
    eventually(async () => {
      const { body } = await get(org, slug);
      return body.validation_status === 'PENDING' ? undefined : body;
    });
  const fault = async (body: object) => {
    const response = await fetch(`${cloud.url}/local/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rate: 1, ...body }),
    });
    assert.equal(response.status, 201);
  };
  const calls = async (service: string, since = 0) => {
    const response = await fetch(`${cloud.url}/local/calls?service=${service}&since=${since}`);
    return ((await response.json()) as { calls: { seq: number; method: string }[] }).calls;
  };
  const lastSeq = async (service: string) => (await calls(service)).at(-1)?.seq ?? 0;
  /** Runs a statement as the operator of the embedded cloud. */
  const query = async (sql: string) => {
    const info = (await cloud.info()) as {
      project_id: string;
      endpoints: { bigquery: string };
      operator: { access_token: string };
    };
    const response = await fetch(`${info.endpoints.bigquery}/bigquery/v2/projects/${info.project_id}/queries`, {
      method: 'POST',
      headers: { authorization: `Bearer ${info.operator.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: sql, useLegacySql: false }),
    });
    assert.equal(response.status, 200, await response.text());
  };
  function assertProblem({ body, status, headers }: Answer, code: string): void {
    assert.equal(body?.code, code, JSON.stringify(body));
    assert(isProblem(body), JSON.stringify(isProblem.errors));
    assert.equal(body.status, status);
    assert.equal(headers.get('content-type'), 'application/problem+json');
  }

  for (const slug of ['gcp', 'openai']) {
    it(`${slug}: answers 202 PENDING, then comes to VALID, with history and one row`, async () => {
      const org = anOrg();
      const valid = aCase(slug, 'valid');
      const { status, body, headers } = await setUp(org, slug, valid, { 'x-request-id': 'req-1' });
      assert.equal(status, 202, JSON.stringify(body));
      assert.equal(body.validation_status, 'PENDING');
      assert.equal(headers.get('etag'), '"1"');
      assert.equal(body.fingerprint, fingerprint(valid.credentials));

      await settled(org, slug);
      // The history is a write of its own, right after the verdict's.
      const verdict = await eventually(async () => {
        const { body: read } = await cloud.call('GET', `/integrations/${org}/${slug}`);
        return read.history.length > 2 ? read : undefined;
      });
      assert.equal(verdict.validation_status, 'VALID', JSON.stringify(verdict.last_check));
      assert.equal(verdict.last_check.outcome, 'accepted');
      assert.deepEqual(verdict.history.map((entry: { action: string }) => entry.action).toSorted(), [
        'decrypted',
        'set_up',
        'tested',
      ]);
      const { body: list } = await cloud.call('GET', `/integrations/${org}`);
      assert.equal(
        list.integrations.find((entry: { provider: string }) => entry.provider === slug).validation_status,
        'VALID',
      );
    });
  }

  it('answers 201 with the verdict to those who wait for it', async () => {
    const { status, body } = await setUp(anOrg(), 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
    assert.deepEqual([status, body.validation_status], [201, 'VALID']);
  });

  it('takes a manual entry at once', async () => {
    const metadata = {
      plan: 'Pro',
      seats: 12,
      unit_price: '7.25',
      currency: 'USD',
      billing_cycle: 'monthly',
      start_date: '2026-01-01',
    };
    const { status, body } = await cloud.call('POST', `/integrations/${anOrg()}/slack/setup`, { body: { metadata } });
    assert.deepEqual([status, body.validation_status], [201, 'VALID']);
  });

  it('a dry run answers the same and stores nothing', async () => {
    const org = anOrg();
    const path = `/integrations/${org}/gcp/setup?dry_run=true`;
    const { credentials, metadata } = aCase('gcp', 'valid');
    const plain = await cloud.call('POST', path, { body: { credentials, metadata } });
    assert.equal(plain.status, 200);
    assert.equal(plain.body.outcome, 'accepted', JSON.stringify(plain.body));
    const streamed = await cloud.call('POST', path, {
      body: { credentials, metadata },
      headers: { accept: 'text/event-stream' },
    });
    const events = [...streamed.text.matchAll(/^event: (\w+)$/gm)].map(([, event]) => event);
    assert.equal(events.pop(), 'result');
    assert(events.length >= 4 && events.every((event) => event === 'check'));
    assertProblem(await get(org, 'gcp'), 'not_configured');
  });

  it('the same setup again is 200, another one 409', async () => {
    const org = anOrg();
    await setUp(org, 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
    assert.equal((await setUp(org, 'openai', aCase('openai', 'valid'))).status, 200);
    assertProblem(await setUp(org, 'openai', aCase('openai', 'wrong')), 'integration_exists');
  });

  it('of many setups in one moment one is stored', async () => {
    const org = anOrg();
    const answers = await Promise.all(Array.from({ length: 6 }, () => setUp(org, 'openai', aCase('openai', 'valid'))));
    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 200, 200, 200, 200, 202],
    );
    const verdict = await settled(org, 'openai');
    assert.equal(verdict.history.filter(({ action }: { action: string }) => action === 'set_up').length, 1);
  });

  it('validates again on demand and writes down who asked', async () => {
    const org = anOrg();
    await setUp(org, 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
    const { status, body } = await cloud.call('POST', `/integrations/${org}/openai/validate`, {
      headers: { prefer: 'wait=20' },
    });
    assert.deepEqual([status, body.validation_status], [200, 'VALID']);
    const { history } = (await get(org, 'openai')).body;
    assert(history.some(({ action }: { action: string }) => action === 'validation_requested'));
  });

  it('reads a list and an integration with one query each, on the short path', async () => {
    const org = anOrg();
    await setUp(org, 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
    for (const path of [`/integrations/${org}`, `/integrations/${org}/openai`]) {
      const since = await lastSeq('bigquery');
      assert.equal((await cloud.call('GET', path)).status, 200);
      assert.deepEqual(
        (await calls('bigquery', since)).map(({ method }) => method),
        ['jobs.query'],
      );
    }
  });

  describe('with a backend in trouble', () => {
    const troubles: { name: string; fault: object }[] = ['kms', 'bigquery', 'pubsub'].flatMap((service) => [
      { name: `${service} failing`, fault: { service, kind: 'error', status: 503 } },
      { name: `${service} cutting connections`, fault: { service, kind: 'reset' } },
      { name: `${service} hanging`, fault: { service, kind: 'latency', latency_ms: 12_000 } },
    ]);
    for (const trouble of troubles) {
      it(`${trouble.name}: 503 within 10 s, nothing half done, and all well afterwards`, async () => {
        const org = anOrg();
        await fault(trouble.fault);
        const started = performance.now();
        const answer = await setUp(org, 'openai', aCase('openai', 'valid'));
        const took = performance.now() - started;
        assertProblem(answer, 'backend_unavailable');
        assert(took < 10_000, `${took} ms`);
        assert(Number(answer.headers.get('retry-after')) > 0);
        await fetch(`${cloud.url}/local/faults`, { method: 'DELETE' });

        assertProblem(await get(org, 'openai'), 'not_configured');
        const { status, body } = await setUp(org, 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
        assert.deepEqual([status, body.validation_status], [201, 'VALID']);
      });
    }

    it('a test that cannot be made keeps the status and comes again by itself', async () => {
      const org = anOrg();
      await setUp(org, 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
      // One time it is asked again at once, and healed unseen; four times are more than one delivery tries.
      await fault({ service: 'openai', kind: 'error', status: 503, count: 4 });
      const { status } = await cloud.call('POST', `/integrations/${org}/openai/validate`);
      assert.equal(status, 202);
      const during = await eventually(async () => {
        const { body } = await get(org, 'openai');
        return body.last_check.outcome === 'provider_error' ? body : undefined;
      });
      assert.equal(during.validation_status, 'VALID');
    });
  });

  it('upkeep asks again for a test whose message was lost', async () => {
    const org = anOrg();
    await setUp(org, 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
    // As it is when a process ends between its two writes.
    await query(`UPDATE \`integrations.org_integration_credentials\`
      SET validation_status = 'PENDING', updated_at = TIMESTAMP '2020-01-01 00:00:00 UTC', version = version + 1, last_check = NULL
      WHERE org_slug = '${org}'`);
    assert.equal((await get(org, 'openai')).body.validation_status, 'PENDING');

    const response = await fetch(`${cloud.url}/local/jobs/upkeep`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    assert.deepEqual(await response.json(), { exit_code: 0 });
    assert.equal((await settled(org, 'openai')).validation_status, 'VALID');
  });

  it('a ciphertext that was moved to another organisation does not open', async () => {
    const [org, thief] = [anOrg(), anOrg()];
    await setUp(org, 'openai', aCase('openai', 'valid'), { prefer: 'wait=20' });
    await setUp(thief, 'openai', aCase('openai', 'wrong'), { prefer: 'wait=20' });
    const table = '`integrations.org_integration_credentials`';
    await query(`UPDATE ${table} SET encrypted_credentials = (SELECT encrypted_credentials FROM ${table} WHERE org_slug = '${org}')
      WHERE org_slug = '${thief}'`);
    const path = `/integrations/${thief}/openai/validate`;
    const { body } = await cloud.call('POST', path, { headers: { prefer: 'wait=20' } });
    assert.equal(body.validation_status, 'INVALID');
    assert.equal(body.last_check.checks[0].id, 'decrypt');
  });

  it('a canary secret is in no answer, no log and no file', async () => {
    const org = anOrg();
    const secret = `sk-proj-CANARY${Date.now()}abcdefghijklmnopqrstuvwxyz`;
    const texts = [
      await setUp(
        org,
        'openai',
        { ...aCase('openai', 'valid'), credentials: { api_key: secret } },
        { prefer: 'wait=20' },
      ),
      await cloud.call('POST', `/integrations/${org}/openai/setup`, {
        body: `{"credentials":{"api_key":"${secret}",}`,
      }),
      await cloud.call('POST', `/integrations/${org}/gcp/setup`, {
        body: { credentials: { type: secret, private_key: secret } },
      }),
      await cloud.call('POST', `/integrations/${org}/slack/setup`, { body: { metadata: { notes: secret } } }),
      await cloud.call('POST', `/integrations/${org}/openai/setup?dry_run=true`, {
        body: { credentials: { api_key: secret } },
      }),
      await get(org, 'openai'),
      await cloud.call('GET', `/integrations/${org}`),
    ].map(({ text }) => text);
    for (const text of texts) assert(!text.includes('CANARY'));
    const files = await readdir(cloud.dataDir, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      assert(!(await readFile(path)).includes('CANARY'), path);
    }
  });
});
