-- List prices of rows that were exported without one, from the pricing export: only where it leaves no doubt. A price with tiers, one
-- that changed within the month and one of another unit are left out, so that no row gets two.
CREATE TEMP TABLE list_prices AS
WITH
  rows_without AS (
    SELECT DISTINCT source.billing_account_id, source.invoice_key, source.billing_month, source.sku_id, source.pricing_unit
    FROM source_rows AS source
    JOIN charges AS charge ON charge.row_key = source.row_key
    WHERE
      source.cost_at_list IS NULL
      AND charge.is_priced
      AND charge.pricing_quantity <> 0
      AND charge.pricing_unit = source.pricing_unit
  ),
  snapshots AS (
    SELECT
      missing.billing_account_id,
      missing.invoice_key,
      missing.sku_id,
      missing.pricing_unit,
      ARRAY_LENGTH(export.list_price.tiered_rates) AS tiers,
      export.pricing_unit_description,
      rate.start_usage_amount,
      rate.usd_amount,
      CAST(CAST(rate.pricing_unit_quantity AS STRING) AS BIGNUMERIC) AS per_units
    FROM rows_without AS missing
    JOIN `{{project}}.{{org}}.cloud_gcp_pricing_raw` AS export
      ON export.billing_account_id = missing.billing_account_id
      AND export.sku_id = missing.sku_id
      AND FORMAT_TIMESTAMP('%Y%m', COALESCE(export.pricing_as_of_time, export.export_time), 'America/Los_Angeles') = missing.billing_month
    CROSS JOIN UNNEST(export.list_price.tiered_rates) AS rate
    WHERE rate.pricing_unit_quantity > 0 AND NOT IS_INF(rate.pricing_unit_quantity)
  )
SELECT billing_account_id, invoice_key, sku_id, pricing_unit, CAST(MIN(usd_amount) AS BIGNUMERIC) / MIN(per_units) AS usd_price
FROM snapshots
GROUP BY billing_account_id, invoice_key, sku_id, pricing_unit
HAVING
  MAX(tiers) = 1
  AND MAX(COALESCE(start_usage_amount, 0)) = 0
  AND LOGICAL_AND(COALESCE(pricing_unit_description = pricing_unit, FALSE))
  AND LOGICAL_AND(usd_amount IS NOT NULL)
  AND MIN(usd_amount) >= 0
  AND MIN(usd_amount) = MAX(usd_amount)
  AND MIN(per_units) = MAX(per_units);
