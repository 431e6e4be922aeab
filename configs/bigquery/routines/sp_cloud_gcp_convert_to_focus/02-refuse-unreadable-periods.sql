-- A month that cannot be read has no beginning and no end.
ASSERT NOT EXISTS (
  SELECT 1
  FROM UNNEST(periods) AS period
  WHERE NOT REGEXP_CONTAINS(period.invoice_month, r'^[0-9]{4}(?:0[1-9]|1[0-2])$')
) AS 'FOCUS check failed: the invoice month is not written as YYYYMM';

-- Raw rows expire after 730 days. What is left of a month would add up by itself, so it must not replace rows of the whole month.
ASSERT NOT EXISTS (
  SELECT 1
  FROM UNNEST(periods) AS period
  JOIN `{{project}}.{{org}}.cost_data_standard_1_3` AS focus
    ON focus.BillingAccountId = period.billing_account_id AND focus.x_InvoiceMonth = period.invoice_month
  WHERE
    focus.ProviderName = 'Google Cloud'
    AND PARSE_DATE('%Y%m', period.invoice_month) < DATE_SUB(CURRENT_DATE(), INTERVAL 730 DAY)
) AS 'FOCUS check failed: the raw rows of the month have begun to expire, so its former rows stay';
