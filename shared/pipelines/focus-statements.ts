import type { WarehouseStatement } from './warehouse.ts';

/** Every SQL statement of the FOCUS conversion outside its procedure. `{{project}}` and `{{org}}` are filled in by code. */

const RAW = '`{{project}}.{{org}}.cloud_gcp_billing_raw_daily`';
const FOCUS = '`{{project}}.{{org}}.cost_data_standard_1_3`';
const DIRTY = '`{{project}}.{{org}}.dirty_periods`';
/** An export without a currency is written as ISO 4217's code for none. */
const CURRENCY = "IF(TRIM(currency) = '', 'XXX', IFNULL(currency, 'XXX'))";
/** Rows of other periods are not even read: what cannot be added up in one must not stop another. */
const isOfPeriods = (account: string, month: string): string => `EXISTS (
    SELECT 1 FROM UNNEST(@periods) AS period
    WHERE period.billing_account_id = ${account} AND period.invoice_month IS NOT DISTINCT FROM ${month}
  )`;
const PERIODS = [{ billing_account_id: 'STRING', invoice_month: 'STRING' }];

const keyOf = (account: string, month: string): string => `CONCAT(IFNULL(${account}, ''), ' ', IFNULL(${month}, ''))`;

/**
 * Billing periods to convert: those marked dirty, and with a window those of the rows exported on its days. Marks of periods that
 * nothing is left of stay without effect, and so do those of months of which raw rows have expired and FOCUS has all.
 */
export const LIST_PERIODS: WarehouseStatement = {
  name: 'focus-list-periods',
  sql: `WITH marked AS (
  SELECT billing_account_id, invoice_month FROM ${DIRTY}
  UNION DISTINCT
  SELECT billing_account_id, invoice.month AS invoice_month FROM ${RAW}
  WHERE (@from IS NOT NULL OR @to IS NOT NULL)
    AND ingestion_date >= IFNULL(@from, DATE '0001-01-01') AND ingestion_date < IFNULL(@to, DATE '9999-12-31')
),
keys AS (
  SELECT *, ${keyOf('billing_account_id', 'invoice_month')} AS period_key,
    IFNULL(invoice_month <= FORMAT_DATE('%Y%m', DATE_SUB(CURRENT_DATE(), INTERVAL 731 DAY)), FALSE) AS is_expired
  FROM marked
),
converted AS (
  SELECT DISTINCT ${keyOf('BillingAccountId', 'x_InvoiceMonth')} AS period_key FROM ${FOCUS}
  WHERE ProviderName = 'Google Cloud'
),
exported AS (
  SELECT DISTINCT ${keyOf('billing_account_id', 'invoice.month')} AS period_key FROM ${RAW}
)
SELECT billing_account_id, invoice_month
FROM keys
WHERE IF(
  period_key IN (SELECT period_key FROM converted), NOT is_expired, period_key IN (SELECT period_key FROM exported)
)
ORDER BY invoice_month, billing_account_id`,
  types: { from: 'DATE', to: 'DATE' },
};

/** A period that is taken up is marked, so that it stays to be done when its conversion fails. */
export const MARK_PERIODS: WarehouseStatement = {
  name: 'focus-mark-periods',
  sql: `INSERT INTO ${DIRTY} (billing_account_id, invoice_month, run_id, marked_at)
SELECT period.billing_account_id, period.invoice_month, @run_id, @now FROM UNNEST(@periods) AS period`,
  types: { periods: PERIODS, run_id: 'STRING', now: 'TIMESTAMP' },
};

/** One call is one transaction: the periods' rows are replaced and their marks cleared, or nothing happens. */
export const CONVERT_PERIODS: WarehouseStatement = {
  name: 'focus-convert-periods',
  sql: 'CALL `{{project}}.{{org}}.sp_cloud_gcp_convert_to_focus`(@periods)',
  types: { periods: PERIODS },
};

/**
 * What the export cost and what the FOCUS rows bill, per account, invoice month and currency; amounts are exact text.
 * A period with an amount that is no number was refused, so it differs by what can be read of it.
 */
export const RECONCILE: WarehouseStatement = {
  name: 'focus-reconcile',
  sql: `WITH money AS (
  SELECT billing_account_id, invoice.month AS invoice_month, ${CURRENCY} AS currency,
    SAFE_CAST(CAST(cost AS STRING) AS BIGNUMERIC) AS source, BIGNUMERIC '0' AS focus, 0 AS focus_rows
  FROM (SELECT * FROM ${RAW} AS export WHERE ${isOfPeriods('export.billing_account_id', 'export.invoice.month')})
  UNION ALL
  SELECT billing_account_id, invoice.month, ${CURRENCY}, SAFE_CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC), BIGNUMERIC '0', 0
  FROM (SELECT * FROM ${RAW} AS export WHERE ${isOfPeriods('export.billing_account_id', 'export.invoice.month')})
  CROSS JOIN UNNEST(credits) AS credit
  UNION ALL
  SELECT BillingAccountId, x_InvoiceMonth, BillingCurrency, BIGNUMERIC '0', BilledCost, 1
  FROM ${FOCUS} AS focus
  WHERE ProviderName = 'Google Cloud' AND ${isOfPeriods('focus.BillingAccountId', 'focus.x_InvoiceMonth')}
)
SELECT billing_account_id, invoice_month, currency, CAST(IFNULL(SUM(source), BIGNUMERIC '0') AS STRING) AS source,
  CAST(SUM(focus) AS STRING) AS focus, CAST(SUM(focus) - IFNULL(SUM(source), BIGNUMERIC '0') AS STRING) AS difference, SUM(focus_rows) AS focus_rows
FROM money
GROUP BY billing_account_id, invoice_month, currency
ORDER BY invoice_month, billing_account_id, currency`,
  types: { periods: PERIODS },
};

export const FOCUS_STATEMENTS: readonly WarehouseStatement[] = [LIST_PERIODS, MARK_PERIODS, CONVERT_PERIODS, RECONCILE];
