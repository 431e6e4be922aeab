-- What each commitment paid for and nobody used: at most one row per commitment and window.
-- It costs what of the fee was not spread over use; its quantity of zero keeps list and contracted cost from counting twice.
CREATE TEMP TABLE unused_commitments AS
WITH
  rests AS (
    SELECT
      window_key,
      fee_amount - spread_amount AS effective_cost,
      CASE
        WHEN commitment_model <> 'resource' THEN fee_amount - spread_amount
        WHEN resource_base = commitment_quantity THEN commitment_quantity - used
        ELSE BIGNUMERIC '0'
      END AS commitment_quantity
    FROM commitment_balances
  )
SELECT window_key, effective_cost, commitment_quantity
FROM rests
WHERE effective_cost <> 0 OR commitment_quantity <> 0;

-- The new model bills covered use and gives it back on the fee; in FOCUS the purchase carries all of it. Several fees of one window
-- carry it by what they gave back, else by what they cost.
CREATE TEMP TABLE commitment_purchases AS
WITH
  weights AS (
    SELECT
      fee.row_key,
      fee.window_key,
      fee.cost,
      fee.amount,
      fee.commitment_quantity,
      balance.own_amount,
      IF(SUM(fee.offset_amount) OVER (PARTITION BY fee.window_key) = 0, fee.cost, -fee.offset_amount) AS weight
    FROM commitment_fees AS fee
    JOIN commitment_balances AS balance ON balance.window_key = fee.window_key
    WHERE balance.own_amount <> 0
  ),
  running AS (
    SELECT
      *,
      SUM(weight) OVER (PARTITION BY window_key) AS weight_of_all,
      SUM(weight) OVER (PARTITION BY window_key ORDER BY cost, row_key) AS weight_up_to_here,
      ROW_NUMBER() OVER (PARTITION BY window_key ORDER BY cost DESC, row_key DESC) = 1 AS is_last
    FROM weights
  ),
  shares AS (
    SELECT
      *,
      CASE
        WHEN is_last THEN own_amount
        ELSE COALESCE(ROUND(SAFE_DIVIDE(own_amount * weight_up_to_here, weight_of_all), 20), BIGNUMERIC '0')
      END AS own_up_to_here,
      CASE
        WHEN weight_up_to_here = weight THEN BIGNUMERIC '0'
        ELSE COALESCE(ROUND(SAFE_DIVIDE(own_amount * (weight_up_to_here - weight), weight_of_all), 20), BIGNUMERIC '0')
      END AS own_before
    FROM running
  )
SELECT row_key, window_key, amount + own_up_to_here - own_before AS billed_cost, commitment_quantity
FROM shares
UNION ALL
SELECT fee.row_key, fee.window_key, fee.amount AS billed_cost, fee.commitment_quantity
FROM commitment_fees AS fee
JOIN commitment_balances AS balance ON balance.window_key = fee.window_key
WHERE balance.own_amount = 0;
