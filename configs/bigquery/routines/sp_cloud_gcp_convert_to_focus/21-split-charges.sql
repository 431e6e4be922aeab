-- The parts each export row becomes: itself, or what of it a commitment covered and what remained; what a commitment left unused; and
-- one credit row per promotion. Over a period their billed costs add up to the export's cost and credits.
CREATE TEMP TABLE commitment_parts AS
WITH
  priced AS (
    SELECT
      charge.row_key, charge.charge_category, charge.charge_class, charge.charge_frequency, charge.amount, charge.pricing_quantity,
      charge.pricing_unit, charge.consumed_quantity, charge.consumed_unit, charge.commitment_model,
      price.contracted_cost, price.list_cost, price.contracted_unit_price, price.list_unit_price, price.is_list_price_missing
    FROM charges AS charge
    JOIN priced_charges AS price ON price.row_key = charge.row_key
    WHERE charge.commitment_model IS NOT NULL
  ),
  remainders AS (
    SELECT
      use.row_key,
      use.pricing_quantity - use.covered_quantity AS pricing_quantity,
      use.consumed_quantity - use.covered_consumption AS consumed_quantity,
      -- Other credits may exceed what is left to pay.
      use.commitment_model <> 'subscription' AND (NOT use.is_whole OR use.amount <> 0) AS remains
    FROM commitment_uses AS use
    WHERE EXISTS (SELECT 1 FROM covered_uses AS covered WHERE covered.row_key = use.row_key)
  )
SELECT
  priced.row_key,
  'base' AS split_part,
  priced.charge_category,
  priced.charge_class,
  priced.charge_frequency,
  purchase.billed_cost,
  BIGNUMERIC '0' AS effective_cost,
  priced.amount AS exported_cost,
  priced.contracted_cost,
  priced.list_cost,
  priced.contracted_unit_price,
  priced.list_unit_price,
  priced.is_list_price_missing,
  priced.pricing_quantity,
  priced.pricing_unit,
  priced.consumed_quantity,
  priced.consumed_unit,
  purchase.window_key,
  CAST(NULL AS STRING) AS commitment_status,
  purchase.commitment_quantity,
  'all' AS own_credits
FROM commitment_purchases AS purchase
JOIN priced ON priced.row_key = purchase.row_key
UNION ALL
SELECT
  priced.row_key,
  CASE
    WHEN priced.commitment_model = 'subscription' THEN 'base'
    WHEN use.part_number = 1 THEN 'covered'
    ELSE CONCAT('covered:', CAST(use.part_number AS STRING))
  END AS split_part,
  priced.charge_category,
  priced.charge_class,
  priced.charge_frequency,
  BIGNUMERIC '0' AS billed_cost,
  use.effective_cost,
  IF(priced.commitment_model = 'subscription', priced.amount, BIGNUMERIC '0') AS exported_cost,
  -- A late price correction has money but no quantity.
  COALESCE(priced.contracted_unit_price * use.part_quantity, priced.contracted_cost) AS contracted_cost,
  COALESCE(priced.list_unit_price * use.part_quantity, priced.list_cost) AS list_cost,
  priced.contracted_unit_price,
  priced.list_unit_price,
  priced.is_list_price_missing,
  use.part_quantity AS pricing_quantity,
  priced.pricing_unit,
  use.part_consumption AS consumed_quantity,
  priced.consumed_unit,
  use.window_key,
  'Used' AS commitment_status,
  use.commitment_quantity,
  CASE
    WHEN use.part_number > 1 THEN 'none'
    WHEN remainder.remains THEN 'commitment'
    ELSE 'all'
  END AS own_credits
FROM amortised_uses AS use
JOIN priced ON priced.row_key = use.row_key
JOIN remainders AS remainder ON remainder.row_key = use.row_key
UNION ALL
SELECT
  priced.row_key,
  'remainder' AS split_part,
  priced.charge_category,
  priced.charge_class,
  priced.charge_frequency,
  priced.amount AS billed_cost,
  priced.amount AS effective_cost,
  priced.amount AS exported_cost,
  priced.contracted_unit_price * remainder.pricing_quantity AS contracted_cost,
  priced.list_unit_price * remainder.pricing_quantity AS list_cost,
  priced.contracted_unit_price,
  priced.list_unit_price,
  priced.is_list_price_missing,
  remainder.pricing_quantity,
  priced.pricing_unit,
  remainder.consumed_quantity,
  priced.consumed_unit,
  CAST(NULL AS STRING) AS window_key,
  CAST(NULL AS STRING) AS commitment_status,
  CAST(NULL AS BIGNUMERIC) AS commitment_quantity,
  'others' AS own_credits
FROM remainders AS remainder
JOIN priced ON priced.row_key = remainder.row_key
WHERE remainder.remains
UNION ALL
SELECT
  priced.row_key,
  'unused' AS split_part,
  'Usage' AS charge_category,
  priced.charge_class,
  'Usage-Based' AS charge_frequency,
  BIGNUMERIC '0' AS billed_cost,
  unused.effective_cost,
  BIGNUMERIC '0' AS exported_cost,
  BIGNUMERIC '0' AS contracted_cost,
  BIGNUMERIC '0' AS list_cost,
  priced.contracted_unit_price,
  priced.list_unit_price,
  priced.is_list_price_missing,
  BIGNUMERIC '0' AS pricing_quantity,
  priced.pricing_unit,
  CAST(NULL AS BIGNUMERIC) AS consumed_quantity,
  priced.consumed_unit,
  unused.window_key,
  'Unused' AS commitment_status,
  unused.commitment_quantity,
  'none' AS own_credits
FROM unused_commitments AS unused
JOIN priced ON priced.row_key = unused.window_key;

CREATE TEMP TABLE charge_parts AS
WITH
  in_row_items AS (
    SELECT row_key, ARRAY_AGG(STRUCT(id AS Id, full_name AS FullName, type AS Type, name AS Name, amount AS Amount) ORDER BY ordinal) AS credits
    FROM row_credits
    WHERE NOT is_promotion
    GROUP BY row_key
  ),
  -- Of a row that is split, the covered part has the credit that covered it and the remainder the others.
  split_items AS (
    SELECT
      credit.row_key,
      IF(
        COALESCE(credit.type = IF(use.commitment_model = 'resource', 'COMMITTED_USAGE_DISCOUNT', 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE'), FALSE),
        'commitment',
        'others'
      ) AS own_credits,
      ARRAY_AGG(
        STRUCT(credit.id AS Id, credit.full_name AS FullName, credit.type AS Type, credit.name AS Name, credit.amount AS Amount)
        ORDER BY credit.ordinal
      ) AS credits
    FROM row_credits AS credit
    JOIN commitment_uses AS use ON use.row_key = credit.row_key
    WHERE NOT credit.is_promotion
    GROUP BY credit.row_key, own_credits
  )
SELECT
  charge.row_key,
  'base' AS split_part,
  charge.charge_category,
  charge.charge_class,
  charge.charge_frequency,
  charge.is_priced,
  charge.amount AS billed_cost,
  charge.amount AS effective_cost,
  charge.amount AS exported_cost,
  price.contracted_cost,
  price.list_cost,
  price.contracted_unit_price,
  price.list_unit_price,
  price.is_list_price_missing,
  charge.pricing_quantity,
  charge.pricing_unit,
  charge.consumed_quantity,
  charge.consumed_unit,
  CAST(NULL AS STRING) AS window_key,
  CAST(NULL AS STRING) AS commitment_status,
  CAST(NULL AS BIGNUMERIC) AS commitment_quantity,
  CAST(NULL AS STRING) AS credit_description,
  items.credits
FROM charges AS charge
JOIN priced_charges AS price ON price.row_key = charge.row_key
LEFT JOIN in_row_items AS items ON items.row_key = charge.row_key
LEFT JOIN (SELECT DISTINCT row_key FROM commitment_parts WHERE split_part <> 'unused') AS part ON part.row_key = charge.row_key
WHERE part.row_key IS NULL
UNION ALL
SELECT
  part.row_key,
  part.split_part,
  part.charge_category,
  part.charge_class,
  part.charge_frequency,
  TRUE AS is_priced,
  part.billed_cost,
  part.effective_cost,
  part.exported_cost,
  part.contracted_cost,
  part.list_cost,
  part.contracted_unit_price,
  part.list_unit_price,
  part.is_list_price_missing,
  part.pricing_quantity,
  part.pricing_unit,
  part.consumed_quantity,
  part.consumed_unit,
  part.window_key,
  part.commitment_status,
  part.commitment_quantity,
  CAST(NULL AS STRING) AS credit_description,
  IF(part.own_credits = 'all', items.credits, split_items.credits) AS credits
FROM commitment_parts AS part
LEFT JOIN in_row_items AS items ON items.row_key = part.row_key
LEFT JOIN split_items ON split_items.row_key = part.row_key AND split_items.own_credits = part.own_credits
UNION ALL
SELECT
  row_key,
  CONCAT('credit:', CAST(ordinal AS STRING)) AS split_part,
  'Credit' AS charge_category,
  CAST(NULL AS STRING) AS charge_class,
  'One-Time' AS charge_frequency,
  FALSE AS is_priced,
  amount AS billed_cost,
  amount AS effective_cost,
  amount AS exported_cost,
  amount AS contracted_cost,
  amount AS list_cost,
  CAST(NULL AS BIGNUMERIC) AS contracted_unit_price,
  CAST(NULL AS BIGNUMERIC) AS list_unit_price,
  FALSE AS is_list_price_missing,
  CAST(NULL AS BIGNUMERIC) AS pricing_quantity,
  CAST(NULL AS STRING) AS pricing_unit,
  CAST(NULL AS BIGNUMERIC) AS consumed_quantity,
  CAST(NULL AS STRING) AS consumed_unit,
  CAST(NULL AS STRING) AS window_key,
  CAST(NULL AS STRING) AS commitment_status,
  CAST(NULL AS BIGNUMERIC) AS commitment_quantity,
  CONCAT('Credit: ', COALESCE(NULLIF(TRIM(name), ''), NULLIF(TRIM(full_name), ''), id, type)) AS credit_description,
  [STRUCT(id AS Id, full_name AS FullName, type AS Type, name AS Name, amount AS Amount)] AS credits
FROM row_credits
WHERE is_promotion;
