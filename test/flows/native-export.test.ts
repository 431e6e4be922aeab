import assert from 'node:assert/strict';
import { ACCOUNT, fieldsOf, startLandingStand, type LandingStand, type Tenant } from './landing-stand.ts';

/** Google's own FOCUS export of one account, and no billing export beside it. */
const USE = {
  BillingAccountId: ACCOUNT,
  BillingCurrency: 'EUR',
  BillingPeriodStart: '2026-03-01T08:00:00Z',
  ChargePeriodStart: '2026-03-02T10:00:00Z',
  ChargePeriodEnd: '2026-03-02T11:00:00Z',
  ChargeDescription: 'N2 Instance Core running in Frankfurt',
  ServiceName: 'Compute Engine',
  SkuId: 'S1',
  BilledCost: '1.5',
  ListCost: '4',
  ContractedCost: '2',
  ConsumedQuantity: '14400',
  ConsumedUnit: 'seconds',
  PricingQuantity: '4',
  PricingUnit: 'hour',
  RegionId: 'europe-west3',
  AvailabilityZone: 'europe-west3-a',
  ResourceId: '//compute.googleapis.com/projects/1/zones/europe-west3-a/instances/7',
  ResourceName: 'web-7',
  SubAccountId: 'shop',
  x_CostType: 'regular',
  x_Credits: [{ Id: 'C1', Type: 'DISCOUNT', Name: 'Deal', Amount: '-0.5' }],
  x_CurrencyConversionRate: 0.9,
  x_ExportTime: '2026-03-02T15:00:00Z',
  x_Labels: [{ Key: 'env', Value: 'prod' }],
  x_Project: { Id: 'shop', Number: '1', Name: 'Shop' },
  x_ServiceId: '6F81-5844-456A',
  x_Tags: [{ Key: 'team', Value: 'a', x_Inherited: true, x_Namespace: '42' }],
};
const TAX = { ...USE, BilledCost: '0.19', x_CostType: 'tax', x_Credits: [], SkuId: 'TAX' };
const MARKET = { ...USE, BilledCost: '7.000000001', PublisherName: 'Acme, Inc.', SkuId: 'S2', x_Credits: [] };
const COLUMNS = [
  ...['BilledCost', 'ListCost', 'ContractedCost', 'EffectiveCost', 'PricingQuantity', 'PricingUnit', 'ConsumedUnit'],
  ...['ChargeCategory', 'BillingCurrency', 'PricingCurrency', 'SkuId', 'ServiceCategory', 'ServiceProviderName'],
  ...['RegionName', 'ResourceType', 'SubAccountName', 'Tags', 'x_InvoiceMonth'],
];

describe("Google's own FOCUS export in the place of a billing export", function () {
  this.timeout(120_000);
  let stand: LandingStand;
  let tenant: Tenant;
  before(async () => {
    stand = await startLandingStand();
    tenant = await stand.tenant('native');
    await tenant.makeTable('f', { fields: [...fieldsOf('cloud_gcp_focus_raw'), { name: 'x_New', type: 'STRING' }] });
    await tenant.load('f', [USE, TAX], '20260302');
    await tenant.load('f', [MARKET], '20260303');
    await tenant.connect({ focus_export_table: tenant.path('f') });
  });
  after(() => stand.close());

  const runs = async (job: 'billing' | 'focus'): Promise<void> => {
    assert.equal(await stand.cloud.jobs.run({ job, args: ['--org', 'native'] }), 0);
    const { state, steps } = await stand.lastRun('native');
    assert.equal(state, 'SUCCEEDED', JSON.stringify(steps));
  };
  const focus = async () =>
    stand.query(`SELECT ${COLUMNS.map((column) => `CAST(${column} AS STRING) AS ${column}`).join(', ')}
      FROM native_prod.cost_data_standard_1_3 ORDER BY BilledCost`);

  it('lands as rows of a billing export, and tells which columns nobody knows', async () => {
    await runs('billing');
    assert.deepEqual(await stand.landed('native'), ['f 2026-03-02: 2.19', 'f 2026-03-03: 7.000000001']);
    assert.deepEqual(await stand.quality('native'), ['refused_columns warn: x_New']);
  });

  it('becomes FOCUS 1.3 with every cent of it, and with what it lacks by itself', async () => {
    await runs('focus');
    const [tax, use, market] = await focus();
    assert.deepEqual(use, {
      BilledCost: '1.5',
      ListCost: '4',
      ContractedCost: '2',
      EffectiveCost: '1.5',
      PricingQuantity: '4',
      PricingUnit: 'Hours',
      ConsumedUnit: 'Seconds',
      ChargeCategory: 'Usage',
      BillingCurrency: 'EUR',
      PricingCurrency: 'USD',
      SkuId: 'S1',
      ServiceCategory: 'Compute',
      ServiceProviderName: 'Google Cloud',
      RegionName: 'Frankfurt',
      ResourceType: 'compute.googleapis.com/Instance',
      SubAccountName: 'Shop',
      Tags: '{"env":"prod","gcp_tag/42/team":"a"}',
      x_InvoiceMonth: '202603',
    });
    assert.deepEqual([tax?.['BilledCost'], tax?.['ChargeCategory'], tax?.['SkuId']], ['0.19', 'Tax', null]);
    assert.deepEqual([market?.['BilledCost'], market?.['ServiceProviderName']], ['7.000000001', 'Acme, Inc.']);
  });

  it('makes room for a billing export of the account that is added later', async () => {
    await tenant.makeTable('s');
    await tenant.loadDays('s', { '2026-03-02': [2.25], '2026-03-03': [7] });
    const metadata = { focus_export_table: tenant.path('f'), billing_export_table: tenant.path('s') };
    await stand.query(`UPDATE integrations.org_integration_credentials SET metadata = JSON '${JSON.stringify(metadata)}'
      WHERE org_slug = 'native'`);
    await runs('billing');
    assert.deepEqual(await stand.landed('native'), ['s 2026-03-02: 2.25', 's 2026-03-03: 7']);
    const compared = await stand.query('SELECT COUNT(*) AS n FROM native_prod.cloud_gcp_focus_raw');
    assert.equal(Number(compared[0]?.['n']), 3);
  });
});
