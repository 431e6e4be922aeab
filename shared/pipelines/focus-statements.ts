import type { WarehouseStatement } from './warehouse.ts';

/** Every SQL statement of the FOCUS conversion outside its procedure. `{{project}}` and `{{org}}` are filled in by code. */

const RAW = '`{{project}}.{{org}}.cloud_gcp_billing_raw_daily`';
const FOCUS = '`{{project}}.{{org}}.cost_data_standard_1_3`';
const DIRTY = '`{{project}}.{{org}}.dirty_periods`';
/** An export without a currency is written as ISO 4217's code for none. */
const CURRENCY = "IF(TRIM(currency) = '', 'XXX', IFNULL(currency, 'XXX'))";
const PERIODS = [{ billing_account_id: 'STRING', invoice_month: 'STRING' }];

/** Billing periods to convert: those marked dirty, and with a window those of the rows exported on its days. */
export const LIST_PERIODS: WarehouseStatement = {
  name: 'focus-list-periods',
  sql: `SELECT billing_account_id, invoice_month FROM ${DIRTY}
UNION DISTINCT
SELECT billing_account_id, invoice.month AS invoice_month FROM ${RAW}
WHERE (@from IS NOT NULL OR @to IS NOT NULL)
  AND ingestion_date >= IFNULL(@from, DATE '0001-01-01') AND ingestion_date < IFNULL(@to, DATE '9999-12-31')
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

/** What the export cost and what the FOCUS rows bill, per account, invoice month and currency; amounts are exact text. */
export const RECONCILE: WarehouseStatement = {
  name: 'focus-reconcile',
  sql: `WITH money AS (
  SELECT billing_account_id, invoice.month AS invoice_month, ${CURRENCY} AS currency,
    CAST(CAST(cost AS STRING) AS BIGNUMERIC) AS source, BIGNUMERIC '0' AS focus, 0 AS focus_rows
  FROM ${RAW}
  UNION ALL
  SELECT billing_account_id, invoice.month, ${CURRENCY}, CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC), BIGNUMERIC '0', 0
  FROM ${RAW} CROSS JOIN UNNEST(credits) AS credit
  UNION ALL
  SELECT BillingAccountId, x_InvoiceMonth, BillingCurrency, BIGNUMERIC '0', BilledCost, 1
  FROM ${FOCUS} WHERE ProviderName = 'Google Cloud'
)
SELECT billing_account_id, invoice_month, currency, CAST(IFNULL(SUM(source), BIGNUMERIC '0') AS STRING) AS source,
  CAST(SUM(focus) AS STRING) AS focus, CAST(SUM(focus) - IFNULL(SUM(source), BIGNUMERIC '0') AS STRING) AS difference, SUM(focus_rows) AS focus_rows
FROM money
WHERE billing_account_id IN (SELECT period.billing_account_id FROM UNNEST(@periods) AS period)
  AND EXISTS (
    SELECT 1 FROM UNNEST(@periods) AS period
    WHERE period.billing_account_id = money.billing_account_id AND period.invoice_month IS NOT DISTINCT FROM money.invoice_month
  )
GROUP BY billing_account_id, invoice_month, currency
ORDER BY invoice_month, billing_account_id, currency`,
  types: { periods: PERIODS },
};

export const FOCUS_STATEMENTS: readonly WarehouseStatement[] = [LIST_PERIODS, MARK_PERIODS, CONVERT_PERIODS, RECONCILE];
