-- The transaction works on one snapshot: a mark that landing sets meanwhile is not seen here and stays for the next run.
DELETE FROM `{{project}}.{{org}}.dirty_periods` AS dirty
WHERE
  EXISTS (
    SELECT 1
    FROM UNNEST(periods) AS period
    WHERE
      period.billing_account_id = dirty.billing_account_id
      AND period.invoice_month IS NOT DISTINCT FROM dirty.invoice_month
  );
