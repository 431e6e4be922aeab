-- The use that commitments paid for, and how much of it.
--
-- The new model covers whole rows. The older ones cover the part of a row's cost that their credit took off: that part of its
-- quantity, as FOCUS wants a discount to cover whole rows.
CREATE TEMP TABLE commitment_uses AS
WITH
  commitment_credits AS (
    SELECT
      row_key,
      SUM(IF(type = 'COMMITTED_USAGE_DISCOUNT', amount, BIGNUMERIC '0')) AS resource_credit,
      SUM(IF(type = 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', amount, BIGNUMERIC '0')) AS spend_credit
    FROM row_credits
    WHERE type IN ('COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE')
    GROUP BY row_key
  ),
  uses AS (
    SELECT
      charge.row_key,
      source.billing_account_id,
      source.invoice_key,
      source.currency,
      charge.commitment_model,
      COALESCE(source.subscription_instance_id, '') AS subscription_id,
      DIV(
        UNIX_SECONDS(
          COALESCE(
            source.usage_start_time,
            TIMESTAMP(DATETIME(PARSE_DATE('%Y%m', source.billing_month)), 'America/Los_Angeles')
          )
        ),
        3600
      ) AS use_hour,
      -- Use of the older models may be exported by the day, while fees come by the hour.
      IF(
        charge.commitment_model <> 'subscription' AND source.usage_end_time > source.usage_start_time,
        LEAST(DIV(UNIX_SECONDS(source.usage_end_time) - 1, 3600) - DIV(UNIX_SECONDS(source.usage_start_time), 3600) + 1, 8784),
        1
      ) AS use_hours,
      source.service_name,
      COALESCE(REGEXP_EXTRACT(source.region_id, r'^[a-z]+-[a-z]+\d+$'), '') AS region,
      COALESCE(sku.commitment_resource, '') AS resource,
      COALESCE(sku.commitment_series, sku.instance_series, '') AS series,
      COALESCE(unit.focus_unit, 'Units') AS unit,
      source.cost,
      charge.amount,
      charge.pricing_quantity,
      charge.consumed_quantity,
      CASE charge.commitment_model WHEN 'resource' THEN -credits.resource_credit WHEN 'spend' THEN -credits.spend_credit END
        AS covered_cost
    FROM charges AS charge
    JOIN source_rows AS source ON source.row_key = charge.row_key
    LEFT JOIN commitment_credits AS credits ON credits.row_key = charge.row_key
    LEFT JOIN sku_facts AS sku ON sku.sku_description = source.sku_description
    LEFT JOIN unit_names AS unit ON unit.export_unit = charge.pricing_unit
    WHERE charge.commitment_model IS NOT NULL AND NOT charge.is_commitment_fee
  ),
  -- A credit that raises the cost, or one of a row that costs nothing or has no quantity, covers nothing: it stays in its row.
  covered_parts AS (
    SELECT
      *,
      CASE
        WHEN commitment_model = 'subscription' THEN BIGNUMERIC '1'
        WHEN pricing_quantity = 0 THEN NULL
        ELSE LEAST(SAFE_DIVIDE(covered_cost, NULLIF(cost, BIGNUMERIC '0')), BIGNUMERIC '1')
      END AS covered_part
    FROM uses
    WHERE commitment_model = 'subscription' OR pricing_quantity IS NOT NULL
  )
SELECT
  * EXCEPT (covered_part, cost),
  covered_part = 1 AS is_whole,
  -- 18 decimals, so that price x quantity stays exact; as with prices, what is tiny needs all digits.
  CASE
    WHEN covered_part = 1 THEN pricing_quantity
    WHEN ABS(pricing_quantity) < BIGNUMERIC '0.0000000001' THEN pricing_quantity * covered_part
    ELSE ROUND(pricing_quantity * covered_cost / cost, 18)
  END AS covered_quantity,
  CASE
    WHEN covered_part = 1 THEN consumed_quantity
    WHEN ABS(consumed_quantity) < BIGNUMERIC '0.0000000001' THEN consumed_quantity * covered_part
    ELSE ROUND(consumed_quantity * covered_cost / cost, 18)
  END AS covered_consumption,
  -- Use that is alike asks the same commitments.
  ARRAY_TO_STRING(
    IF(
      commitment_model = 'subscription',
      [commitment_model, billing_account_id, invoice_key, currency, subscription_id],
      [
        commitment_model, billing_account_id, invoice_key, currency, service_name, region, resource, series, unit,
        CAST(use_hours AS STRING)
      ]
    ),
    '|'
  ) AS use_kind
FROM covered_parts
WHERE covered_part > 0;
