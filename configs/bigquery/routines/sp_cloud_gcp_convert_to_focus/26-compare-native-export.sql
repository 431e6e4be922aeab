-- Google's own FOCUS export as a second opinion, where the customer has it: what both say was billed, day by day. Google writes nine
-- decimals, so up to a cent counts as equal. The two exports may be a day apart; the figures say so and nothing fails.
CREATE TEMP TABLE native_comparisons AS
WITH
  money AS (
    SELECT
      native.BillingAccountId AS billing_account_id,
      -- The month's first midnight, be it of Pacific time or of UTC, lies in the month in UTC.
      FORMAT_TIMESTAMP('%Y%m', native.BillingPeriodStart) AS invoice_month,
      native.BillingCurrency AS currency,
      DATE(native.ChargePeriodStart) AS charge_day,
      COALESCE(CAST(native.BilledCost AS BIGNUMERIC), BIGNUMERIC '0') AS native_cost,
      BIGNUMERIC '0' AS focus_cost,
      TRUE AS is_native
    FROM `{{project}}.{{org}}.cloud_gcp_focus_raw` AS native
    WHERE native.BillingAccountId IN (SELECT period.billing_account_id FROM UNNEST(periods) AS period)
    UNION ALL
    SELECT
      focus.BillingAccountId AS billing_account_id,
      focus.x_InvoiceMonth AS invoice_month,
      focus.BillingCurrency AS currency,
      DATE(focus.ChargePeriodStart) AS charge_day,
      BIGNUMERIC '0' AS native_cost,
      -- Google leaves the cost of commitments on the rows that it was exported with.
      focus.x_BilledCostAsExported AS focus_cost,
      FALSE AS is_native
    FROM `{{project}}.{{org}}.cost_data_standard_1_3` AS focus
    WHERE
      focus.ProviderName = 'Google Cloud'
      AND focus.BillingAccountId IN (SELECT period.billing_account_id FROM UNNEST(periods) AS period)
  ),
  days AS (
    SELECT
      billing_account_id,
      invoice_month,
      currency,
      charge_day,
      SUM(native_cost) AS native_cost,
      SUM(focus_cost) AS focus_cost,
      LOGICAL_OR(is_native) AS is_native,
      ABS(SUM(native_cost) - SUM(focus_cost)) > BIGNUMERIC '0.01' AS differs
    FROM money
    WHERE
      EXISTS (
        SELECT 1
        FROM UNNEST(periods) AS period
        WHERE period.billing_account_id = money.billing_account_id AND period.invoice_month = money.invoice_month
      )
    GROUP BY billing_account_id, invoice_month, currency, charge_day
  )
SELECT
  billing_account_id,
  invoice_month,
  currency,
  SUM(native_cost) AS native_cost,
  SUM(focus_cost) AS focus_cost,
  ABS(SUM(native_cost) - SUM(focus_cost)) > BIGNUMERIC '0.01' AS differs,
  COUNT(*) AS days,
  COUNTIF(differs) AS differing_days,
  MIN(IF(differs, charge_day, NULL)) AS first_differing_day
FROM days
GROUP BY billing_account_id, invoice_month, currency
HAVING LOGICAL_OR(is_native);
