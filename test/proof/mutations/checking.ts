import { mutationsOf, type Mutation } from './mutation.ts';

const REMARKS = [
  ['cost that is missing', 'WHERE is_cost_missing'],
  ['currency that is missing', "WHERE currency = 'XXX'"],
  ['rate that is missing', "WHERE currency <> 'USD' AND NOT COALESCE(conversion_rate > 0, FALSE)"],
  ['SKU that is missing', "WHERE is_sku_missing AND COALESCE(cost_type, 'regular') = 'regular'"],
  ['service that nobody knows', 'WHERE service.service_name IS NULL'],
  ['pricing unit that nobody knows', 'WHERE NOT unit.is_known\n'],
  ['used unit that nobody knows', 'WHERE NOT unit.is_known AND source.usage_unit'],
  ['credit that nobody knows', 'WHERE credit.type IS NOT NULL AND known.value IS NULL'],
  ['price that cannot be derived', "charge.charge_category = 'Adjustment'\n"],
  ['price that differs from the quoted one', 'source.quoted_contract_price > 0\n'],
  ['list price that is missing', 'WHERE price.is_list_price_missing'],
  ['correction without a quantity', 'WHERE charge.is_priced AND charge.pricing_quantity IS NULL'],
  ['account without a name', 'WHERE account.account_name IS NULL'],
  ['tag that is there twice', 'WHERE tags.repeated_key IS NOT NULL'],
  ['region that nobody knows', 'WHERE written.is_row AND written.region_id IS NOT NULL AND known.region_id IS NULL'],
  ['list price below the contracted one', 'WHERE is_list_below_contracted'],
  ['cost above what was contracted', 'WHERE is_contracted_below_effective'],
  ['use of long ago', 'WHERE is_row AND is_old'],
  ['month whose first rows are there no more', "WHERE PARSE_DATE('%Y%m', billing_month) <"],
  ['row that two kinds of commitments covered', "covered_use.commitment_model = 'resource'\n"],
] as const;

/** Steps that check and report. */
export const CHECKING: readonly Mutation[] = [
  {
    rule: 'writes less money than was exported',
    step: 'reconcile',
    from: 'WHERE source_amount <> focus_amount',
    to: 'WHERE FALSE',
    guards: {
      step: 'insert-focus-rows',
      from: '  billed_cost AS BilledCost,',
      to: "  IF(window_key IS NULL, billed_cost - BIGNUMERIC '1e-38', billed_cost) AS BilledCost,",
    },
  },
  {
    rule: 'writes fewer rows than were exported',
    step: 'reconcile',
    from: 'WHERE source_rows <> focus_rows',
    to: 'WHERE FALSE',
    guards: {
      step: 'insert-focus-rows',
      from: 'FROM named_parts AS part\nLEFT JOIN',
      to: 'FROM (SELECT * FROM named_parts WHERE billed_cost <> 0 OR window_key IS NOT NULL) AS part\nLEFT JOIN',
    },
  },
  {
    rule: 'loses money of a commitment',
    step: 'check-commitments',
    from: 'WHERE purchased <> amortised',
    to: 'WHERE FALSE',
    guards: {
      step: 'insert-focus-rows',
      from: '  effective_cost AS EffectiveCost,',
      to: "  IF(commitment_status = 'Used', effective_cost * BIGNUMERIC '0.5', effective_cost) AS EffectiveCost,",
    },
  },
  ...REMARKS.map(([what, where]): Mutation => ({
    rule: `reports no ${what}`,
    step: 'report-quality',
    from: where,
    to: where.startsWith('WHERE') ? where.replace('WHERE', 'WHERE FALSE AND') : `FALSE AND ${where}`,
  })),
  ...['cost_type', 'adjustment_type', 'adjustment_mode', 'transaction_type', 'publisher_type'].map(
    (column): Mutation => ({
      rule: `reports no ${column} that nobody knows`,
      step: 'report-quality',
      from: `kind.${column}${column === 'cost_type' ? ' AS value' : ''}, 'converted`,
      to: `CAST(NULL AS STRING)${column === 'cost_type' ? ' AS value' : ''}, 'converted`,
    }),
  ),
  ...mutationsOf('report-quality', [
    ['lets services be renamed in silence', 'HAVING COUNT(*) > 1', 'HAVING FALSE'],
    ['takes any share of Other', "IF(other_cost * BIGNUMERIC '100' < all_cost OR other_cost = 0,", 'IF(TRUE,'],
    ['calls use old after a year', 'INTERVAL 396 DAY', 'INTERVAL 10 DAY'],
    [
      'counts findings wrongly',
      "CONCAT(CAST(SUM(row_count) AS STRING), ' rows: ', value)",
      "CONCAT('1', ' rows: ', value)",
    ],
  ]),
  ...mutationsOf('compare-native-export', [
    [
      'knows months of Pacific time alone',
      "FORMAT_TIMESTAMP('%Y%m', native.BillingPeriodStart)",
      "FORMAT_TIMESTAMP('%Y%m', native.BillingPeriodStart, 'America/Los_Angeles')",
    ],
    ['compares other months as well', 'AND period.invoice_month = money.invoice_month', ''],
    [
      'leaves Google no cent',
      "> BIGNUMERIC '0.01' AS differs\n    FROM money",
      "> BIGNUMERIC '0.001' AS differs\n    FROM money",
    ],
    ['sees no difference to Google', 'MIN(IF(differs, charge_day, NULL))', 'MIN(IF(FALSE, charge_day, NULL))'],
  ]),
];
