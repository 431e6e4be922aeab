-- The fees that commitments cost, and the spans of time they pay for.
--
-- A fee belongs to a commitment and to a window: the fees of one commitment that start at one time. The window is known by the key
-- of its dearest fee, which lends its columns to the row of what went unused.
CREATE TEMP TABLE commitment_fees AS
WITH
  fee_offsets AS (
    SELECT row_key, SUM(amount) AS offset_amount FROM row_credits WHERE type = 'FEE_UTILIZATION_OFFSET' GROUP BY row_key
  ),
  fees AS (
    SELECT
      charge.row_key,
      source.billing_account_id,
      source.invoice_key,
      source.currency,
      charge.commitment_model,
      source.service_name,
      -- Commitments are of a region or hold everywhere.
      COALESCE(REGEXP_EXTRACT(source.region_id, r'^[a-z]+-[a-z]+\d+$'), '') AS region,
      COALESCE(sku.commitment_resource, '') AS resource,
      COALESCE(sku.commitment_series, sku.instance_series, '') AS series,
      source.sku_id,
      source.subscription_instance_id,
      -- A fee of the account itself, without a time, is one of the whole month.
      COALESCE(
        source.usage_start_time,
        TIMESTAMP(DATETIME(PARSE_DATE('%Y%m', source.billing_month)), 'America/Los_Angeles')
      ) AS window_start,
      CASE
        WHEN source.usage_end_time > source.usage_start_time THEN source.usage_end_time
        WHEN source.usage_start_time IS NOT NULL THEN TIMESTAMP_ADD(source.usage_start_time, INTERVAL 1 HOUR)
        ELSE TIMESTAMP(DATETIME(DATE_ADD(PARSE_DATE('%Y%m', source.billing_month), INTERVAL 1 MONTH)), 'America/Los_Angeles')
      END AS window_end,
      source.conversion_rate,
      source.cost,
      charge.amount,
      COALESCE(fee_offset.offset_amount, BIGNUMERIC '0') AS offset_amount,
      -- A fee given back without a quantity counts as one unit; it is no amount of the resource.
      IF(charge.pricing_unit IS NULL, BIGNUMERIC '0', COALESCE(charge.pricing_quantity, BIGNUMERIC '0')) AS resource_quantity,
      unit.focus_unit AS resource_unit
    FROM charges AS charge
    JOIN source_rows AS source ON source.row_key = charge.row_key
    LEFT JOIN fee_offsets AS fee_offset ON fee_offset.row_key = charge.row_key
    LEFT JOIN sku_facts AS sku ON sku.sku_description = source.sku_description
    LEFT JOIN unit_names AS unit ON unit.export_unit = COALESCE(charge.pricing_unit, source.pricing_unit, source.usage_unit)
    WHERE charge.is_commitment_fee
  ),
  identified AS (
    SELECT
      *,
      -- The older models have no id in the export: account, place and SKU of the fee stand for it.
      IF(
        commitment_model = 'subscription',
        subscription_instance_id,
        CONCAT(billing_account_id, '/', IF(region = '', 'global', region), '/', sku_id)
      ) AS commitment_id
    FROM fees
  ),
  -- A commitment is counted in one unit for ever.
  measured AS (
    SELECT
      *,
      IF(
        commitment_model = 'resource',
        COALESCE(MIN(resource_unit) OVER (PARTITION BY billing_account_id, invoice_key, commitment_model, commitment_id), 'Units'),
        currency
      ) AS commitment_unit
    FROM identified
  )
SELECT
  * EXCEPT (subscription_instance_id, resource_quantity, resource_unit),
  CASE commitment_model
    WHEN 'resource' THEN IF(resource_unit = commitment_unit, resource_quantity, BIGNUMERIC '0')
    -- The newer fee is what was committed to, before what the use of it gives back.
    WHEN 'subscription' THEN cost
    ELSE amount
  END AS commitment_quantity,
  commitment_model = 'resource' AND resource_unit IS DISTINCT FROM commitment_unit AS is_other_unit,
  FIRST_VALUE(row_key) OVER (
    PARTITION BY billing_account_id, invoice_key, currency, commitment_model, commitment_id, window_start
    ORDER BY cost DESC, row_key
  ) AS window_key
FROM measured;

CREATE TEMP TABLE commitment_windows AS
SELECT
  window_key,
  ANY_VALUE(billing_account_id) AS billing_account_id,
  ANY_VALUE(invoice_key) AS invoice_key,
  ANY_VALUE(currency) AS currency,
  ANY_VALUE(commitment_model) AS commitment_model,
  ANY_VALUE(commitment_id) AS commitment_id,
  ANY_VALUE(commitment_unit) AS commitment_unit,
  MIN(service_name) AS service_name,
  MIN(region) AS region,
  MIN(resource) AS resource,
  MIN(series) AS series,
  ANY_VALUE(window_start) AS window_start,
  MAX(window_end) AS window_end,
  MAX(conversion_rate) AS conversion_rate,
  SUM(amount) AS fee_amount,
  SUM(commitment_quantity) AS commitment_quantity
FROM commitment_fees
GROUP BY window_key;
