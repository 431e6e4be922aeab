-- What kind of charge each row is, and the quantity it is priced by.
CREATE TEMP TABLE charges AS
WITH
  credit_sums AS (
    SELECT
      row_key,
      SUM(IF(is_promotion, BIGNUMERIC '0', amount)) AS in_row_credits,
      COALESCE(LOGICAL_OR(type = 'COMMITTED_USAGE_DISCOUNT'), FALSE) AS has_resource_credit,
      COALESCE(LOGICAL_OR(type = 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE'), FALSE) AS has_spend_credit
    FROM row_credits
    GROUP BY row_key
  ),
  facts AS (
    SELECT
      source.row_key,
      source.cost,
      source.cost + COALESCE(credits.in_row_credits, BIGNUMERIC '0') AS amount,
      source.cost_type,
      source.adjustment_type,
      source.sku_id,
      source.usage_amount,
      source.usage_unit,
      source.pricing_unit,
      COALESCE(source.priced_amount, source.usage_amount) AS quantity,
      source.priced_amount IS NOT NULL AS has_priced_amount,
      COALESCE(source.adjustment_type IN ('USAGE_CORRECTION', 'PRICE_CORRECTION', 'METADATA_CORRECTION'), FALSE) AS is_correction,
      -- Google closes months in Pacific time. The row tells itself whether its month was closed; the wall clock would not.
      COALESCE(FORMAT_TIMESTAMP('%Y%m', source.usage_start_time, 'America/Los_Angeles') < source.billing_month, FALSE) AS is_late,
      COALESCE(source.usage_amount, BIGNUMERIC '0') = 0
        AND COALESCE(source.priced_amount, BIGNUMERIC '0') = 0
        AND (source.cost <> 0 OR (source.usage_amount IS NULL AND source.priced_amount IS NULL)) AS is_without_usage,
      sku.charge_frequency,
      sku.commitment_plan IS NOT NULL AND sku.commitment_fee IS NULL AS is_commitment_plan,
      -- What a row of a subscription is, its consumption model tells; a fee of the older models shows in its SKU's text.
      CASE
        WHEN subscription.subscription_id IS NOT NULL THEN IF(source.special_consumption_model IS NULL, 'subscription', NULL)
        WHEN sku.commitment_fee = 'Usage' THEN 'resource'
        WHEN sku.commitment_fee = 'Spend' THEN 'spend'
      END AS fee_model,
      CASE
        WHEN subscription.subscription_id IS NOT NULL THEN IF(source.special_consumption_model IS NULL, NULL, 'subscription')
        WHEN credits.has_resource_credit THEN 'resource'
        WHEN credits.has_spend_credit THEN 'spend'
      END AS use_model
    FROM source_rows AS source
    LEFT JOIN credit_sums AS credits ON credits.row_key = source.row_key
    LEFT JOIN sku_facts AS sku ON sku.sku_description = source.sku_description
    LEFT JOIN commitment_subscriptions AS subscription
      ON subscription.billing_account_id = source.billing_account_id
      AND subscription.invoice_key = source.invoice_key
      AND subscription.subscription_id = source.subscription_instance_id
      AND NOT STARTS_WITH(COALESCE(source.transaction_type, ''), 'THIRD_PARTY')
  ),
  -- FOCUS wants cost = price x quantity with a price that is not negative. Money without quantity (or with next to none), and money
  -- whose sign differs from its quantity's, has no such price. A price of more digits than BIGNUMERIC has is none either.
  priceable AS (
    SELECT
      *,
      CASE
        WHEN
          quantity > BIGNUMERIC '-1' AND quantity < BIGNUMERIC '1'
          AND cost NOT BETWEEN BIGNUMERIC '-1000000000000000000' AND BIGNUMERIC '1000000000000000000'
          AND SAFE_DIVIDE(cost, quantity) IS NULL
          THEN FALSE
        WHEN quantity >= BIGNUMERIC '0.00000000000000000001' THEN cost >= 0
        WHEN quantity <= BIGNUMERIC '-0.00000000000000000001' THEN cost <= 0
        ELSE cost = 0
      END AS has_price
    FROM facts
  ),
  -- First match wins.
  categories AS (
    SELECT
      *,
      CASE
        WHEN cost_type = 'tax' THEN 'Tax'
        WHEN cost_type = 'rounding_error' THEN 'Adjustment'
        WHEN adjustment_type IN ('GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION') THEN 'Credit'
        WHEN adjustment_type IS NOT NULL AND NOT is_correction THEN 'Adjustment'
        WHEN cost_type = 'adjustment' AND NOT is_correction THEN 'Adjustment'
        -- A usage row without SKU or price would be a false one; as an adjustment its money stays visible.
        WHEN sku_id IS NULL THEN 'Adjustment'
        WHEN is_correction AND NOT has_price AND NOT is_late THEN 'Adjustment'
        WHEN fee_model IS NOT NULL OR is_commitment_plan THEN 'Purchase'
        WHEN is_without_usage AND NOT is_correction THEN 'Purchase'
        WHEN NOT has_price AND NOT is_correction THEN 'Adjustment'
        ELSE 'Usage'
      END AS charge_category
    FROM priceable
  )
SELECT
  row_key,
  cost,
  amount,
  charge_category,
  CASE
    WHEN charge_category IN ('Usage', 'Purchase') AND is_correction AND is_late THEN 'Correction'
  END AS charge_class,
  CASE charge_category
    WHEN 'Usage' THEN 'Usage-Based'
    WHEN 'Tax' THEN 'Recurring'
    WHEN 'Purchase' THEN IF(fee_model IS NOT NULL OR is_commitment_plan, 'Recurring', COALESCE(charge_frequency, 'One-Time'))
    ELSE 'One-Time'
  END AS charge_frequency,
  charge_category IN ('Usage', 'Purchase') AS is_priced,
  CASE
    WHEN charge_category NOT IN ('Usage', 'Purchase') THEN NULL
    -- A flat fee is one unit; given back, it is minus one, as prices are never negative.
    WHEN charge_category = 'Purchase' AND (is_without_usage OR NOT has_price) THEN IF(cost < 0, BIGNUMERIC '-1', BIGNUMERIC '1')
    WHEN has_price THEN COALESCE(quantity, BIGNUMERIC '0')
  END AS pricing_quantity,
  CASE
    WHEN charge_category = 'Purchase' AND (is_without_usage OR NOT has_price) THEN NULL
    WHEN has_priced_amount THEN COALESCE(pricing_unit, usage_unit)
    ELSE COALESCE(usage_unit, pricing_unit)
  END AS pricing_unit,
  CASE WHEN charge_category = 'Usage' AND has_price THEN COALESCE(usage_amount, quantity, BIGNUMERIC '0') END AS consumed_quantity,
  IF(usage_amount IS NULL, COALESCE(pricing_unit, usage_unit), COALESCE(usage_unit, pricing_unit)) AS consumed_unit,
  -- Commitments: which model the row belongs to, and whether it is a fee or use that a commitment paid for.
  CASE charge_category WHEN 'Purchase' THEN fee_model WHEN 'Usage' THEN use_model END AS commitment_model,
  charge_category = 'Purchase' AND fee_model IS NOT NULL AS is_commitment_fee
FROM categories;
