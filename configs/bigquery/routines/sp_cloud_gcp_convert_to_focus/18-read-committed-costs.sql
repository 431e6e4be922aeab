-- How much use an older spend-based fee can pay for, where Google's list of commitments tells it without doubt: one listed
-- commitment and one commitment of the bill in the account and region. The list's amounts are US dollars per hour.
CREATE TEMP TABLE committed_costs AS
WITH
  snapshots AS (
    SELECT
      export.billing_account_id,
      export.subscription.instance_id AS subscription_id,
      IF(TRIM(export.subscription.display_name) = '', NULL, TRIM(export.subscription.display_name)) AS commitment_name,
      COALESCE(IF(export.region = 'global', '', export.region), '') AS region,
      -- The documentation misspells the column.
      COALESCE(export.commitment_amount.unit, export.commitent_amount.unit) AS amount_unit,
      COALESCE(export.commitment_amount.value, export.commitent_amount.value) AS amount_value,
      export.start_time,
      export.end_time,
      export.ingestion_date
    FROM `{{project}}.{{org}}.cloud_gcp_cud_subscriptions_raw` AS export
    WHERE
      export.subscription.instance_id IS NOT NULL
      AND export.billing_account_id IN (SELECT period.billing_account_id FROM UNNEST(periods) AS period)
  ),
  listed AS (
    SELECT *
    FROM snapshots
    WHERE TRUE
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY billing_account_id, subscription_id
        ORDER BY ingestion_date DESC, amount_value DESC, amount_unit, region, start_time, end_time, commitment_name
      ) = 1
  ),
  lone_commitments AS (
    SELECT billing_account_id, invoice_key, region
    FROM commitment_windows
    WHERE commitment_model = 'spend'
    GROUP BY billing_account_id, invoice_key, region
    HAVING MIN(commitment_id) = MAX(commitment_id)
  ),
  matches AS (
    SELECT
      paid.window_key,
      listed.commitment_name,
      IF(
        REGEXP_CONTAINS(listed.amount_unit, r'(?i)^(?:\$|usd) ?/ ?h(?:ou)?r?$') AND listed.amount_value > 0,
        CAST(listed.amount_value AS BIGNUMERIC)
        * CAST(TIMESTAMP_DIFF(paid.window_end, paid.window_start, SECOND) AS BIGNUMERIC) / BIGNUMERIC '3600'
        * CASE
          WHEN paid.currency = 'USD' THEN BIGNUMERIC '1'
          WHEN paid.conversion_rate > 0 THEN paid.conversion_rate
        END,
        NULL
      ) AS committed_cost,
      COUNT(*) OVER (PARTITION BY paid.window_key) AS listed_commitments
    FROM commitment_windows AS paid
    JOIN lone_commitments AS lone
      ON lone.billing_account_id = paid.billing_account_id AND lone.invoice_key = paid.invoice_key AND lone.region = paid.region
    JOIN listed
      ON listed.billing_account_id = paid.billing_account_id
      AND listed.region = paid.region
      AND paid.window_start >= COALESCE(listed.start_time, TIMESTAMP '0001-01-01 00:00:00+00')
      AND paid.window_start < COALESCE(listed.end_time, TIMESTAMP '9999-12-31 00:00:00+00')
    -- What the new model bills is listed under the same id.
    LEFT JOIN commitment_subscriptions AS subscription
      ON subscription.billing_account_id = paid.billing_account_id
      AND subscription.invoice_key = paid.invoice_key
      AND subscription.subscription_id = listed.subscription_id
    WHERE paid.commitment_model = 'spend' AND subscription.subscription_id IS NULL
  )
SELECT window_key, commitment_name, committed_cost
FROM matches
WHERE listed_commitments = 1;
