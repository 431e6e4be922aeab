import { mutationsOf, type Mutation } from './mutation.ts';

const ACCOUNT_AND_MONTH =
  'period.billing_account_id = focus.BillingAccountId AND period.invoice_month IS NOT DISTINCT FROM focus.x_InvoiceMonth';

/** Steps that write FOCUS rows. */
export const WRITING: readonly Mutation[] = [
  ...mutationsOf('split-charges', [
    ['loses promotions', 'FROM row_credits\nWHERE is_promotion;', 'FROM row_credits\nWHERE FALSE;'],
    [
      'keeps promotions among the credits of their row',
      'FROM row_credits\n    WHERE NOT is_promotion',
      'FROM row_credits\n    WHERE TRUE',
    ],
    ['calls promotions recurring', "  'One-Time' AS charge_frequency,\n", "  'Recurring' AS charge_frequency,\n"],
    ['calls promotions adjustments', "  'Credit' AS charge_category,\n", "  'Adjustment' AS charge_category,\n"],
    ['lists promotions at nothing', '  amount AS list_cost,\n', "  BIGNUMERIC '0' AS list_cost,\n"],
    ['contracts promotions at nothing', '  amount AS contracted_cost,\n', "  BIGNUMERIC '0' AS contracted_cost,\n"],
    [
      'describes promotions by their long name',
      "COALESCE(NULLIF(TRIM(name), ''), NULLIF(TRIM(full_name), ''), id, type)",
      "COALESCE(NULLIF(TRIM(full_name), ''), NULLIF(TRIM(name), ''), id, type)",
    ],
    [
      'describes promotions by blanks',
      "NULLIF(TRIM(name), ''), NULLIF(TRIM(full_name), '')",
      "name, NULLIF(TRIM(full_name), '')",
    ],
    ['lists credits in another order', 'ORDER BY ordinal)', 'ORDER BY ordinal DESC)'],
  ]),
  ...mutationsOf('replace-focus-rows', [
    ['appends to what is there', ACCOUNT_AND_MONTH, `${ACCOUNT_AND_MONTH} AND FALSE`],
    ['deletes rows of other months', ACCOUNT_AND_MONTH, 'period.billing_account_id = focus.BillingAccountId'],
    [
      'deletes rows of other accounts',
      ACCOUNT_AND_MONTH,
      'period.invoice_month IS NOT DISTINCT FROM focus.x_InvoiceMonth',
    ],
    ['deletes rows of other providers', "focus.ProviderName = 'Google Cloud'\n  AND", 'TRUE\n  AND'],
  ]),
  ...mutationsOf('insert-focus-rows', [
    [
      'starts billing periods in UTC',
      "TIMESTAMP(DATETIME(PARSE_DATE('%Y%m', source.billing_month)), 'America/Los_Angeles') AS billing_period_start",
      "TIMESTAMP(DATETIME(PARSE_DATE('%Y%m', source.billing_month)), 'UTC') AS billing_period_start",
    ],
    [
      'starts billing periods at a fixed distance to UTC',
      "TIMESTAMP(DATETIME(PARSE_DATE('%Y%m', source.billing_month)), 'America/Los_Angeles') AS billing_period_start",
      "TIMESTAMP(DATETIME(PARSE_DATE('%Y%m', source.billing_month)), 'America/Phoenix') AS billing_period_start",
    ],
    [
      'ends billing periods in UTC',
      "INTERVAL 1 MONTH)), 'America/Los_Angeles') AS billing_period_end",
      "INTERVAL 1 MONTH)), 'UTC') AS billing_period_end",
    ],
    ['ends billing periods on their last day', 'INTERVAL 1 MONTH)), ', 'INTERVAL 30 DAY)), '],
    [
      'takes empty spans for charge periods',
      'COALESCE(source.usage_end_time > source.usage_start_time, FALSE)',
      'COALESCE(source.usage_end_time >= source.usage_start_time, FALSE)',
    ],
    [
      'takes every span for a charge period',
      'COALESCE(source.usage_end_time > source.usage_start_time, FALSE)',
      'COALESCE(source.usage_end_time, source.usage_start_time) IS NOT NULL',
    ],
    [
      'prices in the billing currency',
      "IF(source.currency = 'USD' OR COALESCE(source.conversion_rate > 0, FALSE), 'USD', source.currency) AS pricing_currency",
      'source.currency AS pricing_currency',
    ],
    [
      'prices in dollars without a rate',
      "IF(source.currency = 'USD' OR COALESCE(source.conversion_rate > 0, FALSE), 'USD', source.currency) AS pricing_currency",
      "'USD' AS pricing_currency",
    ],
    [
      'converts dollars to dollars',
      "IF(source.currency <> 'USD' AND COALESCE(source.conversion_rate > 0, FALSE), source.conversion_rate, BIGNUMERIC '1')",
      "IF(COALESCE(source.conversion_rate > 0, FALSE), source.conversion_rate, BIGNUMERIC '1')",
    ],
    [
      'converts nothing',
      "IF(source.currency <> 'USD' AND COALESCE(source.conversion_rate > 0, FALSE), source.conversion_rate, BIGNUMERIC '1')",
      "BIGNUMERIC '1'",
    ],
    ['multiplies costs by the rate', 'effective_cost / pricing_rate)', 'effective_cost * pricing_rate)'],
    [
      'multiplies contracted prices by the rate',
      'contracted_unit_price / pricing_rate)',
      'contracted_unit_price * pricing_rate)',
    ],
    ['multiplies list prices by the rate', 'list_unit_price / pricing_rate)', 'list_unit_price * pricing_rate)'],
    [
      'takes Google for every seller',
      "IF(STARTS_WITH(COALESCE(source.transaction_type, ''), 'THIRD_PARTY'), COALESCE(source.seller_name, 'Google Cloud'), 'Google Cloud')",
      "'Google Cloud'",
    ],
    [
      'takes a named seller for one of a third party',
      "IF(STARTS_WITH(COALESCE(source.transaction_type, ''), 'THIRD_PARTY'), COALESCE(source.seller_name, 'Google Cloud'), 'Google Cloud')",
      "COALESCE(source.seller_name, 'Google Cloud')",
    ],
    [
      'names no seller where none is known',
      "COALESCE(source.seller_name, 'Google Cloud'), 'Google Cloud') AS seller",
      "source.seller_name, 'Google Cloud') AS seller",
    ],
    [
      'names resources by their mutable name',
      'COALESCE(source.resource_global_name, source.resource_name) AS resource_id',
      'COALESCE(source.resource_name, source.resource_global_name) AS resource_id',
    ],
    [
      'knows no resource without a global name',
      'COALESCE(source.resource_global_name, source.resource_name) AS resource_id',
      'source.resource_global_name AS resource_id',
    ],
    [
      'shows numbers as names',
      String.raw`IF(resource_name = resource_id OR REGEXP_CONTAINS(resource_name, r'(?:^|/)\d+$'), NULL, resource_name)`,
      'IF(resource_name = resource_id, NULL, resource_name)',
    ],
    [
      'shows ids as names',
      String.raw`IF(resource_name = resource_id OR REGEXP_CONTAINS(resource_name, r'(?:^|/)\d+$'), NULL, resource_name)`,
      String.raw`IF(REGEXP_CONTAINS(resource_name, r'(?:^|/)\d+$'), NULL, resource_name)`,
    ],
    [
      'knows no listed resource type',
      'WHEN known.resource_type IS NOT NULL THEN known.resource_type',
      "WHEN FALSE THEN ''",
    ],
    [
      'writes resource types in the plural',
      String.raw`r'(?:(ss|x|ch|sh)es|([^s])s)$', r'\1\2'`,
      String.raw`r'(?:(ss|x|ch|sh)es|([^s])s)$', r'\0'`,
    ],
    ['writes resource types of -ies without a y', "r'ies$', 'ys'", "r'ies$', 'is'"],
    [
      'looks for reservations in no zone',
      "COALESCE(source.zone, source.location, '-')",
      "COALESCE(source.location, '-')",
    ],
    [
      'takes the using project for the owner of a reservation',
      "COALESCE(tags.reservation_project_id, source.project_id, '-')",
      "COALESCE(source.project_id, '-')",
    ],
    [
      'takes unused reservations for used ones',
      "WHEN is_unused_reservation = 'true' THEN 'Unused'",
      "WHEN FALSE THEN 'Unused'",
    ],
    [
      'writes one price id for all tiers',
      "CONCAT(\n        source.sku_id, '/', COALESCE(CAST(source.tier_start_amount AS STRING), '0'),",
      "CONCAT(\n        source.sku_id, '/0',",
    ],
    [
      'writes one price id for all price models',
      "IF(source.special_consumption_model IS NULL OR source.consumption_model_id IS NULL, '', CONCAT('/', source.consumption_model_id))",
      "''",
    ],
    [
      'leaves the tier out of price details',
      "'\"x_TierStartAmount\":', COALESCE(CAST(source.tier_start_amount AS STRING), '0'),",
      '\'"x_TierStartAmount":0\',',
    ],
    [
      'leaves the price model out of price details',
      "CONCAT('\"x_ConsumptionModelDescription\":', TO_JSON_STRING(source.special_consumption_model), ',')",
      "''",
    ],
    ['leaves the machine series out', "CONCAT('\"InstanceSeries\":', TO_JSON_STRING(sku.instance_series), ',')", "''"],
    ['leaves the storage class out', "CONCAT('\"StorageClass\":', TO_JSON_STRING(sku.storage_class), ',')", "''"],
    [
      'puts unknown services elsewhere',
      "COALESCE(service.service_category, 'Other')",
      "COALESCE(service.service_category, 'Compute')",
    ],
    [
      'shows zones outside of any region',
      'IF(part.region_id IS NULL, NULL, zone) AS AvailabilityZone',
      'part.region_id AS AvailabilityZone',
    ],
    [
      'describes adjustments by their SKU',
      "IF(charge_category IN ('Adjustment', 'Credit'), adjustment_description, NULL), sku_description",
      'sku_description',
    ],
    [
      'describes use by its adjustment',
      "IF(charge_category IN ('Adjustment', 'Credit'), adjustment_description, NULL), sku_description",
      'adjustment_description, sku_description',
    ],
    [
      'describes promotions by their SKU',
      'COALESCE(credit_description, IF(charge_category',
      'COALESCE(IF(charge_category',
    ],
    [
      'starts every charge with its month',
      'IF(has_charge_period, usage_start_time, billing_period_start)',
      'billing_period_start',
    ],
    [
      'ends every charge with its month',
      'IF(has_charge_period, usage_end_time, billing_period_end)',
      'billing_period_end',
    ],
    ['prices everything as standard', "COALESCE(sku_pricing_category, 'Standard')", "'Standard'"],
    ['names unknown pricing units nothing', "COALESCE(pricing_name.focus_unit, 'Units')", 'pricing_name.focus_unit'],
    ['names unknown consumed units nothing', "COALESCE(consumed_name.focus_unit, 'Units')", 'consumed_name.focus_unit'],
    ['shows SKUs of what has no price', 'IF(is_priced, sku_id, NULL) AS SkuId', 'sku_id AS SkuId'],
    [
      'shows price ids of what has no price',
      'IF(is_priced, sku_price_id, NULL) AS SkuPriceId',
      'sku_price_id AS SkuPriceId',
    ],
    ['shows no meter where a SKU has no text', 'COALESCE(sku_meter, service_name)', 'sku_meter'],
    ['names projects by their id', 'COALESCE(project_name, project_id)', 'project_id'],
    ['names only projects with a name', 'COALESCE(project_name, project_id)', 'project_name'],
    ['shows no invoice month', 'invoice_month AS x_InvoiceMonth', 'billing_month AS x_InvoiceMonth'],
    ['names accounts by their id', 'COALESCE(account_name, billing_account_id)', 'billing_account_id'],
    ['knows no region by name', 'COALESCE(region_name, part.region_id)', 'part.region_id'],
    ['names only listed regions', 'COALESCE(region_name, part.region_id)', 'region_name'],
  ]),
  ...mutationsOf('name-accounts', [
    [
      'names accounts by their oldest list',
      'ORDER BY ingestion_date DESC, account_name IS NULL',
      'ORDER BY ingestion_date, account_name IS NULL',
    ],
    ['takes subaccounts for accounts', "COALESCE(TRIM(listed.masterBillingAccount) <> '', FALSE) OR", 'FALSE OR'],
    ['finds no account by its name', "REGEXP_REPLACE(listed.name, r'^billingAccounts/', '')", 'listed.name'],
  ]),
  ...mutationsOf('clear-dirty-periods', [
    [
      'clears marks of other accounts',
      'period.billing_account_id = dirty.billing_account_id\n      AND',
      'TRUE\n      AND',
    ],
    ['clears marks of other months', 'AND period.invoice_month IS NOT DISTINCT FROM dirty.invoice_month', ''],
    [
      'keeps marks without a month',
      'period.invoice_month IS NOT DISTINCT FROM dirty.invoice_month',
      'period.invoice_month = dirty.invoice_month',
    ],
  ]),
];
