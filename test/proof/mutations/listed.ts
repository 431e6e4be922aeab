import type { Values } from '../generator/names.ts';
import type { ExportedRow } from '../generator/exports.ts';
import type { FocusRow } from '../oracle/expected-parts.ts';

/** Accounts, names of commitments and prices that stand beside the billing export, and what each row makes of them. */

/** What the Cloud Billing API lists: an account that was renamed, and a subaccount without a name. */
export const LISTED_ACCOUNTS: readonly Values[] = [
  {
    name: 'billingAccounts/0RDER0-000000-000000',
    displayName: 'Zoo',
    parent: 'organizations/1',
    ingestion_date: '2026-02-01',
  },
  { name: 'billingAccounts/0RDER0-000000-000000', displayName: 'Größe 😀', ingestion_date: '2026-02-10' },
  {
    name: 'billingAccounts/0RDER1-000000-000000',
    displayName: ' ',
    masterBillingAccount: 'billingAccounts/1',
    ingestion_date: '2026-02-10',
  },
];
const ACCOUNT_FACTS: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '0RDER0-000000-000000': ['Größe 😀', 'Billing Account'],
  '0RDER1-000000-000000': ['0RDER1-000000-000000', 'Billing Subaccount'],
  '0RDER2-000000-000000': ['0RDER2-000000-000000', 'Billing Account'],
};

/** Google's list of commitments: the name of one. */
export const NAMED_COMMITMENT: Values = {
  billing_account_id: '0RDER0-000000-000000',
  'subscription.instance_id': '0RDER0-000000-000000-sub-1',
  'subscription.display_name': 'Flexible 😀',
};

const PRICES = '0PRICE-000000-000000';
const unpriced = (sku: string, facts: Values = {}): Values => ({
  billing_account_id: PRICES,
  'invoice.month': '202602',
  currency: 'USD',
  'sku.id': sku,
  'usage.amount_in_pricing_units': 2,
  'usage.pricing_unit': 'hour',
  cost: 1,
  export_time: '2026-02-11T00:00:00Z',
  ...facts,
});
const price = (sku: string, usd: string, facts: Values = {}): Values => ({
  billing_account_id: PRICES,
  sku_id: sku,
  export_time: '2026-02-11T00:00:00Z',
  pricing_unit_description: 'hour',
  'list_price.tiered_rates': [rate(usd)],
  ...facts,
});
const rate = (usd: string, from = 0, per = 1) => ({
  pricing_unit_quantity: per,
  start_usage_amount: from,
  usd_amount: usd,
  account_currency_amount: usd,
});

/** Rows without a list cost, the price list, and the list price that each row gets. */
const PRICED: readonly { readonly row: Values; readonly prices: readonly Values[]; readonly listPrice: string }[] = [
  { row: unpriced('LISTED'), prices: [price('LISTED', '3'), price('LISTED', '3')], listPrice: '3' },
  {
    row: unpriced('PER-1000'),
    prices: [price('PER-1000', '3', { 'list_price.tiered_rates': [rate('3', 0, 1000)] })],
    listPrice: '0.003',
  },
  {
    row: unpriced('EURO', {
      billing_account_id: '0PRICE-EURO00-000000',
      currency: 'EUR',
      currency_conversion_rate: 0.5,
    }),
    prices: [price('EURO', '3', { billing_account_id: '0PRICE-EURO00-000000' })],
    listPrice: '1.5',
  },
  { row: unpriced('EXPORTED', { cost_at_list: 8 }), prices: [price('EXPORTED', '3')], listPrice: '4' },
  {
    row: unpriced('TIERS'),
    prices: [price('TIERS', '3', { 'list_price.tiered_rates': [rate('3'), rate('3')] })],
    listPrice: '0.5',
  },
  { row: unpriced('CHANGED'), prices: [price('CHANGED', '3'), price('CHANGED', '4')], listPrice: '0.5' },
  { row: unpriced('UNIT'), prices: [price('UNIT', '3', { pricing_unit_description: 'day' })], listPrice: '0.5' },
  { row: unpriced('MONTH'), prices: [price('MONTH', '3', { export_time: '2026-04-01T12:00:00Z' })], listPrice: '0.5' },
  { row: unpriced('ACCOUNT'), prices: [price('ACCOUNT', '3', { billing_account_id: 'another' })], listPrice: '0.5' },
  { row: unpriced('BELOW-NOTHING'), prices: [price('BELOW-NOTHING', '-3')], listPrice: '0.5' },
];
const IS_LISTED = new Set(['LISTED', 'PER-1000', 'EURO', 'EXPORTED']);

export const LISTED_PRICES: readonly Values[] = PRICED.flatMap(({ prices }) => prices);
export const rowsWithoutListCost = (): ExportedRow[] =>
  PRICED.map(({ row }, at) => ({ values: row, mark: `price${at}` }));

/** Accounts, commitments and prices that are called otherwise than they are listed. */
export function listedFaults(focus: readonly FocusRow[]): string[] {
  return [...accountFaults(focus), ...commitmentNameFaults(focus), ...priceFaults(focus)];
}

function accountFaults(focus: readonly FocusRow[]): string[] {
  return Object.entries(ACCOUNT_FACTS)
    .filter(([id, expected]) => {
      const rows = focus.filter((row) => row['BillingAccountId'] === id);
      const isCalled = (row: FocusRow) =>
        row['BillingAccountName'] === expected[0] && row['BillingAccountType'] === expected[1];
      return rows.length === 0 || !rows.every(isCalled);
    })
    .map(([id]) => id);
}

function commitmentNameFaults(focus: readonly FocusRow[]): string[] {
  const id = NAMED_COMMITMENT['subscription.instance_id'];
  const names = new Set(
    focus.filter((row) => row['CommitmentDiscountId'] === id).map((row) => row['CommitmentDiscountName']),
  );
  const expected = NAMED_COMMITMENT['subscription.display_name']!;
  return names.size === 1 && names.has(expected) ? [] : [`${String(id)} is called ${JSON.stringify([...names])}`];
}

function priceFaults(focus: readonly FocusRow[]): string[] {
  return PRICED.flatMap(({ row, listPrice }, at) => {
    const found = focus.find((each) => each['x_ProjectNumber'] === `price${at}`);
    const isEstimated = !IS_LISTED.has(row['sku.id'] as string);
    const isRight = found?.['ListUnitPrice'] === listPrice && found['x_ListPriceEstimated'] === isEstimated;
    return isRight ? [] : [`${row['sku.id'] as string} is listed at ${String(found?.['ListUnitPrice'])}`];
  });
}
