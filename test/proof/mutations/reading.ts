import { mutationsOf, type Mutation } from './mutation.ts';

const HASHED = [
  ...[
    'billing_account_id',
    'service',
    'sku',
    'usage_start_time',
    'usage_end_time',
    'project',
    'labels',
    'system_labels',
  ],
  ...['location', 'resource', 'tags', 'price', 'export_time', 'cost', 'currency', 'currency_conversion_rate', 'usage'],
  ...['credits', 'invoice', 'cost_type', 'adjustment_info', 'cost_at_list', 'transaction_type', 'seller_name'],
  ...['subscription', 'cost_at_effective_price_default', 'cost_at_list_consumption_model'],
];

/** Text columns in which nothing and blanks are the same. */
const BLANK_AS_NULL = [
  ...['usage.unit', 'usage.pricing_unit', 'sku.id', 'project.id', 'project.name', 'location.location', 'location.zone'],
  ...['resource.name', 'resource.global_name', 'seller_name', 'adjustment_info.description'],
];

/** Steps that read the export: money, keys, texts, credits and tags. */
export const READING: readonly Mutation[] = [
  ...mutationsOf('refuse-unreadable-periods', [
    [
      'takes any text for a month',
      'WHERE NOT REGEXP_CONTAINS(period.invoice_month',
      'WHERE FALSE AND NOT REGEXP_CONTAINS(period.invoice_month',
    ],
    ['rebuilds months of which rows have expired', 'INTERVAL 730 DAY)', 'INTERVAL 7300 DAY)'],
  ]),
  ...mutationsOf('refuse-unreadable-costs', [
    ['takes NaN for a cost', '(IS_NAN(export.cost) OR ABS(export.cost) >= 1e30)', 'ABS(export.cost) >= 1e30'],
    ['takes infinity for a cost', 'ABS(export.cost) >= 1e30', 'FALSE'],
    ['takes NaN for a credit', '(IS_NAN(credit.amount) OR ABS(credit.amount) >= 1e30)', 'ABS(credit.amount) >= 1e30'],
    ['takes infinity for a credit', 'ABS(credit.amount) >= 1e30', 'FALSE'],
  ]),
  ...HASHED.map((column): Mutation => ({
    rule: `takes rows for equal that differ in ${column}`,
    step: 'read-source-rows',
    from: `        TO_JSON_STRING(export.${column}),\n`,
    to: '',
  })),
  ...BLANK_AS_NULL.map((column): Mutation => ({
    rule: `takes a blank ${column} for one`,
    step: 'read-source-rows',
    from: `IF(TRIM(${column}) = '', NULL, ${column}) AS`,
    to: `${column} AS`,
  })),
  ...mutationsOf('read-source-rows', [
    [
      'keys rows by the run that loaded them',
      'TO_JSON_STRING(export.billing_account_id),',
      'export.x_run_id, TO_JSON_STRING(export.billing_account_id),',
    ],
    [
      'gives equal rows one key',
      "CONCAT(row_hash, '-', CAST(ROW_NUMBER() OVER (PARTITION BY row_hash) AS STRING)) AS row_key",
      "CONCAT(row_hash, '-1') AS row_key",
    ],
    [
      'reads rows of other accounts',
      'period.billing_account_id = export.billing_account_id AND period.invoice_month',
      'period.invoice_month',
    ],
    [
      'reads rows of other months',
      'period.billing_account_id = export.billing_account_id AND period.invoice_month IS NOT DISTINCT FROM export.invoice.month',
      'period.billing_account_id = export.billing_account_id',
    ],
    [
      'leaves out rows without an invoice month',
      'period.invoice_month IS NOT DISTINCT FROM export.invoice.month',
      'period.invoice_month = export.invoice.month',
    ],
    [
      'bills rows without an invoice month in UTC months',
      "TIMESTAMP(ingestion_date)), 'America/Los_Angeles')",
      "TIMESTAMP(ingestion_date)), 'UTC')",
    ],
    [
      'bills rows without an invoice month when they were exported',
      'COALESCE(usage_start_time, export_time,',
      'COALESCE(export_time,',
    ],
    [
      'takes no currency for dollars',
      "COALESCE(currency, 'XXX')) AS currency",
      "COALESCE(currency, 'USD')) AS currency",
    ],
    [
      'keeps a blank currency',
      "IF(TRIM(currency) = '', 'XXX', COALESCE(currency, 'XXX')) AS currency",
      "COALESCE(currency, 'XXX') AS currency",
    ],
    [
      'keeps the binary tail of a cost',
      "COALESCE(CAST(CAST(cost AS STRING) AS BIGNUMERIC), BIGNUMERIC '0') AS cost",
      'CAST(COALESCE(cost, 0) AS BIGNUMERIC) AS cost',
    ],
    ['reports no missing cost', 'cost IS NULL AS is_cost_missing', 'FALSE AS is_cost_missing'],
    [
      'fails on a list cost that is no number',
      'SAFE_CAST(CAST(cost_at_list AS STRING) AS BIGNUMERIC)',
      'CAST(CAST(cost_at_list AS STRING) AS BIGNUMERIC)',
    ],
    [
      'keeps the binary tail of a list cost',
      'SAFE_CAST(CAST(cost_at_list AS STRING) AS BIGNUMERIC)',
      'SAFE_CAST(cost_at_list AS BIGNUMERIC)',
    ],
    [
      'keeps the binary tail of a rate',
      'SAFE_CAST(CAST(currency_conversion_rate AS STRING) AS BIGNUMERIC)',
      'SAFE_CAST(currency_conversion_rate AS BIGNUMERIC)',
    ],
    [
      'keeps the binary tail of a quantity',
      'SAFE_CAST(CAST(usage.amount AS STRING) AS BIGNUMERIC)',
      'SAFE_CAST(usage.amount AS BIGNUMERIC)',
    ],
    [
      'keeps the binary tail of a priced quantity',
      'SAFE_CAST(CAST(usage.amount_in_pricing_units AS STRING) AS BIGNUMERIC)',
      'SAFE_CAST(usage.amount_in_pricing_units AS BIGNUMERIC)',
    ],
    [
      'fails on a quantity that is no number',
      'SAFE_CAST(CAST(usage.amount AS STRING) AS BIGNUMERIC)',
      'CAST(CAST(usage.amount AS STRING) AS BIGNUMERIC)',
    ],
    ['names a charge without a service otherwise', "'Invoice')", "'Other')"],
    [
      'forgets the id of a service without a name',
      "COALESCE(IF(TRIM(service.description) = '', NULL, service.description), IF(TRIM(service.id) = '', NULL, service.id), 'Invoice')",
      "COALESCE(IF(TRIM(service.description) = '', NULL, service.description), 'Invoice')",
    ],
    [
      'takes a blank service name for one',
      "COALESCE(IF(TRIM(service.description) = '', NULL, service.description),",
      'COALESCE(service.description,',
    ],
    [
      'takes a blank service id for one',
      "IF(TRIM(service.id) = '', NULL, service.id) AS service_id",
      'service.id AS service_id',
    ],
    [
      'takes a blank SKU text for one',
      "IF(TRIM(sku.description) = '', NULL, sku.description) AS sku_description",
      "COALESCE(sku.description, '') AS sku_description",
    ],
    [
      'takes the whole world for a region',
      "IF(TRIM(location.region) = '' OR location.region = 'global', NULL, location.region)",
      "IF(TRIM(location.region) = '', NULL, location.region)",
    ],
    [
      'takes a blank region for one',
      "IF(TRIM(location.region) = '' OR location.region = 'global', NULL, location.region)",
      "IF(location.region = 'global', NULL, location.region)",
    ],
    ['forgets that a zone names its region', "REGEXP_EXTRACT(location.zone, r'^(.+)-[a-z0-9]+$'),", ''],
    ['takes a zone for a region', String.raw`REGEXP_EXTRACT(location.location, r'^([a-z]+-[a-z]+\d+)-[a-z]$'),`, ''],
    [
      'takes every place for a region',
      String.raw`place.region_id IS NOT NULL OR (LOWER(location.location) <> 'global' AND REGEXP_CONTAINS(location.location, r'\d$|-'))`,
      'TRUE',
    ],
    [
      'knows listed places only',
      String.raw`OR (LOWER(location.location) <> 'global' AND REGEXP_CONTAINS(location.location, r'\d$|-'))`,
      '',
    ],
    ['takes the default price model for a special one', "OR consumption_model.description = 'Default'", 'OR FALSE'],
    [
      'takes the quoted list price for the contracted one',
      'price.effective_price_default AS quoted_contract_price',
      'price.list_price AS quoted_contract_price',
    ],
    [
      'takes the contracted price for the list price',
      'price.list_price AS quoted_list_price',
      'price.effective_price_default AS quoted_list_price',
    ],
    [
      'leaves the tier out',
      'price.tier_start_amount AS tier_start_amount',
      'CAST(NULL AS NUMERIC) AS tier_start_amount',
    ],
    [
      'swaps the units',
      "IF(TRIM(usage.unit) = '', NULL, usage.unit) AS usage_unit",
      "IF(TRIM(usage.pricing_unit) = '', NULL, usage.pricing_unit) AS usage_unit",
    ],
  ]),
  ...mutationsOf('read-credits', [
    ['lowers rows by promotions', "credit.type = 'PROMOTION' AND credit.type IS NOT NULL", 'FALSE'],
    ['makes rows of every credit', "credit.type = 'PROMOTION' AND credit.type IS NOT NULL", 'TRUE'],
    ['makes rows of free tiers', "credit.type = 'PROMOTION' AND", "credit.type IN ('PROMOTION', 'FREE_TIER') AND"],
    [
      'loses credits without a type',
      "credit.type = 'PROMOTION' AND credit.type IS NOT NULL",
      "credit.type = 'PROMOTION'",
    ],
    [
      'keeps the binary tail of a credit',
      "COALESCE(CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC), BIGNUMERIC '0')",
      'CAST(COALESCE(credit.amount, 0) AS BIGNUMERIC)',
    ],
    [
      'loses credits',
      'CROSS JOIN UNNEST(source.credits) AS credit WITH OFFSET AS credit_offset',
      'CROSS JOIN UNNEST(source.credits) AS credit WITH OFFSET AS credit_offset WHERE credit_offset = 0',
    ],
    ['counts credits from nought', 'credit_offset + 1 AS ordinal', 'credit_offset AS ordinal'],
  ]),
  ...mutationsOf('merge-tags', [
    [
      'lets project labels win over labels',
      'label.value AS value, 2 AS nearness',
      'label.value AS value, 0 AS nearness',
    ],
    [
      'lets the last of two equal keys win',
      'ORDER BY nearness, position) = 1',
      'ORDER BY nearness, position DESC) = 1',
    ],
    [
      'writes Resource Manager tags without their prefix',
      "CONCAT('gcp_tag/', COALESCE(tag.namespace, ''), '/', tag.key) AS key",
      'tag.key AS key',
    ],
    ['loses tags without a namespace', "COALESCE(tag.namespace, '')", 'tag.namespace'],
    ['writes system labels without their prefix', "CONCAT('gcp_system/', label.key) AS key", 'label.key AS key'],
    ['writes keys in another order', "',' ORDER BY key)", "',' ORDER BY key DESC)"],
    [
      'writes a tag without a value as an empty one',
      "IF(value IS NULL, 'true', TO_JSON_STRING(value))",
      'IF(value IS NULL, \'""\', TO_JSON_STRING(value))',
    ],
    [
      'takes an empty value for none',
      "IF(value IS NULL, 'true', TO_JSON_STRING(value))",
      "IF(COALESCE(value, '') = '', 'true', TO_JSON_STRING(value))",
    ],
    [
      'does not escape what customers write',
      "IF(value IS NULL, 'true', TO_JSON_STRING(value))",
      "IF(value IS NULL, 'true', CONCAT('\"', value, '\"'))",
    ],
    [
      'forgets unused reservations',
      "'gcp_system/compute.googleapis.com/is_unused_reservation'",
      "'compute.googleapis.com/is_unused_reservation'",
    ],
    [
      'forgets reservations',
      "'gcp_system/compute.googleapis.com/reservation_name'",
      "'compute.googleapis.com/reservation_name'",
    ],
    [
      'forgets whose a reservation is',
      "'gcp_system/compute.googleapis.com/reservation_project_id'",
      "'compute.googleapis.com/reservation_project_id'",
    ],
  ]),
];
