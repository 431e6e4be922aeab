-- The rows are only worth keeping when they add up to the export, to the last digit: per account, invoice month and currency,
-- billed cost = cost + credits. Both sides are read again from the tables themselves, not from the steps between.
CREATE TEMP TABLE reconciliation AS
WITH
  money AS (
    SELECT
      export.billing_account_id,
      export.invoice.month AS invoice_month,
      IF(TRIM(export.currency) = '', 'XXX', COALESCE(export.currency, 'XXX')) AS currency,
      TRUE AS is_source,
      COALESCE(CAST(CAST(export.cost AS STRING) AS BIGNUMERIC), BIGNUMERIC '0') AS amount,
      1 AS parts
    FROM `{{project}}.{{org}}.cloud_gcp_billing_raw_daily` AS export
    WHERE
      EXISTS (
        SELECT 1
        FROM UNNEST(periods) AS period
        WHERE
          period.billing_account_id = export.billing_account_id
          AND period.invoice_month IS NOT DISTINCT FROM export.invoice.month
      )
    UNION ALL
    SELECT
      export.billing_account_id,
      export.invoice.month AS invoice_month,
      IF(TRIM(export.currency) = '', 'XXX', COALESCE(export.currency, 'XXX')) AS currency,
      TRUE AS is_source,
      COALESCE(CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC), BIGNUMERIC '0') AS amount,
      IF(credit.type = 'PROMOTION', 1, 0) AS parts
    FROM `{{project}}.{{org}}.cloud_gcp_billing_raw_daily` AS export
    CROSS JOIN UNNEST(export.credits) AS credit
    WHERE
      EXISTS (
        SELECT 1
        FROM UNNEST(periods) AS period
        WHERE
          period.billing_account_id = export.billing_account_id
          AND period.invoice_month IS NOT DISTINCT FROM export.invoice.month
      )
    UNION ALL
    SELECT
      focus.BillingAccountId AS billing_account_id,
      focus.x_InvoiceMonth AS invoice_month,
      focus.BillingCurrency AS currency,
      FALSE AS is_source,
      focus.BilledCost AS amount,
      -- A row that commitments covered is counted once; what they left unused is no row of the export.
      IF(focus.x_SplitPart IN ('base', 'covered') OR STARTS_WITH(focus.x_SplitPart, 'credit:'), 1, 0) AS parts
    FROM `{{project}}.{{org}}.cost_data_standard_1_3` AS focus
    WHERE
      focus.ProviderName = 'Google Cloud'
      AND EXISTS (
        SELECT 1
        FROM UNNEST(periods) AS period
        WHERE
          period.billing_account_id = focus.BillingAccountId
          AND period.invoice_month IS NOT DISTINCT FROM focus.x_InvoiceMonth
      )
  ),
  totals AS (
    SELECT billing_account_id, invoice_month, currency, is_source, SUM(amount) AS amount, SUM(parts) AS parts
    FROM money
    GROUP BY billing_account_id, invoice_month, currency, is_source
  )
SELECT
  billing_account_id,
  invoice_month,
  currency,
  SUM(IF(is_source, amount, BIGNUMERIC '0')) AS source_amount,
  SUM(IF(is_source, BIGNUMERIC '0', amount)) AS focus_amount,
  SUM(IF(is_source, parts, 0)) AS source_rows,
  SUM(IF(is_source, 0, parts)) AS focus_rows
FROM totals
GROUP BY billing_account_id, invoice_month, currency;

ASSERT NOT EXISTS (SELECT 1 FROM reconciliation WHERE source_amount <> focus_amount)
  AS 'FOCUS check failed: the billed cost of the FOCUS rows is not the cost and credits of the billing export';

ASSERT NOT EXISTS (SELECT 1 FROM reconciliation WHERE source_rows <> focus_rows)
  AS 'FOCUS check failed: not every row and promotion of the billing export became one FOCUS row';
