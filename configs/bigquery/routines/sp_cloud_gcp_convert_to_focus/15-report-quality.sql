-- What a reader of the figures should know. Nothing here stops a conversion: unknown values pass through and are counted.
INSERT INTO `{{project}}.{{org}}.data_quality_results` (
  run_id, pipeline, check_id, subject, status, observed, expected, message, checked_at
)
WITH
  -- The run that took the period up marked it last; a call by hand has none.
  runs AS (
    SELECT dirty.billing_account_id, dirty.invoice_month, dirty.run_id
    FROM `{{project}}.{{org}}.dirty_periods` AS dirty
    WHERE TRUE
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY dirty.billing_account_id, dirty.invoice_month ORDER BY dirty.marked_at DESC, dirty.run_id) = 1
  ),
  remarks AS (
    SELECT billing_account_id, invoice_month, 'cost_missing' AS check_id, 'cost' AS value, 'counted as 0' AS message
    FROM source_rows
    WHERE is_cost_missing
    UNION ALL
    SELECT billing_account_id, invoice_month, 'currency_missing', 'currency', 'written as XXX'
    FROM source_rows
    WHERE currency = 'XXX'
    UNION ALL
    SELECT billing_account_id, invoice_month, 'rate_missing', currency, 'shown in its own currency, as no rate to US dollars was exported'
    FROM source_rows
    WHERE currency <> 'USD' AND NOT COALESCE(conversion_rate > 0, FALSE)
    UNION ALL
    SELECT billing_account_id, invoice_month, 'sku_missing', 'sku.id', 'written as an adjustment'
    FROM source_rows
    WHERE sku_id IS NULL AND COALESCE(cost_type, 'regular') = 'regular'
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_service', source.service_name, 'put into category Other'
    FROM source_rows AS source
    LEFT JOIN service_facts AS service ON service.service_name = source.service_name
    WHERE service.service_name IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_unit', unit.export_unit, CONCAT('named ', unit.focus_unit)
    FROM source_rows AS source
    JOIN unit_names AS unit ON unit.export_unit = source.pricing_unit
    WHERE NOT unit.is_known
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_unit', unit.export_unit, CONCAT('named ', unit.focus_unit)
    FROM source_rows AS source
    JOIN unit_names AS unit ON unit.export_unit = source.usage_unit
    WHERE NOT unit.is_known AND source.usage_unit IS DISTINCT FROM source.pricing_unit
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_value', CONCAT('cost_type ', source.cost_type), 'converted by the general rules'
    FROM source_rows AS source
    LEFT JOIN `{{project}}.{{integrations}}.gcp_known_values` AS known ON known.field = 'cost_type' AND known.value = source.cost_type
    WHERE source.cost_type IS NOT NULL AND known.value IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_value', CONCAT('adjustment_info.type ', source.adjustment_type), 'converted as an adjustment'
    FROM source_rows AS source
    LEFT JOIN `{{project}}.{{integrations}}.gcp_known_values` AS known ON known.field = 'adjustment_info.type' AND known.value = source.adjustment_type
    WHERE source.adjustment_type IS NOT NULL AND known.value IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_value', CONCAT('transaction_type ', source.transaction_type), 'converted by the general rules'
    FROM source_rows AS source
    LEFT JOIN `{{project}}.{{integrations}}.gcp_known_values` AS known ON known.field = 'transaction_type' AND known.value = source.transaction_type
    WHERE source.transaction_type IS NOT NULL AND known.value IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_value', CONCAT('credits.type ', credit.type), 'lowers the cost of its row'
    FROM row_credits AS credit
    JOIN source_rows AS source ON source.row_key = credit.row_key
    LEFT JOIN `{{project}}.{{integrations}}.gcp_known_values` AS known ON known.field = 'credits.type' AND known.value = credit.type
    WHERE credit.type IS NOT NULL AND known.value IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'price_not_derivable', source.sku_id, 'written as an adjustment: cost and quantity give no price'
    FROM charges AS charge
    JOIN source_rows AS source ON source.row_key = charge.row_key
    WHERE
      charge.charge_category = 'Adjustment'
      AND source.sku_id IS NOT NULL
      AND COALESCE(source.cost_type, 'regular') = 'regular'
      AND source.adjustment_type IS NULL
    UNION ALL
    -- Rounding, block prices and prices that changed within the month make small differences.
    SELECT source.billing_account_id, source.invoice_month, 'price_differs', source.sku_id, 'its costs give a unit price that is more than 1 % off the quoted one'
    FROM priced_charges AS price
    JOIN source_rows AS source ON source.row_key = price.row_key
    WHERE
      source.quoted_contract_price > 0
      AND source.quoted_per_units > 0
      AND price.contracted_unit_price * CAST(source.quoted_per_units AS BIGNUMERIC)
      NOT BETWEEN CAST(source.quoted_contract_price * NUMERIC '0.99' AS BIGNUMERIC) AND CAST(source.quoted_contract_price * NUMERIC '1.01' AS BIGNUMERIC)
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'list_price_missing', 'cost_at_list', 'the contracted cost stands in'
    FROM charges AS charge
    JOIN source_rows AS source ON source.row_key = charge.row_key
    WHERE charge.is_priced AND source.cost_at_list IS NULL
  ),
  findings AS (
    SELECT
      billing_account_id,
      invoice_month,
      check_id,
      'warn' AS status,
      CONCAT(CAST(COUNT(*) AS STRING), ' rows: ', value) AS observed,
      CAST(NULL AS STRING) AS expected,
      message
    FROM remarks
    GROUP BY billing_account_id, invoice_month, check_id, value, message
    UNION ALL
    SELECT
      billing_account_id,
      invoice_month,
      'billed_cost' AS check_id,
      'pass' AS status,
      CONCAT(CAST(focus_amount AS STRING), ' ', currency) AS observed,
      CONCAT(CAST(source_amount AS STRING), ' ', currency) AS expected,
      CONCAT(CAST(focus_rows AS STRING), ' FOCUS rows') AS message
    FROM reconciliation
  )
SELECT
  COALESCE(runs.run_id, 'by hand') AS run_id,
  'cloud/gcp/cost/focus_convert' AS pipeline,
  finding.check_id,
  CONCAT(finding.billing_account_id, ' ', COALESCE(finding.invoice_month, 'no invoice month')) AS subject,
  finding.status,
  finding.observed,
  finding.expected,
  finding.message,
  CURRENT_TIMESTAMP() AS checked_at
FROM findings AS finding
LEFT JOIN runs
  ON runs.billing_account_id = finding.billing_account_id AND runs.invoice_month IS NOT DISTINCT FROM finding.invoice_month;
