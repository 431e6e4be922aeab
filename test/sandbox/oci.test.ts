import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOciServer } from '../../local/sandbox/oci/oci-server.ts';
import { OciKeys, type OciState } from '../../local/sandbox/oci/oci-keys.ts';
import { startOciSandbox } from '../../local/sandbox/oci/oci-sandbox.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { checkFormat, type Credentials } from '../../shared/providers/format-check.ts';
import { signedHeaders } from '../../shared/providers/oci/request-signer.ts';
import { fakeContext, type FakeContext } from '../kit/fake-context.ts';
import { anApiKey, privateKey, publicKey } from '../providers/oci/oci-key.ts';
import { askedOnce, registry } from '../providers/fixtures.ts';

interface Sent {
  readonly path?: string;
  readonly body?: string;
  readonly at?: Date;
  readonly keyId?: string;
  /** Sent in place of what was signed. */
  readonly forged?: { readonly path?: string; readonly body?: string; readonly headers?: Record<string, string> };
}

describe('OCI sandbox', () => {
  let context: FakeContext;
  let keys: OciKeys;
  let server: { url: string; close(): Promise<void> };
  let credentials: Credentials;

  beforeEach(async () => {
    context = fakeContext();
    keys = new OciKeys(context.db);
    server = await startOciServer(keys, context);
    credentials = anApiKey();
    register('active');
  });
  afterEach(() => server.close());

  function register(state: OciState): void {
    const { tenancy = '', user = '', fingerprint = '' } = credentials;
    const regions = { homeRegion: 'eu-frankfurt-1', otherRegions: ['us-ashburn-1'] };
    keys.register({ tenancy, user, fingerprint, publicKey, ...regions, state });
  }
  const keyId = () => `${credentials['tenancy']}/${credentials['user']}/${credentials['fingerprint']}`;
  const userPath = () => `/20160918/users/${credentials['user']}`;
  const usageBody = (changes: object = {}) =>
    JSON.stringify({
      tenantId: credentials['tenancy'],
      timeUsageStarted: '2026-10-30T00:00:00Z',
      timeUsageEnded: '2026-10-31T00:00:00Z',
      granularity: 'DAILY',
      ...changes,
    });

  /** Signs one request and sends it, or another. */
  async function send({ path = userPath(), body, at = context.clock.now(), forged = {}, ...sent }: Sent = {}) {
    const method = body === undefined ? 'GET' : 'POST';
    const key = { keyId: sent.keyId ?? keyId(), privateKey };
    const headers = signedHeaders({ method, url: new URL(server.url + path), body }, key, at);
    const init = { method, headers: { ...headers, ...forged.headers }, body: forged.body ?? body ?? null };
    const response = await fetch(server.url + (forged.path ?? path), init);
    const answer = (await response.json()) as { code?: string; message?: string; id?: string; items?: unknown[] };
    return { status: response.status, headers: response.headers, ...answer };
  }

  it('knows a key that was registered, until it is deleted', async () => {
    assert.equal((await send()).id, credentials['user']);
    keys.setState(keyId(), 'deleted');
    const { status, code, headers } = await send();
    assert.deepEqual([status, code], [401, 'NotAuthenticated']);
    assert.match(headers.get('opc-request-id')!, /^[0-9A-F]{32}$/);
    assert.equal(headers.get('date'), context.clock.now().toUTCString());
  });

  it('tells the regions of the tenancy, home first, and the costs of a day', async () => {
    const regions = await send({ path: `/20160918/tenancies/${credentials['tenancy']}/regionSubscriptions` });
    assert.equal(regions.status, 200);
    const { status, items } = await send({ path: '/20200107/usage?limit=1', body: usageBody() });
    assert.deepEqual([status, items?.length], [200, 1]);
  });

  const minutes = (count: number) => new Date(context.clock.now().getTime() + count * 60_000);
  const digest = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
  const forgeries: { name: string; sent: () => Sent }[] = [
    { name: 'another path', sent: () => ({ forged: { path: `${userPath()}x` } }) },
    { name: 'another query', sent: () => ({ forged: { path: `${userPath()}?limit=2` } }) },
    { name: 'another date', sent: () => ({ forged: { headers: { 'x-date': minutes(1).toUTCString() } } }) },
    {
      name: 'a longer body',
      sent: () => ({
        path: '/20200107/usage',
        body: usageBody(),
        forged: { body: `${usageBody()} `, headers: { 'content-length': String(usageBody().length + 1) } },
      }),
    },
    {
      name: 'another body of the same length',
      sent: () => ({
        path: '/20200107/usage',
        body: usageBody(),
        forged: { body: usageBody().replace('DAILY', 'DAILy') },
      }),
    },
    {
      name: 'another digest',
      sent: () => ({ path: '/20200107/usage', body: usageBody(), forged: { headers: { 'x-content-sha256': digest } } }),
    },
    { name: 'a date of six minutes ago', sent: () => ({ at: minutes(-6) }) },
    { name: 'a date of six minutes ahead', sent: () => ({ at: minutes(6) }) },
    { name: 'another user', sent: () => ({ keyId: keyId().replace('user.oc1..fake', 'user.oc1..evil') }) },
    {
      name: 'another fingerprint',
      sent: () => ({ keyId: keyId().replace(/..$/, (pair) => (pair === '00' ? '01' : '00')) }),
    },
    { name: 'no signature', sent: () => ({ forged: { headers: { authorization: '' } } }) },
    { name: 'another scheme', sent: () => ({ forged: { headers: { authorization: 'Bearer x' } } }) },
  ];
  for (const { name, sent } of forgeries) {
    it(`refuses ${name}`, async () => {
      const { status, code } = await send(sent());
      assert.deepEqual([status, code], [401, 'NotAuthenticated']);
    });
  }

  it('takes a date within five minutes', async () => {
    for (const count of [-4, 4]) assert.equal((await send({ at: minutes(count) })).status, 200);
  });

  for (const name of ['x-date', '(request-target)', 'host', 'content-type', 'content-length', 'x-content-sha256']) {
    it(`wants ${name} to be signed`, async () => {
      const url = new URL(`${server.url}/20200107/usage`);
      const headers = signedHeaders(
        { method: 'POST', url, body: usageBody() },
        { keyId: keyId(), privateKey },
        minutes(0),
      );
      const authorization = headers['authorization']!.replace(/headers="([^"]*)"/, (_, names: string) => {
        return `headers="${names
          .split(' ')
          .filter((other) => other !== name)
          .join(' ')}"`;
      });
      const response = await fetch(url, { method: 'POST', headers: { ...headers, authorization }, body: usageBody() });
      assert.equal(response.status, 401);
    });
  }

  const questions: { name: string; changes: object; query?: string; status: number; code: string }[] = [
    {
      name: 'part of a day',
      changes: { timeUsageEnded: '2026-10-31T01:00:00Z' },
      status: 400,
      code: 'InvalidParameter',
    },
    {
      name: 'no time at all',
      changes: { timeUsageEnded: '2026-10-30T00:00:00Z' },
      status: 400,
      code: 'InvalidParameter',
    },
    { name: 'a date alone', changes: { timeUsageEnded: '2026-10-31' }, status: 400, code: 'InvalidParameter' },
    { name: 'no granularity', changes: { granularity: undefined }, status: 400, code: 'InvalidParameter' },
    {
      name: 'a granularity in small letters',
      changes: { granularity: 'daily' },
      status: 400,
      code: 'InvalidParameter',
    },
    { name: 'a query of another type', changes: { queryType: 'SUM' }, status: 400, code: 'InvalidParameter' },
    { name: 'a member that does not exist', changes: { limit: 1 }, status: 400, code: 'InvalidParameter' },
    { name: 'a limit of nothing', changes: {}, query: '?limit=0', status: 400, code: 'InvalidParameter' },
    {
      name: 'the costs of others',
      changes: { tenantId: 'ocid1.tenancy.oc1..x' },
      status: 404,
      code: 'NotAuthorizedOrNotFound',
    },
  ];
  for (const { name, changes, query = '', ...expected } of questions) {
    it(`answers no question about usage with ${name}`, async () => {
      const { status, code } = await send({ path: `/20200107/usage${query}`, body: usageBody(changes) });
      assert.deepEqual({ status, code }, expected);
    });
  }

  it('shows nobody another user, another tenancy or another path', async () => {
    const paths = [
      '/20160918/users/x',
      '/20160918/users/%E0%A4%A',
      '/20160918/tenancies/x/regionSubscriptions',
      '/nothing',
    ];
    for (const path of paths) assert.equal((await send({ path })).code, 'NotAuthorizedOrNotFound', path);
    assert.equal((await send({ path: userPath(), body: '{}' })).status, 405);
    assert.equal((await send({ path: '/20200107/usage', body: 'no JSON' })).code, 'CannotParseRequest');
  });

  it('plays injected faults, and notes calls by their user', async () => {
    context.planned.push({ id: 'f', service: 'oci', kind: 'error', status: 503, rate: 1 });
    assert.deepEqual([(await send()).status, (await send()).status], [503, 200]);
    context.planned.push({ id: 'g', service: 'oci', method: 'users.get', kind: 'reset', rate: 1 });
    await assert.rejects(send());
    context.planned.push({ id: 'h', service: 'oci', kind: 'garbage', rate: 1 });
    await assert.rejects(send());
    context.planned.push({ id: 'i', service: 'oci', kind: 'latency', latency_ms: 1, rate: 1 });
    assert.equal((await send()).status, 200);
    const user = credentials['user']!;
    assert.deepEqual(
      context.calls.map(({ method, caller, status }) => [method, caller, status]),
      [503, 200, 0, 200, 200].map((status) => ['users.get', user, status]),
    );
  });

  it('keeps public keys alone, and knows them after a restart', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'oci-'));
    const file = join(dir, 'state.sqlite');
    const first = fakeContext(file);
    const { tenancy = '', user = '', fingerprint = '' } = credentials;
    const key = { tenancy, user, fingerprint, publicKey, homeRegion: 'eu-frankfurt-1', otherRegions: [] };
    new OciKeys(first.db).register({ ...key, state: 'active' });
    assert(!JSON.stringify(first.db.prepare('SELECT * FROM sandbox_oci_keys').all()).includes('PRIVATE'));
    first.db.close();
    const second = fakeContext(file);
    const found = new OciKeys(second.db).find(keyId());
    assert.deepEqual(
      { ...found, publicKey: found?.publicKey.equals(publicKey) },
      { ...key, publicKey: true, state: 'active' },
    );
    second.db.close();
    await rm(dir, { recursive: true });
  });

  it('leads our own connection test to the outcome that each case promises', async () => {
    const sandbox = await startOciSandbox(context);
    const provider = registry.get('oci');
    const platform = { clock: context.clock, config: { endpoints: { providers: sandbox.endpoints } } };
    const cases = await sandbox.cases['oci']!('acme');
    for (const [name, { credentials: given = {}, expect }] of Object.entries(cases)) {
      checkFormat(registry, provider, { credentials: Secret.of(given), metadata: {} });
      const subject = { provider, credentials: Secret.of(given), metadata: {}, org: 'acme', expiresAt: null };
      const { outcome, checks } = await testConnection(subject, askedOnce(platform));
      assert.equal(outcome, expect.outcome, `${name}: ${JSON.stringify(checks)}`);
      assert(
        checks.every(({ status, remedy }) => status !== 'fail' || remedy),
        name,
      );
      assert(!JSON.stringify(checks).includes('PRIVATE KEY'), name);
    }
    await sandbox.close();
  });
});
