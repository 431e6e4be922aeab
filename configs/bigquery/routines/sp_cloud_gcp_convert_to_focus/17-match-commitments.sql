-- Which commitments pay for which kind of use in which hour, and each one's share.
--
-- The new model names the commitment on the use. The older ones only show a credit: it can come from the commitments of the same
-- account, currency and hour whose fee fits best; where several fit alike, each pays by its size.
-- Use whose fee is not in the period matches nothing and stays as it was billed.
CREATE TEMP TABLE commitment_shares AS
WITH
  -- A year is the longest span that a fee can sensibly be for.
  window_hours AS (
    SELECT paid_window.*, paid_hour
    FROM commitment_windows AS paid_window
    CROSS JOIN
      UNNEST(
        GENERATE_ARRAY(
          DIV(UNIX_SECONDS(paid_window.window_start), 3600),
          LEAST(
            DIV(UNIX_SECONDS(paid_window.window_end) - 1, 3600),
            DIV(UNIX_SECONDS(paid_window.window_start), 3600) + 8784
          )
        )
      ) AS paid_hour
  ),
  use_kinds AS (
    SELECT DISTINCT
      use_kind, use_hour, use_hours, billing_account_id, invoice_key, currency, commitment_model,
      IF(commitment_model = 'subscription', subscription_id, NULL) AS subscription_id,
      IF(commitment_model = 'subscription', NULL, service_name) AS service_name,
      IF(commitment_model = 'subscription', NULL, region) AS region,
      IF(commitment_model = 'subscription', NULL, resource) AS resource,
      IF(commitment_model = 'subscription', NULL, series) AS series,
      IF(commitment_model = 'subscription', NULL, unit) AS unit
    FROM commitment_uses
  ),
  -- NULL: does not fit. The smaller the better; a blank is what the export does not tell.
  fits AS (
    SELECT
      kind.use_kind,
      kind.use_hour,
      kind.use_hours,
      paid.window_key,
      paid.window_start,
      paid.commitment_id,
      GREATEST(IF(paid.commitment_model = 'resource', paid.commitment_quantity, paid.fee_amount), BIGNUMERIC '0') AS size,
      CASE
        WHEN paid.commitment_model = 'subscription' THEN IF(paid.commitment_id = kind.subscription_id, 0, NULL)
        -- A commitment belongs to its region; one without a region holds everywhere.
        WHEN paid.region <> kind.region AND paid.region <> '' AND kind.region <> '' THEN NULL
        WHEN paid.commitment_model = 'spend'
          THEN IF(paid.service_name = kind.service_name, 0, 4) + IF(paid.region = kind.region, 0, IF(paid.region = '', 1, 2))
        WHEN paid.commitment_unit <> kind.unit THEN NULL
        WHEN paid.resource <> kind.resource AND paid.resource <> '' AND kind.resource <> '' THEN NULL
        -- Fees of the first machine series do not name it.
        WHEN paid.series <> kind.series AND paid.series <> '' AND kind.series <> '' THEN NULL
        ELSE
          IF(paid.region = kind.region, 0, 16) + IF(paid.resource = kind.resource, 0, 8)
          + IF(paid.series = kind.series, 0, IF(paid.series = '', 1, 2))
      END AS misfit
    FROM use_kinds AS kind
    CROSS JOIN UNNEST(GENERATE_ARRAY(kind.use_hour, kind.use_hour + kind.use_hours - 1)) AS used_hour
    JOIN window_hours AS paid
      ON paid.billing_account_id = kind.billing_account_id
      AND paid.invoice_key = kind.invoice_key
      AND paid.currency = kind.currency
      AND paid.commitment_model = kind.commitment_model
      AND paid.paid_hour = used_hour
  ),
  best_fits AS (
    SELECT *
    FROM fits
    WHERE misfit IS NOT NULL
    QUALIFY RANK() OVER (PARTITION BY use_kind, use_hour ORDER BY misfit) = 1
  ),
  -- Use of several hours is paid for by the fees of all of them.
  payers AS (
    SELECT use_kind, use_hour, window_key, commitment_id, size
    FROM best_fits
    WHERE TRUE
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY use_kind, use_hour, commitment_id, IF(use_hours > 1, window_key, '')
        ORDER BY window_start DESC, window_key
      ) = 1
  ),
  -- Use of a subscription in an hour without a fee is paid by its first fee of the period.
  first_windows AS (
    SELECT window_key, billing_account_id, invoice_key, currency, commitment_id
    FROM commitment_windows
    WHERE commitment_model = 'subscription'
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY billing_account_id, invoice_key, currency, commitment_id ORDER BY window_start, window_key) = 1
  ),
  all_payers AS (
    SELECT use_kind, use_hour, window_key, commitment_id, size FROM payers
    UNION ALL
    SELECT kind.use_kind, kind.use_hour, first_window.window_key, first_window.commitment_id, BIGNUMERIC '1' AS size
    FROM use_kinds AS kind
    JOIN first_windows AS first_window
      ON first_window.billing_account_id = kind.billing_account_id
      AND first_window.invoice_key = kind.invoice_key
      AND first_window.currency = kind.currency
      AND first_window.commitment_id = kind.subscription_id
    LEFT JOIN payers ON payers.use_kind = kind.use_kind AND payers.use_hour = kind.use_hour
    WHERE kind.commitment_model = 'subscription' AND payers.use_kind IS NULL
  ),
  sizes AS (
    SELECT
      use_kind,
      use_hour,
      window_key,
      ROW_NUMBER() OVER (PARTITION BY use_kind, use_hour ORDER BY commitment_id, window_key) AS part_number,
      COUNT(*) OVER (PARTITION BY use_kind, use_hour) AS part_count,
      size,
      SUM(size) OVER (PARTITION BY use_kind, use_hour ORDER BY commitment_id, window_key) AS size_up_to_here,
      SUM(size) OVER (PARTITION BY use_kind, use_hour) AS size_of_all
    FROM all_payers
  )
-- A payer's part reaches from one share of the whole to another; where no payer has a size, the last pays for all.
SELECT
  use_kind,
  use_hour,
  window_key,
  part_number,
  part_count,
  COALESCE(SAFE_DIVIDE(size_up_to_here - size, size_of_all), BIGNUMERIC '0') AS from_share,
  COALESCE(SAFE_DIVIDE(size_up_to_here, size_of_all), BIGNUMERIC '0') AS to_share
FROM sizes;
