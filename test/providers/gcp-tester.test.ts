import assert from 'node:assert/strict';
import { loadConfig } from '../../shared/platform/config.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { askedOnce, aServiceAccount, registry, serve } from './fixtures.ts';

const clock = { now: () => new Date() };
const TABLE = 'acme-prod.billing.gcp_billing_export_v1_0A1B2C';
const EMAIL = 'finops-reader@acme-prod.iam.gserviceaccount.com';

interface Google {
  status: number;
  body: object;
}
type Route =
  | 'token'
  | 'public_keys'
  | 'account'
  | 'key'
  | 'permissions'
  | 'table_permissions'
  | 'query'
  | 'table'
  | 'rows'
  | 'billing'
  | 'instances'
  | 'buckets'
  | 'accounts'
  | 'metrics'
  | 'datasets'
  | 'tables';

const denied: Google = {
  status: 403,
  body: { error: { code: 403, message: 'CANARY Access Denied', errors: [{ reason: 'accessDenied' }] } },
};
const granted = (...permissions: string[]): Google => ({ status: 200, body: { permissions } });
const TABLE_RIGHTS = ['bigquery.tables.get', 'bigquery.tables.getData'];
const CAPABILITIES = [
  'compute.instances.list',
  'storage.buckets.list',
  'iam.serviceAccounts.list',
  'monitoring.timeSeries.list',
];
const GOOD: Record<Route, Google> = {
  token: { status: 200, body: { access_token: 'ya29.x', expires_in: 3600 } },
  public_keys: { status: 200, body: {} },
  account: { status: 200, body: { email: EMAIL } },
  key: { status: 200, body: { validBeforeTime: '9999-12-31T23:59:59Z' } },
  permissions: granted('bigquery.jobs.create', ...TABLE_RIGHTS, ...CAPABILITIES),
  query: {
    status: 200,
    body: {
      jobComplete: true,
      schema: { fields: [{ name: 'x', type: 'INTEGER' }] },
      rows: [{ f: [{ v: '1' }] }],
      totalRows: '1',
      queryId: 'q',
    },
  },
  table_permissions: { status: 200, body: {} },
  table: tableWith('billing_account_id', 'service', 'sku', 'usage_start_time', 'cost', 'currency'),
  rows: { status: 200, body: { rows: [{ f: [{ v: '1.5' }] }], totalRows: '1' } },
  billing: { status: 200, body: { billingAccounts: [{ name: 'billingAccounts/0A' }] } },
  instances: { status: 200, body: { kind: 'compute#instanceAggregatedList' } },
  buckets: { status: 200, body: { kind: 'storage#buckets' } },
  accounts: { status: 200, body: {} },
  metrics: { status: 200, body: {} },
  datasets: {
    status: 200,
    body: {
      datasets: [{ id: 'acme-prod:billing', datasetReference: { datasetId: 'billing', projectId: 'acme-prod' } }],
    },
  },
  tables: {
    status: 200,
    body: {
      tables: ['gcp_billing_export_v1_0A1B2C', 'other'].map((tableId) => ({
        id: `acme-prod:billing.${tableId}`,
        tableReference: { projectId: 'acme-prod', datasetId: 'billing', tableId },
      })),
    },
  },
};

function tableWith(...columns: string[]): Google {
  const fields = columns.map((name) => ({ name, type: 'STRING' }));
  return { status: 200, body: { type: 'TABLE', location: 'EU', schema: { fields } } };
}

function routeOf(url: string): Route {
  const path = url.split('?')[0]!;
  if (path === '/token') return 'token';
  if (path.startsWith('/robot/')) return 'public_keys';
  if (path.includes('/keys/')) return 'key';
  if (path.includes('/serviceAccounts/')) return 'account';
  if (path.endsWith('/serviceAccounts')) return 'accounts';
  if (path.startsWith('/compute/')) return 'instances';
  if (path.startsWith('/storage/')) return 'buckets';
  if (path.endsWith('/timeSeries')) return 'metrics';
  if (path.includes('/tables/') && path.endsWith(':testIamPermissions')) return 'table_permissions';
  if (path.endsWith(':testIamPermissions')) return 'permissions';
  if (path.endsWith('/billingAccounts')) return 'billing';
  if (path.endsWith('/queries')) return 'query';
  if (path.endsWith('/data')) return 'rows';
  if (path.endsWith('/tables')) return 'tables';
  return path.includes('/tables/') ? 'table' : 'datasets';
}

async function testGcp(
  changes: Partial<Record<Route, Google | 'reset'>>,
  metadata: object = { billing_export_table: TABLE },
  discovered: Record<string, unknown> = {},
) {
  const answers = { ...GOOD, ...changes };
  const asked: string[] = [];
  const { url, close } = await serve((req, res) => {
    asked.push(routeOf(req.url ?? ''));
    const answer = answers[routeOf(req.url ?? '')];
    if (answer === 'reset') return void req.socket.destroy();
    res.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  const labels = [
    ...['oauth2', 'www', 'iam', 'bigquery', 'cloudresourcemanager', 'cloudbilling'],
    ...['compute', 'storage', 'monitoring'],
  ];
  const config = loadConfig({
    PROJECT_ID: 'test-project',
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    GOOGLE_API_ENDPOINTS: JSON.stringify(Object.fromEntries(labels.map((label) => [label, url]))),
  });
  const subject = {
    provider: registry.get('gcp'),
    credentials: Secret.of(aServiceAccount()),
    metadata: metadata as Record<string, unknown>,
    org: 'acme',
    expiresAt: null,
    discovered,
  };
  const result = await testConnection(subject, askedOnce({ config, clock }));
  await close();
  assert(!JSON.stringify(result).includes('CANARY'), 'a raw text of the provider came through');
  return {
    ...result,
    asked,
    steps: Object.fromEntries(result.checks.map(({ id, status }) => [id, status])),
    byId: (id: string) => result.checks.find((check) => check.id === id),
  };
}

const refused = (error: string, error_description: string, status = 400): Google => ({
  status,
  body: { error, error_description },
});

describe('GCP connection test', () => {
  it('goes through all steps in order and discovers export tables', async () => {
    const { outcome, checks, discovered } = await testGcp({});
    assert.equal(outcome, 'accepted');
    assert.deepEqual(
      checks.map(({ id, status }) => `${id} ${status}`),
      [
        'format pass',
        'token pass',
        'key_state pass',
        'iam_permissions pass',
        'job_user pass',
        'table_access:billing_export_table pass',
        'billing_viewer pass',
        'inventory:billing_accounts pass',
        'inventory:compute_instances pass',
        'inventory:storage_buckets pass',
        'inventory:iam_service_accounts pass',
        'genai_metrics pass',
      ],
    );
    assert.deepEqual(discovered, { datasets: ['acme-prod.billing'], export_tables: [TABLE] });
  });

  const tokens: { name: string; token: Google | 'reset'; outcome: string; says: RegExp }[] = [
    {
      name: 'a deleted key',
      token: refused('invalid_grant', 'Invalid JWT Signature.'),
      outcome: 'rejected',
      says: /deleted or disabled/,
    },
    {
      name: 'a deleted account',
      token: refused('invalid_grant', 'Invalid grant: account not found'),
      outcome: 'rejected',
      says: /does not exist/,
    },
    {
      name: 'a disabled account',
      token: refused('invalid_grant', 'Robot is disabled.'),
      outcome: 'rejected',
      says: /disabled/,
    },
    {
      name: 'a deleted client',
      token: refused('deleted_client', 'gone', 401),
      outcome: 'rejected',
      says: /does not exist/,
    },
    {
      name: 'a wrong clock of ours',
      token: refused(
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
      ),
      outcome: 'provider_error',
      says: /clock/,
    },
    { name: 'a rate limit', token: refused('x', 'x', 429), outcome: 'rate_limited', says: /rate/ },
    { name: 'an outage', token: refused('x', 'x', 503), outcome: 'provider_error', says: /error of its own/ },
    { name: 'a cut connection', token: 'reset', outcome: 'unreachable', says: /reached/ },
  ];
  for (const { name, token, outcome, says } of tokens) {
    it(`tells ${name} at the token endpoint as ${outcome} and stops`, async () => {
      const result = await testGcp({ token });
      assert.equal(result.outcome, outcome);
      assert.deepEqual(
        result.checks.map(({ id }) => id),
        ['format', 'token'],
      );
      assert.match(result.byId('token')!.message, says);
    });
  }

  it('does not mind an account that may not look at itself', async () => {
    const { outcome, steps } = await testGcp({ account: denied, permissions: denied, billing: denied });
    assert.equal(outcome, 'accepted');
    assert.deepEqual([steps['key_state'], steps['iam_permissions'], steps['billing_viewer']], ['skip', 'warn', 'warn']);
  });

  it('refuses a disabled key and calls one expired that has run out', async () => {
    assert.equal((await testGcp({ key: { status: 200, body: { disabled: true } } })).outcome, 'rejected');
    assert.equal(
      (await testGcp({ key: { status: 200, body: { validBeforeTime: '2020-01-01T00:00:00Z' } } })).outcome,
      'expired',
    );
  });

  it('names the missing role and the command that grants it', async () => {
    const { outcome, byId } = await testGcp({ query: denied, table: denied, permissions: granted() });
    assert.equal(outcome, 'insufficient_permission');
    assert.match(byId('job_user')!.message, /roles\/bigquery\.jobUser is missing on project acme-prod/);
    const command = `gcloud projects add-iam-policy-binding acme-prod --member="serviceAccount:${EMAIL}" --role="roles/bigquery.jobUser"`;
    assert(byId('job_user')!.remedy!.startsWith(command));
    assert.match(byId('table_access:billing_export_table')!.remedy!, /roles\/bigquery\.dataViewer/);
  });

  it('proves that rows can be read, not only the description', async () => {
    assert.equal((await testGcp({ rows: denied })).outcome, 'insufficient_permission');
  });

  it('takes no refusal for a verdict that IAM contradicts', async () => {
    const { outcome, byId } = await testGcp({ query: denied });
    assert.equal(outcome, 'provider_error');
    assert.match(byId('job_user')!.message, /granted but not in effect yet/);
    const onTable = await testGcp({ rows: denied, table_permissions: granted(...TABLE_RIGHTS) });
    assert.equal(onTable.outcome, 'provider_error');
    assert.match(onTable.byId('table_access:billing_export_table')!.message, /not in effect yet/);
  });

  it('calls a refused key expired when an earlier test has seen its end', async () => {
    const token = refused('invalid_grant', 'Invalid JWT Signature.');
    const { outcome } = await testGcp({ token }, {}, { key_valid_before: '2020-01-01T00:00:00Z' });
    assert.equal(outcome, 'expired');
  });

  it('keeps the end of a key that has one', async () => {
    const validBeforeTime = '2099-01-01T00:00:00Z';
    const { discovered } = await testGcp({ key: { status: 200, body: { validBeforeTime } } });
    assert.equal(discovered?.['key_valid_before'], validBeforeTime);
  });

  it('says which role a capability lacks, without asking for what is known not to be granted', async () => {
    const { outcome, asked, byId } = await testGcp({
      permissions: granted('bigquery.jobs.create', ...TABLE_RIGHTS, 'storage.buckets.list'),
    });
    assert.equal(outcome, 'accepted');
    assert.equal(byId('inventory:storage_buckets')!.status, 'pass');
    const { status, remedy } = byId('inventory:compute_instances')!;
    assert.equal(status, 'warn');
    assert.match(remedy!, /gcloud projects add-iam-policy-binding acme-prod .*--role="roles\/compute\.viewer"/);
    assert.deepEqual(
      ['instances', 'accounts', 'metrics', 'buckets'].filter((route) => asked.includes(route)),
      ['buckets'],
    );
  });

  it('asks for everything when it cannot learn what is granted, and says how to switch an API on', async () => {
    const off: Google = {
      status: 403,
      body: {
        error: {
          status: 'PERMISSION_DENIED',
          details: [{ reason: 'SERVICE_DISABLED', metadata: { consumer: 'projects/42' } }],
        },
      },
    };
    const { outcome, steps, byId } = await testGcp({ permissions: off, instances: off });
    assert.equal(outcome, 'accepted');
    assert.deepEqual([steps['iam_permissions'], steps['inventory:storage_buckets']], ['warn', 'pass']);
    assert.match(
      byId('inventory:compute_instances')!.remedy!,
      /gcloud services enable compute\.googleapis\.com --project=42/,
    );
  });

  const shapes: { name: string; columns: string[]; metadata: object; says: RegExp }[] = [
    {
      name: 'a standard export where the detailed one belongs',
      columns: ['billing_account_id', 'service', 'sku', 'usage_start_time', 'cost', 'currency'],
      metadata: { detailed_export_table: TABLE },
      says: /no columns resource/,
    },
    {
      name: 'a detailed export where the standard one belongs',
      columns: ['billing_account_id', 'service', 'sku', 'usage_start_time', 'cost', 'currency', 'resource'],
      metadata: { billing_export_table: TABLE },
      says: /detailed export/,
    },
    {
      name: 'a table of something else',
      columns: ['id', 'name'],
      metadata: { pricing_export_table: TABLE },
      says: /no columns .*pricing_unit, list_price/,
    },
    {
      name: 'a region that is not that of the table',
      columns: ['billing_account_id', 'service', 'sku', 'usage_start_time', 'cost', 'currency'],
      metadata: { billing_export_table: TABLE, region: 'europe-west3' },
      says: /lies in EU, and region says europe-west3/,
    },
  ];
  for (const { name, columns, metadata, says } of shapes) {
    it(`warns of ${name}`, async () => {
      const { outcome, checks } = await testGcp({ table: tableWith(...columns) }, metadata);
      const check = checks.find(({ id }) => id.startsWith('table_access:'))!;
      assert.deepEqual([outcome, check.status], ['accepted', 'warn']);
      assert.match(check.message, says);
    });
  }

  it('tests every configured table, those of further accounts included', async () => {
    const { steps } = await testGcp(
      {},
      {
        billing_export_table: TABLE,
        additional_billing_accounts: [{ billing_export_table: TABLE }],
      },
    );
    for (const id of ['billing_export_table', 'additional_billing_accounts/0/billing_export_table']) {
      assert.equal(steps[`table_access:${id}`], 'pass');
    }
  });

  it('warns when no table is configured', async () => {
    const { outcome, steps } = await testGcp({}, {});
    assert.deepEqual([outcome, steps['table_access']], ['accepted', 'warn']);
  });

  const failures: { name: string; table: Google | 'reset'; outcome: string }[] = [
    {
      name: 'a table that is not there',
      table: { status: 404, body: { error: { code: 404, errors: [{ reason: 'notFound' }] } } },
      outcome: 'insufficient_permission',
    },
    {
      name: 'a rate limit with 403',
      table: { status: 403, body: { error: { code: 403, errors: [{ reason: 'rateLimitExceeded' }] } } },
      outcome: 'rate_limited',
    },
    {
      name: 'an outage',
      table: { status: 503, body: { error: { code: 503, errors: [{ reason: 'backendError' }] } } },
      outcome: 'provider_error',
    },
    { name: 'a cut connection', table: 'reset', outcome: 'unreachable' },
  ];
  for (const { name, table, outcome } of failures) {
    it(`tells ${name} as ${outcome}`, async () => assert.equal((await testGcp({ table })).outcome, outcome));
  }
});
