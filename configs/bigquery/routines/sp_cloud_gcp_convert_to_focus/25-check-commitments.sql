-- A commitment costs what was paid for it, however it is spread: per commitment, period and currency, the effective cost of use is the
-- billed cost of purchases, to the last digit.
CREATE TEMP TABLE commitment_sums AS
SELECT
  focus.BillingAccountId AS billing_account_id,
  focus.x_InvoiceMonth AS invoice_month,
  focus.BillingCurrency AS currency,
  focus.CommitmentDiscountId AS commitment_id,
  SUM(IF(focus.ChargeCategory = 'Purchase', focus.BilledCost, BIGNUMERIC '0')) AS purchased,
  SUM(IF(focus.ChargeCategory = 'Usage', focus.EffectiveCost, BIGNUMERIC '0')) AS amortised,
  SUM(IF(focus.CommitmentDiscountStatus = 'Unused', focus.EffectiveCost, BIGNUMERIC '0')) AS unused
FROM `{{project}}.{{org}}.cost_data_standard_1_3` AS focus
WHERE
  focus.ProviderName = 'Google Cloud'
  AND focus.CommitmentDiscountId IS NOT NULL
  AND EXISTS (
    SELECT 1
    FROM UNNEST(periods) AS period
    WHERE
      period.billing_account_id = focus.BillingAccountId
      AND period.invoice_month IS NOT DISTINCT FROM focus.x_InvoiceMonth
  )
GROUP BY billing_account_id, invoice_month, currency, commitment_id;

ASSERT NOT EXISTS (SELECT 1 FROM commitment_sums WHERE purchased <> amortised)
  AS 'FOCUS check failed: the effective cost of the use of a commitment is not the billed cost of its purchase';
