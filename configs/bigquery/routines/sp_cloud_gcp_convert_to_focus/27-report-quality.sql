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
  -- The FOCUS rows of the periods, a split row once. Prices are rounded, so costs count as equal up to nine decimals.
  written AS (
    SELECT
      focus.BillingAccountId AS billing_account_id,
      focus.x_InvoiceMonth AS invoice_month,
      focus.BillingCurrency AS currency,
      focus.ServiceName AS service_name,
      focus.ServiceCategory AS service_category,
      focus.RegionId AS region_id,
      focus.x_SkuId AS sku_id,
      focus.BilledCost AS billed_cost,
      focus.ChargeCategory = 'Usage' AND focus.PricingQuantity > 0 AND focus.ListCost + BIGNUMERIC '0.000000001' < focus.ContractedCost
        AS is_list_below_contracted,
      focus.ChargeCategory = 'Usage' AND focus.PricingQuantity > 0 AND focus.ContractedCost + BIGNUMERIC '0.000000001' < focus.EffectiveCost
        AND focus.CommitmentDiscountStatus IS DISTINCT FROM 'Unused' AS is_contracted_below_effective,
      focus.ChargePeriodStart < TIMESTAMP_SUB(focus.BillingPeriodEnd, INTERVAL 396 DAY) AS is_old,
      focus.x_SplitPart IN ('base', 'covered') AS is_row
    FROM `{{project}}.{{org}}.cost_data_standard_1_3` AS focus
    WHERE
      focus.ProviderName = 'Google Cloud'
      AND EXISTS (
        SELECT 1
        FROM UNNEST(periods) AS period
        WHERE period.billing_account_id = focus.BillingAccountId AND period.invoice_month IS NOT DISTINCT FROM focus.x_InvoiceMonth
      )
  ),
  -- What most remarks are about has few values, so it is looked up once for each and not for every row.
  row_kinds AS (
    SELECT
      billing_account_id,
      invoice_month,
      billing_month,
      is_cost_missing,
      currency,
      conversion_rate,
      sku_id IS NULL AS is_sku_missing,
      service_id,
      service_name,
      pricing_unit,
      usage_unit,
      cost_type,
      adjustment_type,
      adjustment_mode,
      transaction_type,
      publisher_type,
      COUNT(*) AS row_count
    FROM source_rows
    GROUP BY
      billing_account_id, invoice_month, billing_month, is_cost_missing, currency, conversion_rate, is_sku_missing, service_id,
      service_name, pricing_unit, usage_unit, cost_type, adjustment_type, adjustment_mode, transaction_type, publisher_type
  ),
  service_names AS (
    SELECT billing_account_id, invoice_month, service_id, service_name, SUM(row_count) AS named_rows
    FROM row_kinds
    WHERE service_id IS NOT NULL
    GROUP BY billing_account_id, invoice_month, service_id, service_name
  ),
  others AS (
    SELECT
      billing_account_id,
      invoice_month,
      currency,
      SUM(IF(service_category = 'Other', ABS(billed_cost), BIGNUMERIC '0')) AS other_cost,
      SUM(ABS(billed_cost)) AS all_cost,
      STRING_AGG(DISTINCT IF(service_category = 'Other', service_name, NULL), ', ' ORDER BY IF(service_category = 'Other', service_name, NULL) LIMIT 20)
        AS service_names
    FROM written
    GROUP BY billing_account_id, invoice_month, currency
  ),
  -- The fields whose values Google documents, and what became of a value that it does not.
  named_values AS (
    SELECT kind.billing_account_id, kind.invoice_month, kind.row_count, named.field, named.value, named.message
    FROM row_kinds AS kind
    CROSS JOIN
      UNNEST([
        STRUCT('cost_type' AS field, kind.cost_type AS value, 'converted by the general rules' AS message),
        STRUCT('adjustment_info.type', kind.adjustment_type, 'converted as an adjustment'),
        STRUCT('adjustment_info.mode', kind.adjustment_mode, 'converted by the general rules'),
        STRUCT('transaction_type', kind.transaction_type, 'converted by the general rules'),
        STRUCT('invoice.publisher_type', kind.publisher_type, 'converted by the general rules')
      ]) AS named
  ),
  remarks AS (
    SELECT billing_account_id, invoice_month, 'cost_missing' AS check_id, 'cost' AS value, 'counted as 0' AS message, row_count
    FROM row_kinds
    WHERE is_cost_missing
    UNION ALL
    SELECT billing_account_id, invoice_month, 'currency_missing', 'currency', 'written as XXX', row_count
    FROM row_kinds
    WHERE currency = 'XXX'
    UNION ALL
    SELECT billing_account_id, invoice_month, 'rate_missing', currency, 'shown in its own currency, as no rate to US dollars was exported', row_count
    FROM row_kinds
    WHERE currency <> 'USD' AND NOT COALESCE(conversion_rate > 0, FALSE)
    UNION ALL
    SELECT billing_account_id, invoice_month, 'sku_missing', 'sku.id', 'written as an adjustment', row_count
    FROM row_kinds
    WHERE is_sku_missing AND COALESCE(cost_type, 'regular') = 'regular'
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_service', source.service_name, 'put into category Other', source.row_count
    FROM row_kinds AS source
    LEFT JOIN service_facts AS service ON service.service_name = source.service_name
    WHERE service.service_name IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_unit', unit.export_unit, CONCAT('named ', unit.focus_unit), source.row_count
    FROM row_kinds AS source
    JOIN unit_names AS unit ON unit.export_unit = source.pricing_unit
    WHERE NOT unit.is_known
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_unit', unit.export_unit, CONCAT('named ', unit.focus_unit), source.row_count
    FROM row_kinds AS source
    JOIN unit_names AS unit ON unit.export_unit = source.usage_unit
    WHERE NOT unit.is_known AND source.usage_unit IS DISTINCT FROM source.pricing_unit
    UNION ALL
    SELECT kind.billing_account_id, kind.invoice_month, 'unknown_value', CONCAT(kind.field, ' ', kind.value), kind.message, kind.row_count
    FROM named_values AS kind
    LEFT JOIN `{{project}}.{{integrations}}.gcp_known_values` AS known ON known.field = kind.field AND known.value = kind.value
    WHERE kind.value IS NOT NULL AND known.value IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unknown_value', CONCAT('credits.type ', credit.type), 'lowers the cost of its row', 1
    FROM row_credits AS credit
    JOIN source_rows AS source ON source.row_key = credit.row_key
    LEFT JOIN `{{project}}.{{integrations}}.gcp_known_values` AS known ON known.field = 'credits.type' AND known.value = credit.type
    WHERE credit.type IS NOT NULL AND known.value IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'price_not_derivable', source.sku_id, 'written as an adjustment: cost and quantity give no price', 1
    FROM charges AS charge
    JOIN source_rows AS source ON source.row_key = charge.row_key
    WHERE
      charge.charge_category = 'Adjustment'
      AND source.sku_id IS NOT NULL
      AND COALESCE(source.cost_type, 'regular') = 'regular'
      AND source.adjustment_type IS NULL
    UNION ALL
    -- Rounding, block prices and prices that changed within the month make small differences.
    SELECT source.billing_account_id, source.invoice_month, 'price_differs', source.sku_id, 'its costs give a unit price that is more than 1 % off the quoted one', 1
    FROM priced_charges AS price
    JOIN source_rows AS source ON source.row_key = price.row_key
    WHERE
      source.quoted_contract_price > 0
      AND source.quoted_per_units > 0
      AND price.contracted_unit_price * CAST(source.quoted_per_units AS BIGNUMERIC)
      NOT BETWEEN CAST(source.quoted_contract_price * NUMERIC '0.99' AS BIGNUMERIC) AND CAST(source.quoted_contract_price * NUMERIC '1.01' AS BIGNUMERIC)
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'list_price_missing', 'cost_at_list', 'the contracted cost stands in', 1
    FROM priced_charges AS price
    JOIN source_rows AS source ON source.row_key = price.row_key
    WHERE price.is_list_price_missing
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'unpriced', source.sku_id, 'has money but no quantity, as a correction of a closed month may', 1
    FROM charges AS charge
    JOIN source_rows AS source ON source.row_key = charge.row_key
    WHERE charge.is_priced AND charge.pricing_quantity IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'account_name_missing', source.billing_account_id, 'its id stands in for its name', source.row_count
    FROM row_kinds AS source
    LEFT JOIN account_facts AS account ON account.billing_account_id = source.billing_account_id
    WHERE account.account_name IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'tag_repeated', tags.repeated_key, 'its first value stays', 1
    FROM row_tags AS tags
    JOIN source_rows AS source ON source.row_key = tags.row_key
    WHERE tags.repeated_key IS NOT NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'commitment_fee_missing', COALESCE(source.subscription_instance_id, source.sku_id), 'use that a commitment covered stays as billed, as no fee in the period fits it', 1
    FROM commitment_uses AS covered_use
    JOIN source_rows AS source ON source.row_key = covered_use.row_key
    LEFT JOIN commitment_shares AS share ON share.use_kind = covered_use.use_kind AND share.use_hour = covered_use.use_hour AND share.part_number = 1
    WHERE share.use_kind IS NULL
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'commitment_unit_differs', fee.commitment_id, CONCAT('counted as 0 ', fee.commitment_unit), 1
    FROM commitment_fees AS fee
    JOIN source_rows AS source ON source.row_key = fee.row_key
    WHERE fee.is_other_unit
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'commitment_unused_unknown', balance.commitment_id, 'all of its fee counts as used, as the committed amount is not known', 1
    FROM commitment_balances AS balance
    JOIN source_rows AS source ON source.row_key = balance.window_key
    WHERE balance.commitment_model = 'spend' AND balance.committed_cost IS NULL AND balance.is_used
    UNION ALL
    SELECT source.billing_account_id, source.invoice_month, 'commitment_credits_mixed', source.sku_id, 'only what the commitment of a resource covered is shown as such, what one of money covered stays in the rest', 1
    FROM commitment_uses AS covered_use
    JOIN source_rows AS source ON source.row_key = covered_use.row_key
    WHERE
      covered_use.commitment_model = 'resource'
      AND EXISTS (
        SELECT 1
        FROM row_credits AS credit
        WHERE credit.row_key = covered_use.row_key AND credit.type = 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE' AND credit.amount <> 0
      )
    UNION ALL
    SELECT billing_account_id, invoice_month, 'period_incomplete', billing_month, 'its first raw rows have expired, so that its sums are those of what is left', row_count
    FROM row_kinds
    WHERE PARSE_DATE('%Y%m', billing_month) < DATE_SUB(CURRENT_DATE(), INTERVAL 730 DAY)
    UNION ALL
    SELECT written.billing_account_id, written.invoice_month, 'unknown_region', written.region_id, 'named by its id', 1
    FROM written
    LEFT JOIN `{{project}}.{{integrations}}.gcp_regions` AS known ON known.region_id = written.region_id
    WHERE written.is_row AND written.region_id IS NOT NULL AND known.region_id IS NULL
    UNION ALL
    -- A price cap and prices that changed within the month can do this.
    SELECT billing_account_id, invoice_month, 'list_below_contracted', sku_id, 'the list price is below the contracted one', 1
    FROM written
    WHERE is_list_below_contracted
    UNION ALL
    SELECT billing_account_id, invoice_month, 'contracted_below_effective', sku_id, 'what it came to is above the contracted price', 1
    FROM written
    WHERE is_contracted_below_effective
    UNION ALL
    SELECT billing_account_id, invoice_month, 'old_charge_period', sku_id, 'was used more than 13 months before the end of its billing period', 1
    FROM written
    WHERE is_row AND is_old
  ),
  findings AS (
    SELECT
      billing_account_id,
      invoice_month,
      check_id,
      'warn' AS status,
      CONCAT(CAST(SUM(row_count) AS STRING), ' rows: ', value) AS observed,
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
    UNION ALL
    -- FOCUS wants one name per service; we keep the names as they were exported.
    SELECT
      billing_account_id,
      invoice_month,
      'service_renamed' AS check_id,
      'warn' AS status,
      CONCAT(CAST(SUM(named_rows) AS STRING), ' rows: ', service_id) AS observed,
      CAST(NULL AS STRING) AS expected,
      CONCAT('exported as ', STRING_AGG(service_name, ', ' ORDER BY service_name)) AS message
    FROM service_names
    GROUP BY billing_account_id, invoice_month, service_id
    HAVING COUNT(*) > 1
    UNION ALL
    SELECT
      billing_account_id,
      invoice_month,
      'commitment_cost' AS check_id,
      'pass' AS status,
      CONCAT(CAST(amortised AS STRING), ' ', currency) AS observed,
      CONCAT(CAST(purchased AS STRING), ' ', currency) AS expected,
      CONCAT(commitment_id, ', unused ', CAST(unused AS STRING), ' ', currency) AS message
    FROM commitment_sums
    UNION ALL
    SELECT
      billing_account_id,
      invoice_month,
      'native_focus_cost' AS check_id,
      IF(differs, 'warn', 'pass') AS status,
      CONCAT(CAST(focus_cost AS STRING), ' ', currency) AS observed,
      CONCAT(CAST(native_cost AS STRING), ' ', currency) AS expected,
      IF(
        first_differing_day IS NULL,
        'what the FOCUS export of Google says',
        CONCAT(
          'what the FOCUS export of Google says, other on ', CAST(differing_days AS STRING), ' of ', CAST(days AS STRING),
          ' days, first on ', CAST(first_differing_day AS STRING)
        )
      ) AS message
    FROM native_comparisons
    UNION ALL
    SELECT
      billing_account_id,
      invoice_month,
      'share_of_other' AS check_id,
      IF(other_cost * BIGNUMERIC '100' < all_cost OR other_cost = 0, 'pass', 'warn') AS status,
      CONCAT(CAST(COALESCE(ROUND(SAFE_DIVIDE(other_cost * BIGNUMERIC '100', all_cost), 2), BIGNUMERIC '0') AS STRING), ' % of ', currency) AS observed,
      'below 1 %' AS expected,
      COALESCE(service_names, 'every service has a category') AS message
    FROM others
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
