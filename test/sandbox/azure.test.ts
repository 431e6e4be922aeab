import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newClientSecret } from '../../local/sandbox/azure/azure-directory.ts';
import { startAzure, type AzureSandbox } from '../../local/sandbox/azure/azure-sandbox.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { checkFormat } from '../../shared/providers/format-check.ts';
import { fakeContext, type FakeContext } from '../kit/fake-context.ts';
import { askedOnce, registry } from '../providers/fixtures.ts';

const LOGIN = 'login.microsoftonline.com';
const ARM = 'management.azure.com';
const SCOPE = `https://${ARM}/.default`;
const QUERY = {
  type: 'ActualCost',
  timeframe: 'Custom',
  timePeriod: { from: '2026-11-23T00:00:00Z', to: '2026-11-23T23:59:59Z' },
  dataset: { granularity: 'Daily', aggregation: { totalCost: { name: 'Cost', function: 'Sum' } } },
};

describe('Azure sandbox', () => {
  let context: FakeContext;
  let azure: AzureSandbox;
  let tenant: string;
  let app: { id: string; secret: string };
  let subscription: string;

  beforeEach(async () => {
    context = fakeContext();
    azure = await startAzure(context);
    tenant = randomUUID();
    app = azure.directory.createApp({ cloud: 'public', tenant_id: tenant, state: 'active' });
    subscription = azure.directory.createSubscription({
      cloud: 'public',
      tenant_id: tenant,
      state: 'Enabled',
      costs: 'costs',
    });
    azure.directory.grant(app.id, subscription, 'Cost Management Reader');
  });
  afterEach(() => azure.close());

  const whole = (): Record<string, string> => ({
    client_id: app.id,
    client_secret: app.secret,
    grant_type: 'client_credentials',
    scope: SCOPE,
  });
  const login = async (
    form: Record<string, string> | string = whole(),
    { host = LOGIN, path = tenant, type = 'application/x-www-form-urlencoded' } = {},
  ) => {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    const url = `${azure.endpoints[host]}/${path}/oauth2/v2.0/token`;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const tokenOf = async (): Promise<string> => (await login()).body['access_token'] as string;
  const arm = async (
    path: string,
    {
      token,
      body,
      host = ARM,
      type = 'application/json',
    }: { token?: string; body?: unknown; host?: string; type?: string } = {},
  ) => {
    const response = await fetch(azure.endpoints[host] + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed = (text === '' ? {} : JSON.parse(text)) as { error?: { code: string } };
    return { status: response.status, code: parsed.error?.code, body: parsed };
  };
  const get = (version = '2022-12-01') => `/subscriptions/${subscription}?api-version=${version}`;
  const query = (version = '2025-03-01') =>
    `/subscriptions/${subscription}/providers/Microsoft.CostManagement/query?api-version=${version}`;

  it('gives a token that its own Azure Resource Manager takes, for an hour', async () => {
    const { status, body } = await login();
    assert.equal(status, 200);
    assert.deepEqual([body['token_type'], body['expires_in']], ['Bearer', 3599]);
    const token = body['access_token'] as string;
    assert.equal((await arm(get(), { token })).status, 200);
    assert.equal((await arm(query(), { token, body: QUERY })).status, 200);
    context.advance(3_600_000);
    assert.equal((await arm(get(), { token })).code, 'ExpiredAuthenticationToken');
  });

  it('knows an application until it is deleted', async () => {
    azure.directory.setAppState(app.id, 'deleted');
    assert.deepEqual((await login()).body['error_codes'], [700016]);
  });

  it('words a refusal as Entra does', async () => {
    const { status, body } = await login({ ...whole(), client_secret: newClientSecret() });
    assert.equal(status, 401);
    assert.equal(body['error'], 'invalid_client');
    assert.match(
      body['error_description'] as string,
      /^AADSTS7000215: Invalid client secret.* Trace ID: .* Timestamp: 2026-11-01 00:00:00Z$/,
    );
    assert.deepEqual(Object.keys(body), [
      'error',
      'error_description',
      'error_codes',
      'timestamp',
      'trace_id',
      'correlation_id',
      'error_uri',
    ]);
    assert(!JSON.stringify(body).includes(app.secret));
  });

  for (const { name, form, code } of [
    { name: 'no scope', form: { scope: '' }, code: 900144 },
    { name: 'no application', form: { client_id: '' }, code: 900144 },
    { name: 'no kind of grant', form: { grant_type: '' }, code: 900144 },
    { name: 'another kind of grant', form: { grant_type: 'password' }, code: 70003 },
    { name: 'no secret', form: { client_secret: '' }, code: 7000216 },
    { name: 'a scope without /.default', form: { scope: 'https://management.azure.com' }, code: 70011 },
    {
      name: 'the scope of another cloud',
      form: { scope: 'https://management.chinacloudapi.cn/.default' },
      code: 500011,
    },
    { name: 'an application of nobody', form: { client_id: randomUUID() }, code: 700016 },
  ]) {
    it(`refuses a form with ${name}`, async () => {
      assert.deepEqual((await login({ ...whole(), ...form })).body['error_codes'], [code]);
    });
  }

  it('takes nothing but one form, at the directory of the application', async () => {
    const text = new URLSearchParams(whole()).toString();
    assert.deepEqual((await login(text, { type: 'application/json' })).body['error_codes'], [900144]);
    assert.deepEqual((await login(`${text}&scope=x`)).body['error_codes'], [9000411]);
    assert.deepEqual((await login(text, { path: randomUUID() })).body['error_codes'], [90002]);
    assert.deepEqual((await login(text, { path: 'contoso' })).body['error_codes'], [900023]);
    assert.deepEqual((await login(text, { host: 'login.microsoftonline.us' })).body['error_codes'], [90038]);
    const response = await fetch(`${azure.endpoints[LOGIN]}/${tenant}/oauth2/v2.0/token?${text}`);
    assert.match(await response.text(), /900561/);
  });

  it('wants a token of its own and of its cloud, and a version that was published', async () => {
    const token = await tokenOf();
    assert.equal((await arm(get())).code, 'AuthenticationFailed');
    assert.equal((await arm(get(), { token: 'abc' })).code, 'InvalidAuthenticationToken');
    const host = 'management.chinacloudapi.cn';
    assert.equal((await arm(get(), { token, host })).code, 'InvalidAuthenticationTokenAudience');
    assert.equal((await arm(get('2031-01-01'), { token })).code, 'InvalidApiVersionParameter');
    assert.equal((await arm(`/subscriptions/${subscription}`, { token })).code, 'MissingApiVersionParameter');
    assert.equal((await arm('/subscriptions/abc?api-version=2022-12-01', { token })).code, 'InvalidSubscriptionId');
    assert.equal((await arm('/subscriptions?api-version=2022-12-01', { token })).status, 404);
  });

  it('shows costs to whoever has a role for them, and answers 401 to others', async () => {
    const other = azure.directory.createApp({ cloud: 'public', tenant_id: tenant, state: 'active' });
    azure.directory.grant(other.id, subscription, 'Virtual Machine Contributor');
    app = other;
    const token = await tokenOf();
    assert.equal((await arm(get(), { token })).status, 200);
    const refused = await arm(query(), { token, body: QUERY });
    assert.deepEqual([refused.status, refused.code], [401, 'RBACAccessDenied']);
  });

  for (const { name, body, type } of [
    { name: 'no dataset', body: { type: 'ActualCost', timeframe: 'MonthToDate' } },
    { name: 'another type', body: { ...QUERY, type: 'actualcost' } },
    { name: 'a field of its own', body: { ...QUERY, dataSet: {} } },
    { name: 'no period', body: { ...QUERY, timePeriod: undefined } },
    { name: 'a period where none belongs', body: { ...QUERY, timeframe: 'MonthToDate' } },
    {
      name: 'a period that ends before it starts',
      body: { ...QUERY, timePeriod: { from: QUERY.timePeriod.to, to: QUERY.timePeriod.from } },
    },
    { name: 'days instead of times', body: { ...QUERY, timePeriod: { from: '2026-11-23', to: '2026-11-23' } } },
    { name: 'another sum', body: { ...QUERY, dataset: { aggregation: { a: { name: 'Cost', function: 'Average' } } } } },
    { name: 'another granularity', body: { ...QUERY, dataset: { granularity: 'Hourly' } } },
    {
      name: 'three groups',
      body: { ...QUERY, dataset: { grouping: Array(3).fill({ type: 'Dimension', name: 'ServiceName' }) } },
    },
    { name: 'text instead of JSON', body: QUERY, type: 'text/plain' },
  ] as { name: string; body: object; type?: string }[]) {
    it(`refuses a query with ${name}`, async () => {
      const token = await tokenOf();
      const answer = await arm(query(), { token, body, ...(type ? { type } : {}) });
      assert.deepEqual([answer.status, answer.code], [400, 'BadRequest']);
    });
  }

  it('keeps neither secret nor token in readable form, and knows both after a restart', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'azure-'));
    const file = join(dir, 'state.sqlite');
    const first = fakeContext(file);
    await azure.close();
    azure = await startAzure(first);
    app = azure.directory.createApp({ cloud: 'public', tenant_id: tenant, state: 'active' });
    azure.directory.grant(app.id, subscription, 'Reader');
    const token = await tokenOf();
    const tables = ['apps', 'tokens'].map((name) => first.db.prepare(`SELECT * FROM sandbox_azure_${name}`).all());
    assert(!JSON.stringify(tables).includes(app.secret.slice(6)) && !JSON.stringify(tables).includes(token.slice(-20)));
    await azure.close();
    first.db.close();
    azure = await startAzure(fakeContext(file));
    assert.equal((await login()).status, 200);
    assert.equal((await arm(get(), { token })).code, 'SubscriptionNotFound');
    rmSync(dir, { recursive: true });
  });

  it('plays injected faults by host and method, and notes calls without their secrets', async () => {
    context.planned.push({ id: 'f', service: 'azure', method: 'token', kind: 'error', status: 503, rate: 1 });
    assert.equal((await login()).status, 503);
    const token = await tokenOf();
    context.planned.push({ id: 'g', service: 'azure', method: 'subscriptions.get', kind: 'reset', rate: 1 });
    await assert.rejects(arm(get(), { token }));
    context.planned.push({ id: 'h', service: 'azure', method: 'costs.query', kind: 'garbage', rate: 1 });
    await assert.rejects(arm(query(), { token, body: QUERY }), SyntaxError);
    assert.deepEqual(
      context.calls.map(({ method, caller, status }) => [method, caller, status]),
      [
        ['token', app.id, 503],
        ['token', app.id, 200],
        ['subscriptions.get', app.id, 0],
        ['costs.query', app.id, 200],
      ],
    );
  });

  it('has a case for every thing that it tells apart, and our own test comes to what each promises', async () => {
    const cases = await azure.cases['azure']!('acme');
    const provider = registry.get('azure');
    const platform = { clock: context.clock, config: { endpoints: { providers: azure.endpoints } } };
    for (const [name, { credentials = {}, expect }] of Object.entries(cases)) {
      const secret = Secret.of(credentials);
      checkFormat(registry, provider, { credentials: secret, metadata: {} });
      const subject = { provider, credentials: secret, metadata: {}, org: 'acme', expiresAt: null };
      const { outcome, checks } = await testConnection(subject, askedOnce(platform));
      assert.equal(outcome, expect.outcome, `${name} ${JSON.stringify(checks)}`);
      assert(!JSON.stringify(checks).includes(credentials['client_secret']!), `${name} shows the secret`);
    }
    const warned = ['overdue', 'disabled_subscription', 'cost_throttled'];
    for (const name of warned) assert.equal(cases[name]!.expect.validation_status, 'VALID');
  });
});
