-- The rows are only worth keeping when they add up to the export, to the last digit: per account, invoice month and currency,
-- billed cost = cost + credits. Both sides are read again from the tables themselves, not from the steps between.
CREATE TEMP TABLE reconciliation AS
WITH
  money AS (
    SELECT
      export.billing_account_id,
      export.invoice.month AS invoice_month,
      IF(TRIM(export.currency) = '', 'XXX', COALESCE(export.currency, 'XXX')) AS currency,
      CAST(COALESCE(CAST(export.cost AS STRING), '0') AS BIGNUMERIC) AS source_amount,
      BIGNUMERIC '0' AS focus_amount,
      1 AS source_rows,
      0 AS focus_rows
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
      CAST(COALESCE(CAST(credit.amount AS STRING), '0') AS BIGNUMERIC) AS source_amount,
      BIGNUMERIC '0' AS focus_amount,
      IF(credit.type = 'PROMOTION', 1, 0) AS source_rows,
      0 AS focus_rows
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
      BIGNUMERIC '0' AS source_amount,
      focus.BilledCost AS focus_amount,
      0 AS source_rows,
      1 AS focus_rows
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
  )
SELECT
  billing_account_id,
  invoice_month,
  currency,
  SUM(source_amount) AS source_amount,
  SUM(focus_amount) AS focus_amount,
  SUM(source_rows) AS source_rows,
  SUM(focus_rows) AS focus_rows
FROM money
GROUP BY billing_account_id, invoice_month, currency;

ASSERT NOT EXISTS (SELECT 1 FROM reconciliation WHERE source_amount <> focus_amount)
  AS 'FOCUS check failed: the billed cost of the FOCUS rows is not the cost and credits of the billing export';

ASSERT NOT EXISTS (SELECT 1 FROM reconciliation WHERE source_rows <> focus_rows)
  AS 'FOCUS check failed: not every row and promotion of the billing export became one FOCUS row';
