-- The periods are written whole, never appended to: running twice gives the same rows.
DELETE FROM `{{project}}.{{org}}.cost_data_standard_1_3` AS focus
WHERE
  focus.ProviderName = 'Google Cloud'
  AND EXISTS (
    SELECT 1
    FROM UNNEST(periods) AS period
    WHERE period.billing_account_id = focus.BillingAccountId AND period.invoice_month IS NOT DISTINCT FROM focus.x_InvoiceMonth
  );
