-- The parts each export row becomes: itself, and one credit row per promotion. Their billed costs add up to the row's cost and credits.
CREATE TEMP TABLE charge_parts AS
WITH
  in_row_items AS (
    SELECT row_key, ARRAY_AGG(STRUCT(id AS Id, full_name AS FullName, type AS Type, name AS Name, amount AS Amount) ORDER BY ordinal) AS credits
    FROM row_credits
    WHERE NOT is_promotion
    GROUP BY row_key
  )
SELECT
  charge.row_key,
  'base' AS split_part,
  charge.charge_category,
  charge.charge_class,
  charge.charge_frequency,
  charge.is_priced,
  charge.amount,
  price.contracted_cost,
  price.list_cost,
  price.contracted_unit_price,
  price.list_unit_price,
  charge.pricing_quantity,
  charge.pricing_unit,
  charge.consumed_quantity,
  charge.consumed_unit,
  CAST(NULL AS STRING) AS credit_description,
  items.credits
FROM charges AS charge
JOIN priced_charges AS price ON price.row_key = charge.row_key
LEFT JOIN in_row_items AS items ON items.row_key = charge.row_key
UNION ALL
SELECT
  row_key,
  CONCAT('credit:', CAST(ordinal AS STRING)) AS split_part,
  'Credit' AS charge_category,
  CAST(NULL AS STRING) AS charge_class,
  'One-Time' AS charge_frequency,
  FALSE AS is_priced,
  amount,
  amount AS contracted_cost,
  amount AS list_cost,
  CAST(NULL AS BIGNUMERIC) AS contracted_unit_price,
  CAST(NULL AS BIGNUMERIC) AS list_unit_price,
  CAST(NULL AS BIGNUMERIC) AS pricing_quantity,
  CAST(NULL AS STRING) AS pricing_unit,
  CAST(NULL AS BIGNUMERIC) AS consumed_quantity,
  CAST(NULL AS STRING) AS consumed_unit,
  CONCAT('Credit: ', COALESCE(NULLIF(TRIM(name), ''), NULLIF(TRIM(full_name), ''), id, type)) AS credit_description,
  [STRUCT(id AS Id, full_name AS FullName, type AS Type, name AS Name, amount AS Amount)] AS credits
FROM row_credits
WHERE is_promotion;
