import { mutationsOf, type Mutation } from './mutation.ts';

/** Steps that decide what a charge is and what it costs at which price. */
export const CHARGING: readonly Mutation[] = [
  ...mutationsOf('classify-charges', [
    [
      'lowers no row by its credits',
      "source.cost + COALESCE(credits.in_row_credits, BIGNUMERIC '0') AS amount",
      'source.cost AS amount',
    ],
    [
      'lowers rows by promotions too',
      "SUM(IF(is_promotion, BIGNUMERIC '0', amount)) AS in_row_credits",
      'SUM(amount) AS in_row_credits',
    ],
    [
      'loses rows without credits',
      "source.cost + COALESCE(credits.in_row_credits, BIGNUMERIC '0') AS amount",
      "COALESCE(source.cost + credits.in_row_credits, BIGNUMERIC '0') AS amount",
    ],
    [
      'prices by the used quantity',
      'COALESCE(source.priced_amount, source.usage_amount) AS quantity',
      'COALESCE(source.usage_amount, source.priced_amount) AS quantity',
    ],
    [
      'knows no used quantity where the priced one is missing',
      'COALESCE(source.priced_amount, source.usage_amount) AS quantity',
      'source.priced_amount AS quantity',
    ],
    ['knows no usage corrections', "'USAGE_CORRECTION', 'PRICE_CORRECTION'", "'PRICE_CORRECTION'"],
    ['knows no price corrections', "'USAGE_CORRECTION', 'PRICE_CORRECTION'", "'USAGE_CORRECTION'"],
    ['knows no metadata corrections', "'PRICE_CORRECTION', 'METADATA_CORRECTION'", "'PRICE_CORRECTION'"],
    [
      'closes months in UTC',
      "source.usage_start_time, 'America/Los_Angeles') < source.billing_month",
      "source.usage_start_time, 'UTC') < source.billing_month",
    ],
    [
      'takes every row of its month for late',
      '< source.billing_month, FALSE) AS is_late',
      '<= source.billing_month, FALSE) AS is_late',
    ],
    [
      'takes no row for late',
      '< source.billing_month, FALSE) AS is_late',
      '< source.billing_month AND FALSE, FALSE) AS is_late',
    ],
    [
      'takes use without money for a purchase',
      '(source.cost <> 0 OR (source.usage_amount IS NULL AND source.priced_amount IS NULL)) AS is_without_usage',
      'TRUE AS is_without_usage',
    ],
    [
      'takes rows that name no quantity for use',
      '(source.cost <> 0 OR (source.usage_amount IS NULL AND source.priced_amount IS NULL)) AS is_without_usage',
      'source.cost <> 0 AS is_without_usage',
    ],
    ['gives negative prices', 'THEN cost >= 0\n', 'THEN TRUE\n'],
    ['gives negative prices to refunds', 'THEN cost <= 0\n', 'THEN TRUE\n'],
    [
      'prices money that has no quantity',
      '        ELSE cost = 0\n      END AS has_price',
      '        ELSE TRUE\n      END AS has_price',
    ],
    [
      'prices by next to nothing',
      "WHEN quantity >= BIGNUMERIC '0.00000000000000000001'",
      "WHEN quantity > BIGNUMERIC '0'",
    ],
    ['takes taxes for use', "WHEN cost_type = 'tax' THEN 'Tax'", "WHEN FALSE THEN 'Tax'"],
    ['takes rounding for use', "WHEN cost_type = 'rounding_error' THEN 'Adjustment'", "WHEN FALSE THEN 'Adjustment'"],
    [
      'takes goodwill for an adjustment',
      "adjustment_type IN ('GOODWILL', 'SALES_BASED_GOODWILL',",
      "adjustment_type IN ('SALES_BASED_GOODWILL',",
    ],
    [
      'takes goodwill of sales for an adjustment',
      "('GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION')",
      "('GOODWILL', 'SLA_VIOLATION')",
    ],
    [
      'takes credits for outages for adjustments',
      "('GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION')",
      "('GOODWILL', 'SALES_BASED_GOODWILL')",
    ],
    [
      'takes unknown adjustments for use',
      "WHEN adjustment_type IS NOT NULL AND NOT is_correction THEN 'Adjustment'",
      "WHEN FALSE THEN 'Adjustment'",
    ],
    [
      'takes corrections for adjustments',
      "WHEN adjustment_type IS NOT NULL AND NOT is_correction THEN 'Adjustment'",
      "WHEN adjustment_type IS NOT NULL THEN 'Adjustment'",
    ],
    [
      'takes adjusted costs for use',
      "WHEN cost_type = 'adjustment' AND NOT is_correction THEN 'Adjustment'",
      "WHEN FALSE THEN 'Adjustment'",
    ],
    [
      'takes adjusted costs that correct for adjustments',
      "WHEN cost_type = 'adjustment' AND NOT is_correction",
      "WHEN cost_type = 'adjustment'",
    ],
    ['takes a row without a SKU for use', "WHEN sku_id IS NULL THEN 'Adjustment'", "WHEN FALSE THEN 'Adjustment'"],
    [
      'prices corrections of an open month that have no price',
      'WHEN is_correction AND NOT has_price AND NOT is_late',
      'WHEN is_correction AND NOT has_price AND is_late',
    ],
    [
      'takes fees of commitments for use',
      "WHEN fee_model IS NOT NULL OR is_commitment_plan THEN 'Purchase'",
      "WHEN FALSE THEN 'Purchase'",
    ],
    [
      'takes flat fees for use',
      "WHEN is_without_usage AND NOT is_correction THEN 'Purchase'",
      "WHEN FALSE THEN 'Purchase'",
    ],
    [
      'takes corrections without quantity for purchases',
      'WHEN is_without_usage AND NOT is_correction',
      'WHEN is_without_usage',
    ],
    [
      'takes money without a price for use',
      "WHEN NOT has_price AND NOT is_correction THEN 'Adjustment'",
      "WHEN FALSE THEN 'Adjustment'",
    ],
    ['calls every correction one of a closed month', 'is_correction AND is_late THEN', 'is_correction THEN'],
    ['calls late use a correction', 'is_correction AND is_late THEN', 'is_late THEN'],
    ['calls no correction one', "THEN 'Correction'\n", 'THEN NULL\n'],
    ['calls use recurring', "WHEN 'Usage' THEN 'Usage-Based'", "WHEN 'Usage' THEN 'Recurring'"],
    ['calls taxes one-time', "WHEN 'Tax' THEN 'Recurring'", "WHEN 'Tax' THEN 'One-Time'"],
    [
      'calls fees of commitments one-time',
      "IF(fee_model IS NOT NULL OR is_commitment_plan, 'Recurring', COALESCE(charge_frequency, 'One-Time'))",
      "COALESCE(charge_frequency, 'One-Time')",
    ],
    ['calls monthly fees one-time', "COALESCE(charge_frequency, 'One-Time'))", "'One-Time')"],
    ['counts a fee given back as one', "IF(cost < 0, BIGNUMERIC '-1', BIGNUMERIC '1')", "BIGNUMERIC '1'"],
    [
      'names the used unit of a priced quantity',
      'WHEN has_priced_amount THEN COALESCE(pricing_unit, usage_unit)',
      'WHEN has_priced_amount THEN COALESCE(usage_unit, pricing_unit)',
    ],
    [
      'names the priced unit of a used quantity',
      'ELSE COALESCE(usage_unit, pricing_unit)\n  END AS pricing_unit',
      'ELSE COALESCE(pricing_unit, usage_unit)\n  END AS pricing_unit',
    ],
    [
      'shows the priced quantity as consumed',
      "COALESCE(usage_amount, quantity, BIGNUMERIC '0') END",
      "COALESCE(quantity, usage_amount, BIGNUMERIC '0') END",
    ],
    [
      'shows consumption of purchases',
      "WHEN charge_category = 'Usage' AND has_price THEN COALESCE(usage_amount",
      "WHEN charge_category IN ('Usage', 'Purchase') AND has_price THEN COALESCE(usage_amount",
    ],
    [
      'names the priced unit of what is consumed',
      'COALESCE(usage_unit, pricing_unit)) AS consumed_unit',
      'COALESCE(pricing_unit, usage_unit)) AS consumed_unit',
    ],
  ]),
  ...mutationsOf('price-charges', [
    [
      'contracts at cost',
      'COALESCE(source.cost_at_contract, source.cost) AS contracted_cost',
      'source.cost AS contracted_cost',
    ],
    [
      'contracts at what is billed',
      'COALESCE(source.cost_at_contract, source.cost) AS contracted_cost',
      'COALESCE(source.cost_at_contract, charge.amount) AS contracted_cost',
    ],
    [
      'lists at contracted cost',
      '        source.cost_at_list,\n        listed.usd_price *',
      '        listed.usd_price *',
    ],
    [
      'lists at cost where no list cost is known',
      '        source.cost_at_contract,\n        source.cost\n      ) AS list_cost',
      '        source.cost\n      ) AS list_cost',
    ],
    [
      'lists dollars as the billing currency',
      "listed.usd_price * IF(source.currency = 'USD', BIGNUMERIC '1', source.conversion_rate)",
      'listed.usd_price',
    ],
    ['lists by no price list', '        listed.usd_price * IF(', '        CAST(NULL AS BIGNUMERIC) * IF('],
    [
      'says of estimated list prices that they are exported',
      'is_priced AND is_list_price_missing AS is_list_price_missing',
      'FALSE AS is_list_price_missing',
    ],
    [
      'says of listed prices that they are estimated',
      'source.cost_at_list IS NULL\n        AND listed.usd_price IS NULL AS',
      'source.cost_at_list IS NULL AS',
    ],
    [
      'takes a quoted price for that of one unit',
      "IF(source.quoted_per_units > 0, source.quoted_per_units, NUMERIC '1')",
      "NUMERIC '1'",
    ],
    ['rounds prices to 10 decimals', 'ROUND(contracted_price, 20)', 'ROUND(contracted_price, 10)'],
    ['rounds list prices to 10 decimals', 'ROUND(list_price, 20)', 'ROUND(list_price, 10)'],
    [
      'loses the price of a byte',
      "IF(contracted_price < BIGNUMERIC '0.0000000001', contracted_price, ROUND(contracted_price, 20))",
      'ROUND(contracted_price, 20)',
    ],
    [
      'loses the list price of a byte',
      "IF(list_price < BIGNUMERIC '0.0000000001', list_price, ROUND(list_price, 20))",
      'ROUND(list_price, 20)',
    ],
    ['leaves the contracted cost as exported', 'ELSE contracted_unit_price * pricing_quantity', 'ELSE contracted_cost'],
    ['leaves the list cost as exported', 'ELSE list_unit_price * pricing_quantity', 'ELSE list_cost'],
    [
      'quotes negative prices',
      "GREATEST(COALESCE(quoted_contract_price, NUMERIC '0'), NUMERIC '0')",
      "COALESCE(quoted_contract_price, NUMERIC '0')",
    ],
    [
      'quotes negative list prices',
      "GREATEST(COALESCE(quoted_list_price, quoted_contract_price, NUMERIC '0'), NUMERIC '0')",
      "COALESCE(quoted_list_price, quoted_contract_price, NUMERIC '0')",
    ],
    [
      'quotes the contracted price as list price',
      'COALESCE(quoted_list_price, quoted_contract_price',
      'COALESCE(quoted_contract_price, quoted_list_price',
    ],
  ]),
  ...mutationsOf('find-list-prices', [
    ['lists by the first of several tiers', 'MAX(tiers) = 1\n  AND', 'TRUE\n  AND'],
    ['lists by a price that changed', 'AND MIN(usd_amount) = MAX(usd_amount)', ''],
    ['lists by the price of another unit', 'COALESCE(pricing_unit_description = pricing_unit, FALSE)', 'TRUE'],
    [
      'lists by the price of another month',
      "'America/Los_Angeles') = missing.billing_month",
      "'America/Los_Angeles') <> '' ",
    ],
    [
      'lists by the price of another account',
      'ON export.billing_account_id = missing.billing_account_id\n      AND',
      'ON TRUE AND',
    ],
    ['lists by the price of another SKU', 'AND export.sku_id = missing.sku_id', ''],
    [
      'takes a listed price for that of one unit',
      'CAST(MIN(usd_amount) AS BIGNUMERIC) / MIN(per_units)',
      'CAST(MIN(usd_amount) AS BIGNUMERIC)',
    ],
    ['lists by negative prices', 'AND MIN(usd_amount) >= 0', ''],
  ]),
];
