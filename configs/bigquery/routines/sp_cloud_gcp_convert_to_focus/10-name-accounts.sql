-- What each billing account is called, by the newest list of the Cloud Billing API that names it. The export has only its id.
CREATE TEMP TABLE account_facts AS
WITH
  listed_accounts AS (
    SELECT
      REGEXP_REPLACE(listed.name, r'^billingAccounts/', '') AS billing_account_id,
      IF(TRIM(listed.displayName) = '', NULL, TRIM(listed.displayName)) AS account_name,
      -- A subaccount of a reseller names the account above it.
      COALESCE(TRIM(listed.masterBillingAccount) <> '', FALSE) OR COALESCE(STARTS_WITH(listed.parent, 'billingAccounts/'), FALSE)
        AS is_subaccount,
      listed.ingestion_date
    FROM `{{project}}.{{org}}.gcp_billing_accounts_raw` AS listed
    WHERE listed.name IS NOT NULL
  )
SELECT billing_account_id, account_name, is_subaccount
FROM listed_accounts
WHERE billing_account_id IN (SELECT period.billing_account_id FROM UNNEST(periods) AS period)
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY billing_account_id
    ORDER BY ingestion_date DESC, account_name IS NULL, is_subaccount DESC, account_name
  ) = 1;
