import { mutationsOf, type Mutation } from './mutation.ts';

const REMARKS = [
  ['cost that is missing', 'WHERE is_cost_missing'],
  ['currency that is missing', "WHERE currency = 'XXX'"],
  ['rate that is missing', "WHERE currency <> 'USD' AND NOT COALESCE(conversion_rate > 0, FALSE)"],
  ['SKU that is missing', "WHERE sku_id IS NULL AND COALESCE(cost_type, 'regular') = 'regular'"],
  ['service that nobody knows', 'WHERE service.service_name IS NULL'],
  ['pricing unit that nobody knows', 'WHERE NOT unit.is_known\n'],
  ['used unit that nobody knows', 'WHERE NOT unit.is_known AND source.usage_unit'],
  ['kind of cost that nobody knows', 'WHERE source.cost_type IS NOT NULL AND known.value IS NULL'],
  ['adjustment that nobody knows', 'WHERE source.adjustment_type IS NOT NULL AND known.value IS NULL'],
  ['kind of sale that nobody knows', 'WHERE source.transaction_type IS NOT NULL AND known.value IS NULL'],
  ['credit that nobody knows', 'WHERE credit.type IS NOT NULL AND known.value IS NULL'],
  ['price that cannot be derived', "charge.charge_category = 'Adjustment'\n"],
  ['price that differs from the quoted one', 'source.quoted_contract_price > 0\n'],
  ['list price that is missing', 'WHERE price.is_list_price_missing'],
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
  ...mutationsOf('report-quality', [
    ['counts findings wrongly', "CONCAT(CAST(COUNT(*) AS STRING), ' rows: ', value)", "CONCAT('1', ' rows: ', value)"],
  ]),
];
