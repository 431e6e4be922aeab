import { mutationsOf, type Mutation } from './mutation.ts';

/** Steps that spread what commitments cost over what they cover. */
export const COMMITTING: readonly Mutation[] = [
  {
    rule: 'takes subscriptions of the marketplace for commitments',
    step: 'find-subscriptions',
    from: "      AND NOT STARTS_WITH(COALESCE(source.transaction_type, ''), 'THIRD_PARTY')\n",
    to: '',
    // Two steps say it: what the first leaves out, the second would not find.
    also: {
      step: 'classify-charges',
      from: "      AND NOT STARTS_WITH(COALESCE(source.transaction_type, ''), 'THIRD_PARTY')\n",
      to: '',
    },
  },
  ...mutationsOf('find-subscriptions', [
    ['knows no subscription by its price model', 'source.special_consumption_model IS NOT NULL OR', 'FALSE OR'],
    [
      'forgets the names of commitments',
      'listed.commitment_name\nFROM known',
      'CAST(NULL AS STRING) AS commitment_name\nFROM known',
    ],
  ]),
  ...mutationsOf('classify-charges', [
    [
      'takes fees of resources for fees of money',
      "WHEN sku.commitment_fee = 'Usage' THEN 'resource'",
      "WHEN sku.commitment_fee = 'Usage' THEN 'spend'",
    ],
    [
      'knows no older fee of money',
      "WHEN sku.commitment_fee = 'Spend' THEN 'spend'",
      "WHEN sku.commitment_fee = 'Spend' THEN NULL",
    ],
    [
      'knows no use that a resource commitment covers',
      "WHEN credits.has_resource_credit THEN 'resource'",
      "WHEN FALSE THEN 'resource'",
    ],
    [
      'knows no use that an older commitment covers',
      "WHEN credits.has_spend_credit THEN 'spend'",
      "WHEN FALSE THEN 'spend'",
    ],
    [
      'takes fees of subscriptions for use',
      "IF(source.special_consumption_model IS NULL, 'subscription', NULL)",
      'NULL',
    ],
    [
      'takes use of subscriptions for plain use',
      "IF(source.special_consumption_model IS NULL, NULL, 'subscription')",
      'NULL',
    ],
  ]),
  ...mutationsOf('find-commitments', [
    [
      'binds commitments to a multi-region',
      String.raw`REGEXP_EXTRACT(source.region_id, r'^[a-z]+-[a-z]+\d+$')`,
      'source.region_id',
    ],
    [
      'names older commitments without their region',
      "IF(region = '', 'global', region), '/', sku_id)",
      "'global', '/', sku_id)",
    ],
    [
      'names older commitments without their account',
      "CONCAT(billing_account_id, '/', IF(region",
      "CONCAT('/', IF(region",
    ],
    [
      'counts what was committed less what came back',
      "WHEN 'subscription' THEN cost\n",
      "WHEN 'subscription' THEN amount\n",
    ],
    [
      'counts resources in money',
      "commitment_model = 'resource',\n        COALESCE(MIN(resource_unit)",
      'FALSE,\n        COALESCE(MIN(resource_unit)',
    ],
    [
      'takes every fee for one of an hour',
      'WHEN source.usage_end_time > source.usage_start_time THEN source.usage_end_time',
      'WHEN FALSE THEN source.usage_end_time',
    ],
    ['forgets credits of fees', 'SUM(amount) AS fee_amount', 'SUM(cost) AS fee_amount'],
  ]),
  ...mutationsOf('cover-usage', [
    [
      'covers more than the whole of a row',
      "LEAST(SAFE_DIVIDE(covered_cost, NULLIF(cost, BIGNUMERIC '0')), BIGNUMERIC '1')",
      "SAFE_DIVIDE(covered_cost, NULLIF(cost, BIGNUMERIC '0'))",
    ],
    [
      'covers whole rows',
      "LEAST(SAFE_DIVIDE(covered_cost, NULLIF(cost, BIGNUMERIC '0')), BIGNUMERIC '1')",
      "BIGNUMERIC '1'",
    ],
    ['lets credits cover that raise a cost', 'WHERE covered_part > 0', 'WHERE covered_part <> 0'],
    [
      'rounds what is covered',
      'ROUND(pricing_quantity * covered_cost / cost, 18)',
      'ROUND(pricing_quantity * covered_cost / cost, 2)',
    ],
    [
      'rounds what is consumed of it',
      'ROUND(consumed_quantity * covered_cost / cost, 18)',
      'ROUND(consumed_quantity, 18)',
    ],
  ]),
  ...mutationsOf('match-commitments', [
    [
      'lets the first of several hours pay for all',
      'GENERATE_ARRAY(kind.use_hour, kind.use_hour + kind.use_hours - 1)',
      'GENERATE_ARRAY(kind.use_hour, kind.use_hour)',
    ],
    ['lets one fee pay for several hours', "IF(use_hours > 1, window_key, '')", "''"],
    ['pays for use of other subscriptions', 'IF(paid.commitment_id = kind.subscription_id, 0, NULL)', '0'],
    [
      'pays for use in other regions',
      "WHEN paid.region <> kind.region AND paid.region <> '' AND kind.region <> '' THEN NULL",
      'WHEN FALSE THEN NULL',
    ],
    [
      'pays for other resources',
      "WHEN paid.resource <> kind.resource AND paid.resource <> '' AND kind.resource <> '' THEN NULL",
      'WHEN FALSE THEN NULL',
    ],
    [
      'pays for other series',
      "WHEN paid.series <> kind.series AND paid.series <> '' AND kind.series <> '' THEN NULL",
      'WHEN FALSE THEN NULL',
    ],
    ['pays for use in other hours', '      AND paid.paid_hour = used_hour\n', ''],
    [
      'asks every commitment that fits',
      'QUALIFY RANK() OVER (PARTITION BY use_kind, use_hour ORDER BY misfit) = 1',
      'QUALIFY RANK() OVER (PARTITION BY use_kind, use_hour ORDER BY misfit) > 0',
    ],
    [
      'lets all commitments pay alike',
      "GREATEST(IF(paid.commitment_model = 'resource', paid.commitment_quantity, paid.fee_amount), BIGNUMERIC '0') AS size",
      "BIGNUMERIC '1' AS size",
    ],
  ]),
  ...mutationsOf('read-committed-costs', [
    [
      'takes any listed amount for money',
      "REGEXP_CONTAINS(listed.amount_unit, r'(?i)^(?:\\$|usd) ?/ ?h(?:ou)?r?$')",
      'TRUE',
    ],
    ['takes the first of two listed commitments', 'WHERE listed_commitments = 1', 'WHERE listed_commitments > 0'],
    ['takes commitments of other regions', '      AND listed.region = paid.region\n', ''],
    [
      'takes commitments that have ended',
      "COALESCE(listed.end_time, TIMESTAMP '9999",
      "COALESCE(NULL, TIMESTAMP '9999",
    ],
    [
      'takes commitments that begin later',
      "COALESCE(listed.start_time, TIMESTAMP '0001",
      "COALESCE(NULL, TIMESTAMP '0001",
    ],
    [
      'takes dollars for the currency of the bill',
      'WHEN paid.conversion_rate > 0 THEN paid.conversion_rate',
      "WHEN TRUE THEN BIGNUMERIC '1'",
    ],
    [
      'takes the oldest list',
      'ORDER BY ingestion_date DESC, amount_value DESC',
      'ORDER BY ingestion_date, amount_value DESC',
    ],
  ]),
  ...mutationsOf('amortise-fees', [
    [
      'spreads fees of resources over money',
      "WHEN 'resource' THEN part_quantity ELSE part_cost END AS weight",
      "WHEN 'resource' THEN part_cost ELSE part_cost END AS weight",
    ],
    [
      'forgets what covered use was billed',
      "IF(commitment_model = 'subscription', amount, BIGNUMERIC '0') AS own_amount",
      "BIGNUMERIC '0' AS own_amount",
    ],
    [
      'spreads fees over all that was used',
      "ELSE GREATEST(paid_window.commitment_quantity, COALESCE(window_uses.used, BIGNUMERIC '0'))",
      "ELSE COALESCE(window_uses.used, BIGNUMERIC '0')",
    ],
    [
      'spreads fees over all that was committed to',
      "ELSE GREATEST(paid_window.commitment_quantity, COALESCE(window_uses.used, BIGNUMERIC '0'))",
      'ELSE paid_window.commitment_quantity',
    ],
    [
      'takes what exceeds the fee for unused',
      "IF(is_used AND fee_amount < 0, fee_amount, BIGNUMERIC '0')",
      "BIGNUMERIC '0'",
    ],
    ['loses the last digit of a fee', 'WHEN is_last THEN spread_amount\n', 'WHEN FALSE THEN spread_amount\n'],
    [
      'spreads fees to the cent',
      'ROUND(SAFE_DIVIDE(spread_amount * used_up_to_here, used), 20)',
      'ROUND(SAFE_DIVIDE(spread_amount * used_up_to_here, used), 2)',
    ],
  ]),
  ...mutationsOf('unused-commitments', [
    ['forgets what went unused', 'WHERE effective_cost <> 0 OR commitment_quantity <> 0', 'WHERE FALSE'],
    [
      'counts unused resources in money',
      'WHEN resource_base = commitment_quantity THEN commitment_quantity - used',
      'WHEN resource_base = commitment_quantity THEN fee_amount - spread_amount',
    ],
    [
      'leaves what use was billed with the use',
      'amount + own_up_to_here - own_before AS billed_cost',
      'amount AS billed_cost',
    ],
  ]),
  ...mutationsOf('split-charges', [
    [
      'bills covered use',
      "  BIGNUMERIC '0' AS billed_cost,\n  use.effective_cost,",
      '  use.effective_cost AS billed_cost,\n  use.effective_cost,',
    ],
    [
      'costs the purchase itself',
      "  purchase.billed_cost,\n  BIGNUMERIC '0' AS effective_cost,",
      '  purchase.billed_cost,\n  purchase.billed_cost AS effective_cost,',
    ],
    [
      'lists covered use at the whole row',
      'COALESCE(priced.list_unit_price * use.part_quantity, priced.list_cost)',
      'priced.list_cost',
    ],
    [
      'leaves the whole quantity with the remainder',
      'use.pricing_quantity - use.covered_quantity AS pricing_quantity',
      'use.pricing_quantity AS pricing_quantity',
    ],
    ['forgets remainders', 'WHERE remainder.remains', 'WHERE FALSE'],
    ['calls what went unused used', "'Unused' AS commitment_status", "'Used' AS commitment_status"],
  ]),
  ...mutationsOf('insert-focus-rows', [
    [
      'takes what was bought for the resource that used it',
      'IF(is_commitment, commitment_id, resource_id)',
      'resource_id',
    ],
    [
      'calls commitments on resources ones on money',
      "IF(commitment_model = 'resource', 'Usage',",
      "IF(FALSE, 'Usage',",
    ],
    [
      'mixes up the types of commitments',
      "IF(commitment_model = 'resource', 'Resource-based CUD',",
      "IF(FALSE, 'Resource-based CUD',",
    ],
    [
      'prices covered use as standard',
      "WHEN commitment_status IS NOT NULL THEN 'Committed'",
      "WHEN FALSE THEN 'Committed'",
    ],
    [
      'shows a purchase as what use of it is',
      "WHEN part.is_commitment THEN 'Commitment'",
      "WHEN FALSE THEN 'Commitment'",
    ],
    ['says nothing of what is not known to be unused', 'IF(is_unused_unknown, TRUE, NULL)', 'CAST(NULL AS BOOL)'],
  ]),
];
