import assert from 'node:assert/strict';
import type { Cell } from '../sql/google-values.ts';
import { CONVERTERS, type Converter, type FocusRow } from './converters.ts';
import { rawRows } from './google-conversion.ts';

type Row = Readonly<Record<string, Cell>>;

const use: Row = {
  cost: 2,
  cost_at_list: 2,
  cost_type: 'regular',
  'service.id': '6F81-5844-456A',
  'service.description': 'Compute Engine',
  'sku.id': 'S1',
  'sku.description': 'N2 Instance Core running in Americas',
  'usage.amount': 4,
  'usage.unit': 'hour',
  'usage.amount_in_pricing_units': 4,
  'usage.pricing_unit': 'hour',
  usage_start_time: '2026-02-10T10:00:00Z',
  usage_end_time: '2026-02-10T11:00:00Z',
  currency_conversion_rate: 1,
};
const cud = (amount: number) => [{ type: 'COMMITTED_USAGE_DISCOUNT', amount, id: null, name: null, full_name: null }];
const label = (key: string, value: string) => ({ key, value });

/** What of a row a reader of the figures has to know. */
const REMARKS: readonly { readonly of: string; readonly row: Row; readonly finding: string }[] = [
  {
    of: 'a mode of adjustment',
    row: { 'adjustment_info.mode': 'HALF' },
    finding: 'unknown_value 1 rows: adjustment_info.mode HALF',
  },
  {
    of: 'a publisher',
    row: { 'invoice.publisher_type': 'UNCLE' },
    finding: 'unknown_value 1 rows: invoice.publisher_type UNCLE',
  },
  { of: 'a region', row: { 'location.region': 'mars-north1' }, finding: 'unknown_region 1 rows: mars-north1' },
  {
    of: 'a label that is there twice',
    row: { labels: [label('env', 'a'), label('env', 'b')] },
    finding: 'tag_repeated 1 rows: env',
  },
  {
    of: 'a credit of a commitment without a fee',
    row: { credits: cud(-1) },
    finding: 'commitment_fee_missing 1 rows: S1',
  },
  {
    of: 'a list price below the contracted one',
    row: { cost_at_list: 1 },
    finding: 'list_below_contracted 1 rows: S1',
  },
  {
    of: 'what came to more than was contracted',
    row: { cost_at_effective_price_default: '1' },
    finding: 'contracted_below_effective 1 rows: S1',
  },
  {
    of: 'use of long ago',
    row: { usage_start_time: '2024-12-10T10:00:00Z', usage_end_time: '2024-12-10T11:00:00Z' },
    finding: 'old_charge_period 1 rows: S1',
  },
  {
    of: 'a row that two kinds of commitments covered',
    row: { credits: [...cud(-1), { ...cud(-0.5)[0]!, type: 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE' }] },
    finding: 'commitment_credits_mixed 1 rows: S1',
  },
  {
    of: 'a month whose first rows are there no more',
    row: { 'invoice.month': '202001' },
    finding: 'period_incomplete 1 rows: 202001',
  },
  {
    of: 'money without a quantity',
    row: {
      'usage.amount': 0,
      'usage.amount_in_pricing_units': 0,
      'adjustment_info.type': 'PRICE_CORRECTION',
      usage_start_time: '2026-01-10T10:00:00Z',
      usage_end_time: '2026-01-10T11:00:00Z',
    },
    finding: 'unpriced 1 rows: S1',
  },
];

const NATIVE_ROW: Row = {
  BillingAccountId: '0000AA-1111BB-2222CC',
  BillingPeriodStart: '2026-02-01T08:00:00Z',
  BillingCurrency: 'USD',
  ChargePeriodStart: '2026-02-10T10:00:00Z',
  BilledCost: '2',
};

/** Google's own FOCUS rows beside one of ours that costs 2 on 10 February, and what the comparison says. */
const NATIVE: readonly { readonly of: string; readonly native: readonly Row[]; readonly found: readonly Cell[][] }[] = [
  { of: 'which the customer need not have', native: [], found: [] },
  {
    of: 'where both say the same up to its nine decimals',
    native: [{ BilledCost: '1.500000001' }, { BilledCost: '0.5' }],
    found: [['pass', '2 USD', '2.000000001 USD', 'what the FOCUS export of Google says']],
  },
  {
    of: 'whose months may begin in UTC',
    native: [{ BillingPeriodStart: '2026-02-01T00:00:00Z' }],
    found: [['pass', '2 USD', '2 USD', 'what the FOCUS export of Google says']],
  },
  {
    of: 'by day where they differ',
    native: [{}, { BilledCost: '3', ChargePeriodStart: '2026-02-11T00:00:00Z' }],
    found: [
      ['warn', '2 USD', '5 USD', 'what the FOCUS export of Google says, other on 1 of 2 days, first on 2026-02-11'],
    ],
  },
  {
    of: 'but not over other months, accounts and currencies',
    native: [
      { BillingPeriodStart: '2026-03-01T08:00:00Z' },
      { BillingAccountId: '00FFFF-EEEEEE-DDDDDD' },
      { BillingCurrency: 'EUR' },
    ],
    found: [
      ['warn', '0 EUR', '2 EUR', 'what the FOCUS export of Google says, other on 1 of 1 days, first on 2026-02-10'],
    ],
  },
];

const lineOf = (finding: FocusRow): string => `${finding['check_id'] as string} ${finding['observed'] as string}`;

for (const { engine, start } of CONVERTERS) {
  describe(`the quality report of ${engine}`, () => {
    let converter: Converter;
    before(async () => {
      converter = await start();
    });
    after(() => converter.close());

    for (const { of, row, finding } of REMARKS) {
      it(`tells of ${of}, and the row stays`, async () => {
        const { focus, quality } = await converter.convert(rawRows([{ ...use, ...row }]));
        assert.equal(focus.length, 1);
        assert.ok(quality.map(lineOf).includes(finding), quality.map(lineOf).join('\n'));
      });
    }

    it('is silent about a row that nothing is odd about, but for the account without a name', async () => {
      const { quality } = await converter.convert(rawRows([use]));
      const warned = quality.filter(({ status }) => status !== 'pass').map(lineOf);
      assert.deepEqual(warned, ['account_name_missing 1 rows: 0000AA-1111BB-2222CC']);
    });

    it('tells of a service that was renamed within the month', async () => {
      const { quality } = await converter.convert(rawRows([use, { ...use, 'service.description': 'Compute' }]));
      const found = quality.find(({ check_id: check }) => check === 'service_renamed');
      assert.equal(found?.['message'], 'exported as Compute, Compute Engine');
    });

    it('gives the share of services without a category, and their names', async () => {
      const unknown = { ...use, cost: 1, cost_at_list: 1, 'service.id': null, 'service.description': 'Time Machine' };
      const { quality } = await converter.convert(rawRows([use, unknown]));
      const { status, observed, expected, message } = quality.find(
        ({ check_id: check }) => check === 'share_of_other',
      )!;
      assert.deepEqual([status, observed, expected, message], ['warn', '33.33 % of USD', 'below 1 %', 'Time Machine']);
    });

    it('gives what each commitment cost and what of it went unused', async () => {
      const fee = { ...use, 'sku.id': 'FEE', 'sku.description': 'Commitment v1: Cpu in Americas for 1 Year', cost: 5 };
      const { quality } = await converter.convert(rawRows([fee, { ...use, credits: cud(-1) }]));
      const { status, observed, expected, message } = quality.find(
        ({ check_id: check }) => check === 'commitment_cost',
      )!;
      assert.deepEqual(
        [status, observed, expected, message],
        ['pass', '5 USD', '5 USD', '0000AA-1111BB-2222CC/global/FEE, unused 2.5 USD'],
      );
    });

    for (const { of, native, found } of NATIVE) {
      it(`compares with Google's own FOCUS export, ${of}`, async () => {
        const exported = native.map((row) => ({ ...NATIVE_ROW, ...row }));
        const { quality } = await converter.convert(rawRows([use]), { cloud_gcp_focus_raw: exported });
        const comparison = quality.filter(({ check_id: check }) => check === 'native_focus_cost');
        assert.deepEqual(
          comparison.map(({ status, observed, expected, message }) => [status, observed, expected, message]),
          found,
        );
      });
    }
  });
}
