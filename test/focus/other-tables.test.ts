import assert from 'node:assert/strict';
import type { Cell } from '../sql/google-values.ts';
import { CONVERTERS, type Converter } from './converters.ts';
import { rawRows, type Beside } from './google-conversion.ts';

type Row = Readonly<Record<string, Cell>>;

const use: Row = {
  cost: 2,
  cost_type: 'regular',
  'sku.id': 'S1',
  'sku.description': 'Something sold by the hour',
  'usage.amount': 4,
  'usage.unit': 'hour',
  'usage.amount_in_pricing_units': 4,
  'usage.pricing_unit': 'hour',
  usage_start_time: '2026-02-10T10:00:00Z',
  usage_end_time: '2026-02-10T11:00:00Z',
  currency_conversion_rate: 1,
};
const account = (facts: Row): Row => ({ name: 'billingAccounts/0000AA-1111BB-2222CC', ...facts });
const price = (facts: Row, ...rates: readonly Row[]): Row => ({
  sku_id: 'S1',
  pricing_as_of_time: '2026-02-15T00:00:00Z',
  pricing_unit_description: 'hour',
  'list_price.tiered_rates': rates.map((rate) => ({
    pricing_unit_quantity: 1,
    start_usage_amount: 0,
    account_currency_amount: null,
    ...rate,
  })),
  ...facts,
});
const estimated = { ListUnitPrice: '0.5', ListCost: '2', x_ListPriceEstimated: true };
const listed = { ListUnitPrice: '0.75', ListCost: '3', x_ListPriceEstimated: false };

/** What tables beside the export tell about a row. */
const CASES: readonly {
  readonly name: string;
  readonly row?: Row;
  readonly beside: Beside;
  readonly focus: Row;
  readonly warns?: string;
}[] = [
  {
    name: 'names the account as the newest list does',
    beside: {
      gcp_billing_accounts_raw: [
        account({ displayName: 'Old shop', ingestion_date: '2026-02-01' }),
        account({ displayName: 'Shop', ingestion_date: '2026-02-02' }),
        account({ name: 'billingAccounts/FFFFFF-FFFFFF-FFFFFF', displayName: 'Other', ingestion_date: '2026-02-03' }),
      ],
    },
    focus: { BillingAccountName: 'Shop', BillingAccountType: 'Billing Account' },
  },
  {
    name: "knows a reseller's subaccount",
    beside: {
      gcp_billing_accounts_raw: [
        account({ displayName: 'Shop', masterBillingAccount: 'billingAccounts/FFFFFF-FFFFFF-FFFFFF' }),
      ],
    },
    focus: { BillingAccountName: 'Shop', BillingAccountType: 'Billing Subaccount' },
  },
  {
    name: 'shows the id of an account without a name and says so',
    beside: { gcp_billing_accounts_raw: [account({ displayName: ' ' })] },
    focus: { BillingAccountName: '0000AA-1111BB-2222CC', BillingAccountType: 'Billing Account' },
    warns: 'account_name_missing',
  },
  {
    name: 'takes the list price where there is one',
    beside: {
      cloud_gcp_pricing_raw: [
        price({}, { usd_amount: '75', pricing_unit_quantity: 100 }),
        price({}, { usd_amount: '75', pricing_unit_quantity: 100 }),
      ],
    },
    focus: listed,
  },
  {
    name: 'takes the list price in its own currency',
    row: { currency: 'EUR', currency_conversion_rate: 0.5 },
    beside: { cloud_gcp_pricing_raw: [price({}, { usd_amount: '1.5' })] },
    focus: { ...listed, PricingCurrencyListUnitPrice: '1.5' },
  },
  {
    name: 'invents no list price from tiers',
    beside: {
      cloud_gcp_pricing_raw: [price({}, { usd_amount: '0.75' }, { usd_amount: '0.5', start_usage_amount: 10 })],
    },
    focus: estimated,
    warns: 'list_price_missing',
  },
  {
    name: 'invents no list price from two prices in a month',
    beside: { cloud_gcp_pricing_raw: [price({}, { usd_amount: '0.75' }), price({}, { usd_amount: '0.8' })] },
    focus: estimated,
  },
  {
    name: 'takes no list price of another month, unit or account',
    beside: {
      cloud_gcp_pricing_raw: [
        price({ pricing_as_of_time: '2026-03-01T08:00:00Z' }, { usd_amount: '0.75' }),
        price({ billing_account_id: 'FFFFFF-FFFFFF-FFFFFF' }, { usd_amount: '0.75' }),
      ],
    },
    focus: estimated,
  },
  {
    name: 'takes no list price of another unit',
    beside: { cloud_gcp_pricing_raw: [price({ pricing_unit_description: 'day' }, { usd_amount: '0.75' })] },
    focus: estimated,
  },
  {
    name: 'keeps the list cost that was exported',
    row: { cost_at_list: 2.5 },
    beside: { cloud_gcp_pricing_raw: [price({}, { usd_amount: '0.75' })] },
    focus: { ListCost: '2.5', x_ListPriceEstimated: false },
  },
  {
    name: 'names a commitment as its buyer did',
    row: { 'subscription.instance_id': 'sub-1' },
    beside: {
      cloud_gcp_cud_subscriptions_raw: [
        { 'subscription.instance_id': 'sub-1', 'subscription.display_name': 'Machines of the shop' },
      ],
    },
    focus: {
      ChargeCategory: 'Purchase',
      CommitmentDiscountId: 'sub-1',
      CommitmentDiscountName: 'Machines of the shop',
      CommitmentDiscountCategory: 'Spend',
      CommitmentDiscountType: 'Spend-based CUD',
      ResourceId: 'sub-1',
      ResourceType: 'Commitment',
    },
  },
];

for (const { engine, start } of CONVERTERS) {
  describe(`with what other tables tell, a conversion on ${engine}`, () => {
    let converter: Converter;
    before(async () => {
      converter = await start();
    });
    after(() => converter.close());

    for (const { name, row, beside, focus: expected, warns } of CASES) {
      it(name, async () => {
        const { focus, quality } = await converter.convert(rawRows([{ ...use, ...row }]), beside);
        const found = focus.find((each) => each['x_SplitPart'] === 'base');
        assert.deepEqual(
          Object.fromEntries(Object.keys(expected).map((column) => [column, found?.[column]])),
          expected,
        );
        if (warns) assert.ok(quality.some((finding) => finding['check_id'] === warns && finding['status'] === 'warn'));
      });
    }
  });
}
