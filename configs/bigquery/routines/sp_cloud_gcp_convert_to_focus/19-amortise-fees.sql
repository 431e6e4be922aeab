-- What each covered use costs once the fees are spread over it.
--
-- Shares are differences of rounded running sums and the last one takes what is left, so that they add up to the last digit.
CREATE TEMP TABLE covered_uses AS
WITH
  paid_uses AS (
    SELECT
      covered_use.*,
      share.window_key,
      share.part_number,
      share.part_count,
      share.part_number = share.part_count AS is_last_part,
      share.from_share,
      share.to_share
    FROM commitment_uses AS covered_use
    JOIN commitment_shares AS share ON share.use_kind = covered_use.use_kind AND share.use_hour = covered_use.use_hour
  ),
  -- Almost all use is paid for by one commitment.
  parts AS (
    SELECT
      row_key, window_key, part_number, part_count, commitment_model, amount,
      IF(
        part_count = 1,
        covered_quantity,
        IF(is_last_part, covered_quantity, ROUND(covered_quantity * to_share, 18)) - ROUND(covered_quantity * from_share, 18)
      ) AS part_quantity,
      IF(
        part_count = 1,
        covered_consumption,
        IF(is_last_part, covered_consumption, ROUND(covered_consumption * to_share, 18)) - ROUND(covered_consumption * from_share, 18)
      ) AS part_consumption,
      IF(part_count = 1, covered_cost, covered_cost * (IF(is_last_part, BIGNUMERIC '1', to_share) - from_share)) AS part_cost
    FROM paid_uses
  )
SELECT
  row_key,
  window_key,
  part_number,
  part_quantity,
  part_consumption,
  -- What a fee is spread by: the amount of the resource, else money.
  CASE commitment_model WHEN 'subscription' THEN ABS(amount) WHEN 'resource' THEN part_quantity ELSE part_cost END AS weight,
  -- Only the new model bills covered use by itself.
  IF(commitment_model = 'subscription', amount, BIGNUMERIC '0') AS own_amount
FROM parts;

CREATE TEMP TABLE commitment_balances AS
WITH
  window_uses AS (
    SELECT window_key, SUM(weight) AS used, SUM(own_amount) AS own_amount
    FROM covered_uses
    GROUP BY window_key
  ),
  compared AS (
    SELECT
      paid_window.*,
      COALESCE(subscription.commitment_name, committed.commitment_name) AS commitment_name,
      committed.committed_cost,
      window_uses.window_key IS NOT NULL AS is_used,
      COALESCE(window_uses.used, BIGNUMERIC '0') AS used,
      COALESCE(window_uses.own_amount, BIGNUMERIC '0') AS own_amount,
      -- A fee is spread over what was committed to, or over what was used when that is more; fees given back likewise.
      CASE
        WHEN paid_window.commitment_quantity < 0 AND COALESCE(window_uses.used, BIGNUMERIC '0') <= 0
          THEN LEAST(paid_window.commitment_quantity, COALESCE(window_uses.used, BIGNUMERIC '0'))
        ELSE GREATEST(paid_window.commitment_quantity, COALESCE(window_uses.used, BIGNUMERIC '0'))
      END AS resource_base
    FROM commitment_windows AS paid_window
    LEFT JOIN window_uses ON window_uses.window_key = paid_window.window_key
    LEFT JOIN committed_costs AS committed ON committed.window_key = paid_window.window_key
    LEFT JOIN commitment_subscriptions AS subscription
      ON paid_window.commitment_model = 'subscription'
      AND subscription.billing_account_id = paid_window.billing_account_id
      AND subscription.invoice_key = paid_window.invoice_key
      AND subscription.subscription_id = paid_window.commitment_id
  )
SELECT
  *,
  CASE commitment_model
    -- What is left of the newer fee after its offsets is the unused part; when they exceed it, use becomes cheaper.
    WHEN 'subscription' THEN IF(is_used AND fee_amount < 0, fee_amount, BIGNUMERIC '0')
    WHEN 'resource'
      THEN
        CASE
          WHEN resource_base = 0 THEN BIGNUMERIC '0'
          WHEN resource_base = used THEN fee_amount
          ELSE ROUND(fee_amount * used / resource_base, 20)
        END
    ELSE
      CASE
        WHEN used = 0 OR (used > 0) <> (fee_amount > 0) THEN BIGNUMERIC '0'
        WHEN used > 0 AND committed_cost > used THEN ROUND(fee_amount * used / committed_cost, 20)
        -- Without the committed amount all of the fee counts as used.
        ELSE fee_amount
      END
  END AS spread_amount
FROM compared;

CREATE TEMP TABLE amortised_uses AS
WITH
  running AS (
    SELECT
      covered_use.*,
      balance.commitment_model,
      balance.spread_amount,
      balance.used,
      SUM(covered_use.weight) OVER (PARTITION BY covered_use.window_key ORDER BY covered_use.row_key) AS used_up_to_here,
      ROW_NUMBER() OVER (PARTITION BY covered_use.window_key ORDER BY covered_use.row_key DESC) = 1 AS is_last
    FROM covered_uses AS covered_use
    JOIN commitment_balances AS balance ON balance.window_key = covered_use.window_key
  ),
  -- Divided first, what is small would lose digits; BIGNUMERIC has room for the product.
  shares AS (
    SELECT
      *,
      CASE
        WHEN spread_amount = 0 THEN BIGNUMERIC '0'
        WHEN is_last THEN spread_amount
        ELSE COALESCE(ROUND(SAFE_DIVIDE(spread_amount * used_up_to_here, used), 20), BIGNUMERIC '0')
      END AS spread_up_to_here,
      CASE
        WHEN spread_amount = 0 OR used_up_to_here = weight THEN BIGNUMERIC '0'
        ELSE COALESCE(ROUND(SAFE_DIVIDE(spread_amount * (used_up_to_here - weight), used), 20), BIGNUMERIC '0')
      END AS spread_before
    FROM running
  )
SELECT
  row_key,
  window_key,
  part_number,
  part_quantity,
  part_consumption,
  own_amount + spread_up_to_here - spread_before AS effective_cost,
  IF(commitment_model = 'resource', part_quantity, own_amount + spread_up_to_here - spread_before) AS commitment_quantity
FROM shares;
