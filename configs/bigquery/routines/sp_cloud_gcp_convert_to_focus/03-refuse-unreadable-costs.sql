-- A sum that holds one NaN is NaN, and one of amounts beyond 30 digits may be more than BIGNUMERIC holds: such a period cannot be
-- reconciled, so it keeps its former rows until the export is read again.
ASSERT NOT EXISTS (
  SELECT 1
  FROM `{{project}}.{{org}}.cloud_gcp_billing_raw_daily` AS export
  WHERE
    EXISTS (
      SELECT 1
      FROM UNNEST(periods) AS period
      WHERE period.billing_account_id = export.billing_account_id AND period.invoice_month IS NOT DISTINCT FROM export.invoice.month
    )
    AND (IS_NAN(export.cost) OR ABS(export.cost) >= 1e30)
) AS 'FOCUS check failed: the billing export holds a cost that is not a number of at most 30 digits';

ASSERT NOT EXISTS (
  SELECT 1
  FROM `{{project}}.{{org}}.cloud_gcp_billing_raw_daily` AS export
  CROSS JOIN UNNEST(export.credits) AS credit
  WHERE
    EXISTS (
      SELECT 1
      FROM UNNEST(periods) AS period
      WHERE period.billing_account_id = export.billing_account_id AND period.invoice_month IS NOT DISTINCT FROM export.invoice.month
    )
    AND (IS_NAN(credit.amount) OR ABS(credit.amount) >= 1e30)
) AS 'FOCUS check failed: the billing export holds a credit that is not a number of at most 30 digits';
