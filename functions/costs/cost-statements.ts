import type { WarehouseStatement } from '../../shared/pipelines/warehouse.ts';

const FOCUS = '`{{project}}.{{org}}.cost_data_standard_1_3`';
const RAW = '`{{project}}.{{org}}.cloud_gcp_billing_raw_daily`';
/**
 * Rows whose charge begins within the days. Charges of any age may be on today's invoice, but none is billed a year before it begins:
 * so months long past need not be read, as the table is partitioned by the billing period.
 */
const CHARGED =
  'ChargePeriodStart >= @from AND ChargePeriodStart < @to AND BillingPeriodStart >= TIMESTAMP_SUB(@from, INTERVAL 400 DAY)';
const DAYS = { from: 'TIMESTAMP', to: 'TIMESTAMP' } as const;

/** What costs can be grouped by, as expressions over a FOCUS row. Days and months are those of UTC in which a charge begins. */
const EXPRESSIONS = {
  service: 'ServiceName',
  category: 'ServiceCategory',
  charge_category: 'ChargeCategory',
  project: 'SubAccountId',
  account: 'BillingAccountId',
  provider: 'ProviderName',
  region: 'RegionId',
  sku: 'SkuId',
  currency: 'BillingCurrency',
  day: 'CAST(DATE(ChargePeriodStart) AS STRING)',
  month: 'SUBSTR(CAST(DATE(ChargePeriodStart) AS STRING), 1, 7)',
} as const;

export type Group = keyof typeof EXPRESSIONS;
export const GROUPS = Object.keys(EXPRESSIONS) as readonly Group[];

/** More rows than this are refused; one more is read to see it. */
export const MAX_ROWS = 10_000;

/** Sums of a FOCUS table's money by groups and currency. Only names of {@link EXPRESSIONS} become part of the text. */
export function costStatement(groups: readonly Group[]): WarehouseStatement {
  const keys = [...groups.map((group) => `\`${group}\``), 'billing_currency'].join(', ');
  const columns = groups.map((group) => `${EXPRESSIONS[group]} AS \`${group}\`,\n  `).join('');
  return {
    name: 'costs-sum',
    sql: `SELECT ${columns}BillingCurrency AS billing_currency,
  CAST(SUM(BilledCost) AS STRING) AS billed_cost,
  CAST(SUM(EffectiveCost) AS STRING) AS effective_cost,
  CAST(SUM(ListCost) AS STRING) AS list_cost
FROM ${FOCUS}
WHERE ${CHARGED}
GROUP BY ${keys}
ORDER BY ${keys}
LIMIT ${MAX_ROWS + 1}`,
    types: DAYS,
  };
}

/** Invoices that bill anything of these days: by what was converted, and by what should have been. */
export const LIST_BILLED_PERIODS: WarehouseStatement = {
  name: 'costs-list-periods',
  sql: `SELECT BillingAccountId AS billing_account_id, x_InvoiceMonth AS invoice_month FROM ${FOCUS}
WHERE ProviderName = 'Google Cloud' AND ${CHARGED}
UNION DISTINCT
SELECT billing_account_id, invoice.month AS invoice_month FROM ${RAW}
WHERE billing_account_id IS NOT NULL AND usage_start_time >= @from AND usage_start_time < @to
ORDER BY invoice_month, billing_account_id`,
  types: DAYS,
};
