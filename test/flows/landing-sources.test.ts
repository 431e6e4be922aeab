import assert from 'node:assert/strict';
import { exportFields } from '../../local/demo/load-export.ts';
import { ACCOUNT, charge, fieldsOf, startLandingStand, type LandingStand, type Tenant } from './landing-stand.ts';

const DETAILED_FIELDS = [
  ...exportFields(),
  { name: 'resource', type: 'RECORD', fields: [{ name: 'name', type: 'STRING' }] },
];

/** An organisation with sources of its own, before the run and after a change to them. */
interface Case {
  readonly org: string;
  readonly is: string;
  arrange(tenant: Tenant): Promise<object>;
  readonly landed: readonly string[];
  readonly state?: string;
  readonly quality?: readonly string[];
  change?(tenant: Tenant): Promise<void>;
  readonly thenLanded?: readonly string[];
  readonly thenQuality?: readonly string[];
}

const DAYS = { '2026-03-01': [1], '2026-03-02': [2], '2026-03-03': [4] };

const cases: readonly Case[] = [
  {
    org: 'switched',
    is: 'an account whose detailed export was switched on later and is late',
    async arrange(tenant) {
      await tenant.makeTable('s');
      await tenant.makeTable('d', { fields: DETAILED_FIELDS });
      await tenant.loadDays('s', { ...DAYS, '2026-03-04': [8], '2026-03-05': [16] });
      await tenant.loadDays('d', { '2026-03-02': [0.5], '2026-03-03': [3, 1], '2026-03-04': [7, 1] });
      return { billing_export_table: tenant.path('s'), detailed_export_table: tenant.path('d') };
    },
    landed: ['d 2026-03-03: 4', 'd 2026-03-04: 8', 's 2026-03-01: 1', 's 2026-03-02: 2'],
    quality: ['detailed_export_late warn: 2026-03-05'],
    change: (tenant) => tenant.loadDays('d', { '2026-03-05': [15, 1] }),
    thenLanded: ['d 2026-03-03: 4', 'd 2026-03-04: 8', 'd 2026-03-05: 16', 's 2026-03-01: 1', 's 2026-03-02: 2'],
  },
  {
    org: 'ended',
    is: 'an account whose detailed export begins, and then ends',
    async arrange(tenant) {
      await tenant.makeTable('s');
      await tenant.makeTable('d', { fields: DETAILED_FIELDS });
      await tenant.loadDays('s', DAYS);
      return { billing_export_table: tenant.path('s'), detailed_export_table: tenant.path('d') };
    },
    landed: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 4'],
    async change(tenant) {
      await tenant.loadDays('d', { '2026-03-01': [0.5], '2026-03-02': [2], '2026-03-03': [0.25] });
      const later = ['04', '05', '06', '07', '08', '09'].map((day) => [`2026-03-${day}`, [8]]);
      await tenant.loadDays('s', Object.fromEntries(later) as Record<string, number[]>);
    },
    thenLanded: [
      'd 2026-03-02: 2',
      's 2026-03-01: 1',
      ...['03: 4', '04: 8', '05: 8', '06: 8', '07: 8', '08: 8', '09: 8'].map((day) => `s 2026-03-${day}`),
    ],
  },
  {
    org: 'repeated',
    is: 'a table that two accounts name',
    async arrange(tenant) {
      await tenant.makeTable('s');
      await tenant.loadDays('s', DAYS);
      await tenant.makeTable('t');
      await tenant.makeTable('p', { fields: fieldsOf('cloud_gcp_pricing_raw') });
      const pricing = { pricing_export_table: tenant.path('p') };
      return {
        billing_export_table: tenant.path('s'),
        ...pricing,
        additional_billing_accounts: [{ billing_export_table: tenant.path('t'), ...pricing }],
      };
    },
    landed: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 4'],
    quality: ['repeated_table warn: pricing_export_table, additional_billing_accounts/0/pricing_export_table'],
  },
  {
    org: 'twice',
    is: 'an account that two tables hold, one of them a copy with a day more',
    async arrange(tenant) {
      await tenant.makeTable('s');
      await tenant.makeTable('t');
      await tenant.loadDays('s', { ...DAYS, '2026-03-03': [4, 4] });
      await tenant.loadDays('t', { ...DAYS, '2026-03-03': [4, 4, 32], '2026-03-04': [8] });
      return {
        billing_export_table: tenant.path('s'),
        additional_billing_accounts: [{ billing_export_table: tenant.path('t') }],
      };
    },
    landed: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 8', 't 2026-03-03: 32', 't 2026-03-04: 8'],
    quality: ['account_twice warn: 1', 'account_twice warn: 2'],
    change: (tenant) => tenant.run(`DELETE FROM ${tenant.dataset}.s WHERE _PARTITIONTIME = TIMESTAMP '2026-03-02'`),
    thenLanded: ['s 2026-03-01: 1', 's 2026-03-03: 8', 't 2026-03-02: 2', 't 2026-03-03: 32', 't 2026-03-04: 8'],
  },
  {
    org: 'viewed',
    is: 'a view over an export',
    async arrange(tenant) {
      await tenant.makeTable('s');
      await tenant.loadDays('s', DAYS);
      await tenant.makeView('v', `SELECT *, 1 AS extra FROM \`${tenant.path('s')}\``);
      return { billing_export_table: tenant.path('v') };
    },
    landed: ['v 2026-03-01: 1', 'v 2026-03-02: 2', 'v 2026-03-03: 4'],
    quality: ['new_columns warn: extra'],
    change: (tenant) => tenant.loadDays('s', { '2026-03-02': [2, 32] }),
    thenLanded: ['v 2026-03-01: 1', 'v 2026-03-02: 34', 'v 2026-03-03: 4'],
  },
  {
    org: 'plain',
    is: 'a table without partitions',
    async arrange(tenant) {
      await tenant.makeTable('s', { partitioning: null });
      await tenant.load('s', [charge({ cost: 1 }, '2026-03-01'), charge({ cost: 2 }, '2026-03-02')]);
      return { billing_export_table: tenant.path('s') };
    },
    landed: ['s 2026-03-01: 1', 's 2026-03-02: 2'],
    change: (tenant) => tenant.load('s', [charge({ cost: 4 }, '2026-03-02')]),
    thenLanded: ['s 2026-03-02: 4'],
  },
  {
    org: 'columned',
    is: 'a table partitioned by a column, with rows that have no day',
    async arrange(tenant) {
      await tenant.makeTable('s', { partitioning: { type: 'DAY', field: 'usage_start_time' } });
      await tenant.load('s', [
        charge({ cost: 1 }, '2026-03-01'),
        charge({ cost: 2 }, '2026-03-02'),
        charge({ cost: 4, usage_start_time: null }, '2026-03-02'),
      ]);
      return { billing_export_table: tenant.path('s') };
    },
    landed: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's$__NULL__ 2026-03-02: 4'],
    change: (tenant) =>
      tenant.run(`UPDATE ${tenant.dataset}.s SET cost = cost * 2 WHERE usage_start_time IS NULL OR cost = 2`),
    thenLanded: ['s 2026-03-01: 1', 's 2026-03-02: 4', 's$__NULL__ 2026-03-02: 8'],
  },
  {
    org: 'hourly',
    is: 'hourly partitions, some of which vanish',
    async arrange(tenant) {
      await tenant.makeTable('s', { partitioning: { type: 'HOUR' } });
      await tenant.load('s', [charge({ cost: 1 }, '2026-03-01')], '2026030105');
      await tenant.load('s', [charge({ cost: 2 }, '2026-03-01')], '2026030117');
      await tenant.load('s', [charge({ cost: 4 }, '2026-03-02')], '2026030200');
      return { billing_export_table: tenant.path('s') };
    },
    landed: ['s 2026-03-01: 3', 's 2026-03-02: 4'],
    change: (tenant) =>
      tenant.run(`DELETE FROM ${tenant.dataset}.s WHERE _PARTITIONTIME >= TIMESTAMP '2026-03-01 06:00:00+00'`),
    thenLanded: ['s 2026-03-01: 1'],
  },
  {
    org: 'monthly',
    is: 'monthly partitions',
    async arrange(tenant) {
      await tenant.makeTable('s', { partitioning: { type: 'MONTH' } });
      await tenant.load('s', [charge({ cost: 1 }, '2026-02-11')], '202602');
      await tenant.load('s', [charge({ cost: 2 }, '2026-03-11')], '202603');
      return { billing_export_table: tenant.path('s') };
    },
    landed: ['s 2026-02-01: 1', 's 2026-03-01: 2'],
    change: (tenant) => tenant.load('s', [charge({ cost: 8 }, '2026-02-12')], '202602'),
    thenLanded: ['s 2026-02-01: 8', 's 2026-03-01: 2'],
  },
  {
    org: 'expiring',
    is: 'an export whose days expire at the customer’s',
    async arrange(tenant) {
      const year = { type: 'DAY', expirationMs: String(400 * 86_400_000) };
      await tenant.makeTable('s', { partitioning: year });
      await tenant.loadDays('s', DAYS);
      return { billing_export_table: tenant.path('s') };
    },
    landed: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 4'],
    async change(tenant) {
      await tenant.expireAfter('s', 30);
      await tenant.run(`DELETE FROM ${tenant.dataset}.s WHERE _PARTITIONTIME <= TIMESTAMP '2026-03-02'`);
    },
    thenLanded: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 4'],
  },
  {
    org: 'remade',
    is: 'an export table that was dropped and made anew',
    async arrange(tenant) {
      await tenant.makeTable('s');
      await tenant.loadDays('s', DAYS);
      return { billing_export_table: tenant.path('s') };
    },
    landed: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 4'],
    async change(tenant) {
      await tenant.drop('s');
      await tenant.makeTable('s');
      await tenant.loadDays('s', { '2026-03-03': [4, 32], '2026-03-04': [8] });
    },
    thenLanded: ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 36', 's 2026-03-04: 8'],
  },
  {
    org: 'emptied',
    is: 'an export that has no row yet',
    async arrange(tenant) {
      await tenant.makeTable('s');
      return { billing_export_table: tenant.path('s') };
    },
    landed: [],
    change: (tenant) => tenant.loadDays('s', { '2026-03-03': [4], '2099-01-01': [8] }),
    thenLanded: ['s 2026-03-03: 4', 's 2099-01-01: 8'],
    thenQuality: ['future_partition warn: 2099-01-01'],
  },
  {
    org: 'evolving',
    is: 'columns that are absent, new, hostile, or of a type that holds the same',
    async arrange(tenant) {
      const fields = exportFields().filter(({ name }) => name !== 'price' && name !== 'tags' && name !== 'cost');
      await tenant.makeTable('s', { fields: [...fields, { name: 'cost', type: 'NUMERIC' }] });
      await tenant.loadDays('s', { '2026-03-01': [0.5] });
      return { billing_export_table: tenant.path('s') };
    },
    landed: ['s 2026-03-01: 0.5'],
    async change(tenant) {
      await tenant.run(`ALTER TABLE ${tenant.dataset}.s ADD COLUMN carbon FLOAT64`);
      await tenant.run(`ALTER TABLE ${tenant.dataset}.s ADD COLUMN \`größe\` STRING`);
      await tenant.run(`ALTER TABLE ${tenant.dataset}.s ADD COLUMN x_run_id STRING`);
      await tenant.loadDays('s', { '2026-03-02': [2] }, { carbon: 1.5, x_run_id: 'theirs' });
    },
    thenLanded: ['s 2026-03-01: 0.5', 's 2026-03-02: 2'],
    thenQuality: ['new_columns warn: carbon', 'refused_columns warn: größe, x_run_id'],
  },
];

describe('the sources of a billing landing', function () {
  this.timeout(300_000);
  let stand: LandingStand;
  const tenants = new Map<string, Tenant>();
  before(async () => {
    stand = await startLandingStand();
    for (const { org, arrange } of cases) {
      const tenant = await stand.tenant(org);
      tenants.set(org, tenant);
      await tenant.connect(await arrange(tenant));
    }
    assert.equal(await stand.cloud.jobs.run({ job: 'billing', args: [] }), 0);
  });
  after(() => stand.close());

  for (const { org, is, landed, state = 'SUCCEEDED', quality = [] } of cases) {
    it(`are landed once: ${is}`, async () => {
      const run = await stand.lastRun(org);
      assert.equal(run.state, state, JSON.stringify(run.steps));
      assert.deepEqual(await stand.landed(org), landed);
      assert.deepEqual(await stand.quality(org), quality);
    });
  }

  describe('after a change', () => {
    before(async () => {
      for (const { org, change } of cases) await change?.(tenants.get(org)!);
      assert.equal(await stand.cloud.jobs.run({ job: 'billing', args: [] }), 0);
    });

    for (const { org, is, landed, quality = [], thenLanded = landed, thenQuality = [] } of cases) {
      it(`follow it: ${is}`, async () => {
        const run = await stand.lastRun(org);
        assert.equal(run.state, 'SUCCEEDED', JSON.stringify(run.steps));
        assert.deepEqual(await stand.landed(org), thenLanded);
        assert.deepEqual(await stand.quality(org), [...quality, ...thenQuality]);
      });
    }

    it('cost nothing more when nothing has changed', async () => {
      const before = stand.cloud.cloud.context.journal.calls({ service: 'bigquery' }).length;
      assert.equal(await stand.cloud.jobs.run({ job: 'billing', args: ['--org', 'hourly'] }), 0);
      const calls = stand.cloud.cloud.context.journal.calls({ service: 'bigquery' }).slice(before);
      assert.deepEqual(
        calls.filter(({ method }) => method === 'tabledata.list'),
        [],
      );
    });
  });
});

describe('pricing and commitments', function () {
  this.timeout(120_000);
  let stand: LandingStand;
  before(async () => {
    stand = await startLandingStand();
  });
  after(() => stand.close());

  it('land in tables of their own, and the FOCUS export as well when it is configured', async () => {
    const tenant = await stand.tenant('priced', 'EU');
    await tenant.makeTable('s');
    await tenant.loadDays('s', DAYS);
    await tenant.makeTable('p', { fields: fieldsOf('cloud_gcp_pricing_raw') });
    await tenant.load('p', [{ billing_account_id: ACCOUNT, sku: { id: 'A' }, service: { id: 'B' } }], '20260301');
    const commitments = fieldsOf('cloud_gcp_cud_subscriptions_raw').filter(({ name }) => name !== 'commitment_amount');
    await tenant.makeTable('c', { fields: commitments, partitioning: null });
    await tenant.load('c', [
      { billing_account_id: ACCOUNT, subscription: { instance_id: 'one' }, commitent_amount: { value: '1.5' } },
    ]);
    await tenant.makeTable('f', { fields: fieldsOf('cloud_gcp_focus_raw') });
    const native = { BillingAccountId: ACCOUNT, BilledCost: '1.5', x_ExportTime: '2026-03-01T05:00:00Z' };
    await tenant.load('f', [native], '20260301');
    const metadata = {
      billing_export_table: tenant.path('s'),
      pricing_export_table: tenant.path('p'),
      committed_use_discount_table: tenant.path('c'),
    };
    await tenant.connect(metadata);
    await stand.query(`UPDATE integrations.org_integration_credentials
      SET metadata = JSON '${JSON.stringify({ ...metadata, focus_export_table: tenant.path('f') })}'
      WHERE org_slug = 'priced'`);
    assert.equal(await stand.cloud.jobs.run({ job: 'billing', args: ['--org', 'priced'] }), 0);
    assert.equal((await stand.lastRun('priced')).state, 'SUCCEEDED');
    assert.deepEqual(
      await stand.query(
        `SELECT CAST(ingestion_date AS STRING) AS day, service_id, sku_id, x_org_slug FROM priced_prod.cloud_gcp_pricing_raw`,
      ),
      [{ day: '2026-03-01', service_id: 'B', sku_id: 'A', x_org_slug: 'priced' }],
    );
    assert.deepEqual(
      await stand.query(`SELECT subscription.instance_id AS id, CAST(commitent_amount.value AS STRING) AS amount
        FROM priced_prod.cloud_gcp_cud_subscriptions_raw`),
      [{ id: 'one', amount: '1.5' }],
    );
    assert.deepEqual(
      await stand.query(`SELECT BillingAccountId, CAST(BilledCost AS STRING) AS cost, CAST(ingestion_date AS STRING) AS day
        FROM priced_prod.cloud_gcp_focus_raw`),
      [{ BillingAccountId: ACCOUNT, cost: '1.5', day: '2026-03-01' }],
    );
    assert.deepEqual(await stand.landed('priced'), ['s 2026-03-01: 1', 's 2026-03-02: 2', 's 2026-03-03: 4']);
  });

  it('have the bills of a commitment converted again when its terms change, and not when the list comes anew', async () => {
    const tenant = await stand.tenant('committed');
    await tenant.makeTable('s');
    await tenant.loadDays('s', { '2026-02-03': [1], ...DAYS });
    await tenant.makeTable('c', { fields: fieldsOf('cloud_gcp_cud_subscriptions_raw') });
    const list = (day: string, name: string) =>
      tenant.load(
        'c',
        [
          {
            billing_account_id: ACCOUNT,
            subscription: { instance_id: 'one', display_name: name },
            start_time: '2026-03-01T00:00:00Z',
          },
          { billing_account_id: ACCOUNT, subscription: { instance_id: 'two' }, start_time: '2026-01-01T00:00:00Z' },
        ],
        day,
      );
    await list('20260301', 'Shop');
    await tenant.connect({ billing_export_table: tenant.path('s'), committed_use_discount_table: tenant.path('c') });
    const dirtyAfter = async (): Promise<string[]> => {
      assert.equal(await stand.cloud.jobs.run({ job: 'billing', args: ['--org', 'committed'] }), 0);
      const rows = await stand.query('SELECT DISTINCT invoice_month FROM committed_prod.dirty_periods ORDER BY 1');
      await stand.query('DELETE FROM committed_prod.dirty_periods WHERE TRUE');
      return rows.map((row) => row['invoice_month'] ?? '');
    };
    assert.deepEqual(await dirtyAfter(), ['202602', '202603']);
    await list('20260302', 'Shop');
    assert.deepEqual(await dirtyAfter(), []);
    await list('20260303', 'Search');
    assert.deepEqual(await dirtyAfter(), ['202603']);
  });
});
