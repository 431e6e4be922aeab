import type { Cell } from '../../sql/google-values.ts';
import type { ExportedRow } from '../generator/exports.ts';
import type { Values } from '../generator/names.ts';

/** What the quality report says of one account in which everything that it looks for happens once. */

const ACCOUNT = '0QUALI-000000-000000';
const USE: Values = {
  billing_account_id: ACCOUNT,
  'invoice.month': '202602',
  currency: 'USD',
  currency_conversion_rate: 1,
  cost: 2,
  cost_at_list: 2,
  cost_type: 'regular',
  'service.id': '6F81-5844-456A',
  'service.description': 'Compute Engine',
  'sku.id': 'Q',
  'usage.amount': 4,
  'usage.unit': 'hour',
  'usage.amount_in_pricing_units': 4,
  'usage.pricing_unit': 'hour',
  usage_start_time: '2026-02-10T10:00:00Z',
  usage_end_time: '2026-02-10T11:00:00Z',
  export_time: '2026-02-11T00:00:00Z',
};
const LATE = { usage_start_time: '2026-01-10T10:00:00Z', usage_end_time: '2026-01-10T11:00:00Z' };
const LONG_AGO = { usage_start_time: '2024-12-10T10:00:00Z', usage_end_time: '2024-12-10T11:00:00Z' };
const WITHOUT_QUANTITY = { 'usage.amount': 0, 'usage.amount_in_pricing_units': 0 };

const LONG_PAST = { usage_start_time: '2020-01-10T10:00:00Z', usage_end_time: '2020-01-10T11:00:00Z' };
const covered = (type: string) => ({ type, amount: -0.5 });

const ODD: readonly Values[] = [
  {
    labels: [
      { key: 'env', value: 'a' },
      { key: 'env', value: 'b' },
    ],
  },
  { 'service.description': 'Compute' },
  { 'service.id': null, 'service.description': 'Time Machine' },
  { 'location.region': 'mars-north1' },
  { cost_at_list: 1, 'sku.id': 'Q-LIST' },
  { cost_at_effective_price_default: '1', 'sku.id': 'Q-CONTRACT' },
  { ...LONG_AGO, 'sku.id': 'Q-OLD' },
  { ...LATE, ...WITHOUT_QUANTITY, 'adjustment_info.type': 'PRICE_CORRECTION', 'sku.id': 'Q-NONE' },
  { 'adjustment_info.mode': 'HALF' },
  {
    'sku.id': 'Q-MIXED',
    credits: [covered('COMMITTED_USAGE_DISCOUNT'), covered('COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE')],
  },
  { 'invoice.month': '202001', ...LONG_PAST, 'sku.id': 'Q-PAST' },
  { 'invoice.publisher_type': 'UNCLE' },
];

export const reportedRows = (): ExportedRow[] =>
  ODD.map((values, at) => ({ values: { ...USE, ...values }, mark: `q${at}` }));

/** Google's own FOCUS rows: of one day a cent more, which is nothing, and another day that our export has not. */
export const NATIVE_ROWS: readonly Values[] = [
  { ChargePeriodStart: LONG_AGO.usage_start_time, BilledCost: '2' },
  { ChargePeriodStart: LATE.usage_start_time, BilledCost: '2' },
  { ChargePeriodStart: USE['usage_start_time']!, BilledCost: '17.01' },
  { ChargePeriodStart: '2026-02-12T10:00:00Z', BilledCost: '0.5', BillingPeriodStart: '2026-02-01T00:00:00Z' },
  { ChargePeriodStart: '2026-02-12T10:00:00Z', BilledCost: '7', BillingPeriodStart: '2026-01-01T08:00:00Z' },
].map((row) => ({
  BillingAccountId: ACCOUNT,
  BillingPeriodStart: '2026-02-01T08:00:00Z',
  BillingCurrency: 'USD',
  ingestion_date: '2026-02-12',
  ...row,
}));

const EXPECTED: readonly string[] = [
  'pass: billed_cost: 2 USD: 1 FOCUS rows',
  'pass: billed_cost: 21 USD: 11 FOCUS rows',
  'pass: share_of_other: 0 % of USD: every service has a category',
  'warn: account_name_missing: 1 rows: 0QUALI-000000-000000: its id stands in for its name',
  'warn: account_name_missing: 11 rows: 0QUALI-000000-000000: its id stands in for its name',
  'warn: commitment_credits_mixed: 1 rows: Q-MIXED: only what the commitment of a resource covered is shown as such, what one of money covered stays in the rest',
  'warn: commitment_fee_missing: 1 rows: Q-MIXED: use that a commitment covered stays as billed, as no fee in the period fits it',
  'warn: contracted_below_effective: 1 rows: Q-CONTRACT: what it came to is above the contracted price',
  'warn: list_below_contracted: 1 rows: Q-LIST: the list price is below the contracted one',
  'warn: native_focus_cost: 21 USD: what the FOCUS export of Google says, other on 1 of 4 days, first on 2026-02-12',
  'warn: old_charge_period: 1 rows: Q-OLD: was used more than 13 months before the end of its billing period',
  'warn: period_incomplete: 1 rows: 202001: its first raw rows have expired, so that its sums are those of what is left',
  'warn: service_renamed: 10 rows: 6F81-5844-456A: exported as Compute, Compute Engine',
  'warn: share_of_other: 9.52 % of USD: Time Machine',
  'warn: tag_repeated: 1 rows: env: its first value stays',
  'warn: unknown_region: 1 rows: mars-north1: named by its id',
  'warn: unknown_service: 1 rows: Time Machine: put into category Other',
  'warn: unknown_value: 1 rows: adjustment_info.mode HALF: converted by the general rules',
  'warn: unknown_value: 1 rows: invoice.publisher_type UNCLE: converted by the general rules',
  'warn: unpriced: 1 rows: Q-NONE: has money but no quantity, as a correction of a closed month may',
];

/** What of the report is missing, or was not expected. */
export function reportFaults(findings: readonly Readonly<Record<string, Cell>>[]): string[] {
  const found = findings
    .filter(({ subject }) => (subject as string).startsWith(ACCOUNT))
    .map((row) => ['status', 'check_id', 'observed', 'message'].map((column) => row[column] as string).join(': '));
  return [
    ...found.filter((line) => !EXPECTED.includes(line)).map((line) => `not expected: ${line}`),
    ...EXPECTED.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
  ];
}
