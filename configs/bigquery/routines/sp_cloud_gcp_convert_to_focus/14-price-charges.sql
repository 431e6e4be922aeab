-- Unit prices and the costs that follow from them, in the billing currency.
--
-- Prices are derived from the row's own costs: tiers of list and contract price need not meet, so a price list joined by SKU would
-- give several prices for one row. The costs are then computed again from price and quantity, so that FOCUS's equation holds to the
-- last digit. What is billed is never touched.
CREATE TEMP TABLE priced_charges AS
WITH
  cost_bases AS (
    SELECT
      charge.row_key,
      charge.pricing_quantity,
      charge.is_priced,
      charge.amount,
      source.cost,
      COALESCE(source.cost_at_contract, source.cost) AS contracted_cost,
      COALESCE(
        source.cost_at_list,
        listed.usd_price * IF(source.currency = 'USD', BIGNUMERIC '1', source.conversion_rate) * charge.pricing_quantity,
        source.cost_at_contract,
        source.cost
      ) AS list_cost,
      source.cost_at_list IS NULL
        AND listed.usd_price IS NULL AS is_list_price_missing,
      source.quoted_contract_price,
      source.quoted_list_price,
      -- Google quotes a price per so many units.
      IF(source.quoted_per_units > 0, source.quoted_per_units, NUMERIC '1') AS quoted_per_units
    FROM charges AS charge
    JOIN source_rows AS source ON source.row_key = charge.row_key
    LEFT JOIN list_prices AS listed
      ON source.cost_at_list IS NULL
      AND listed.billing_account_id = source.billing_account_id
      AND listed.invoice_key = source.invoice_key
      AND listed.sku_id = source.sku_id
      AND listed.pricing_unit = charge.pricing_unit
      AND listed.pricing_unit = source.pricing_unit
      AND (source.currency = 'USD' OR source.conversion_rate > 0)
  ),
  -- Most rows have one cost at all prices: they are divided once.
  contracted_prices AS (
    SELECT
      *,
      CASE
        WHEN NOT is_priced THEN NULL
        WHEN pricing_quantity <> 0 AND (contracted_cost = 0 OR (contracted_cost > 0) = (pricing_quantity > 0)) THEN COALESCE(SAFE_DIVIDE(contracted_cost, pricing_quantity), BIGNUMERIC '0')
        WHEN pricing_quantity <> 0 THEN COALESCE(SAFE_DIVIDE(cost, pricing_quantity), BIGNUMERIC '0')
        ELSE CAST(GREATEST(COALESCE(quoted_contract_price, NUMERIC '0'), NUMERIC '0') AS BIGNUMERIC) / CAST(quoted_per_units AS BIGNUMERIC)
      END AS contracted_price
    FROM cost_bases
  ),
  exact_prices AS (
    SELECT
      *,
      CASE
        WHEN NOT is_priced THEN NULL
        WHEN pricing_quantity <> 0 AND (list_cost = contracted_cost OR (list_cost <> 0 AND (list_cost > 0) <> (pricing_quantity > 0))) THEN contracted_price
        WHEN pricing_quantity <> 0 THEN COALESCE(SAFE_DIVIDE(list_cost, pricing_quantity), BIGNUMERIC '0')
        ELSE
          CAST(GREATEST(COALESCE(quoted_list_price, quoted_contract_price, NUMERIC '0'), NUMERIC '0') AS BIGNUMERIC)
          / CAST(quoted_per_units AS BIGNUMERIC)
      END AS list_price
    FROM contracted_prices
  ),
  -- 20 decimals leave room for the product's; a price of a byte or a token is so small that it needs them all.
  rounded_prices AS (
    SELECT
      *,
      IF(contracted_price < BIGNUMERIC '0.0000000001', contracted_price, ROUND(contracted_price, 20)) AS contracted_unit_price,
      IF(list_price < BIGNUMERIC '0.0000000001', list_price, ROUND(list_price, 20)) AS list_unit_price
    FROM exact_prices
  )
SELECT
  row_key,
  contracted_unit_price,
  list_unit_price,
  -- A tax, a credit or an adjustment costs the same at every price; a late price correction has money but no quantity.
  CASE
    WHEN NOT is_priced THEN amount
    WHEN pricing_quantity IS NULL THEN contracted_cost
    ELSE contracted_unit_price * pricing_quantity
  END AS contracted_cost,
  CASE
    WHEN NOT is_priced THEN amount
    WHEN pricing_quantity IS NULL THEN list_cost
    ELSE list_unit_price * pricing_quantity
  END AS list_cost,
  is_priced AND is_list_price_missing AS is_list_price_missing
FROM rounded_prices;
