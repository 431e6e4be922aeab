-- Which subscriptions are commitments of the new spend-based model, and what is known of them.
--
-- The export gives marketplace subscriptions an id as well. One is a commitment when any of its rows shows what only that model has
-- (use at a special consumption model, a fee's offset, the label of the SKU that a fee pays for), or when Google's list of
-- commitments has it. A fee whose hour went wholly unused shows nothing of it by itself.
CREATE TEMP TABLE commitment_subscriptions AS
WITH
  offset_rows AS (
    SELECT DISTINCT row_key FROM row_credits WHERE type = 'FEE_UTILIZATION_OFFSET'
  ),
  shown AS (
    SELECT DISTINCT source.billing_account_id, source.invoice_key, source.subscription_instance_id AS subscription_id
    FROM source_rows AS source
    LEFT JOIN offset_rows AS fee_offset ON fee_offset.row_key = source.row_key
    LEFT JOIN row_tags AS tags ON tags.row_key = source.row_key
    WHERE
      source.subscription_instance_id IS NOT NULL
      AND NOT STARTS_WITH(COALESCE(source.transaction_type, ''), 'THIRD_PARTY')
      AND (source.special_consumption_model IS NOT NULL OR fee_offset.row_key IS NOT NULL OR tags.names_originating_sku)
  ),
  snapshots AS (
    SELECT
      export.billing_account_id,
      export.subscription.instance_id AS subscription_id,
      IF(TRIM(export.subscription.display_name) = '', NULL, TRIM(export.subscription.display_name)) AS commitment_name,
      export.ingestion_date
    FROM `{{project}}.{{org}}.cloud_gcp_cud_subscriptions_raw` AS export
    WHERE
      export.subscription.instance_id IS NOT NULL
      AND export.billing_account_id IN (SELECT period.billing_account_id FROM UNNEST(periods) AS period)
  ),
  listed AS (
    SELECT billing_account_id, subscription_id, commitment_name
    FROM snapshots
    WHERE TRUE
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY billing_account_id, subscription_id
        ORDER BY ingestion_date DESC, commitment_name IS NULL, commitment_name
      ) = 1
  ),
  known AS (
    SELECT billing_account_id, invoice_key, subscription_id FROM shown
    UNION DISTINCT
    SELECT DISTINCT source.billing_account_id, source.invoice_key, source.subscription_instance_id AS subscription_id
    FROM source_rows AS source
    JOIN listed ON listed.billing_account_id = source.billing_account_id AND listed.subscription_id = source.subscription_instance_id
  )
SELECT known.billing_account_id, known.invoice_key, known.subscription_id, listed.commitment_name
FROM known
LEFT JOIN listed ON listed.billing_account_id = known.billing_account_id AND listed.subscription_id = known.subscription_id;
