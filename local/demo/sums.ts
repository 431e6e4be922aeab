/** Where the money of the demo stands: as exported, and as FOCUS rows. */
export interface SumTables {
  /** Export tables, `project.dataset.table`. */
  readonly exports: readonly string[];
  /** FOCUS table, `project.dataset.table`. */
  readonly focus: string;
}

export interface PeriodSum {
  readonly account: string;
  readonly month: string;
  readonly currency: string;
  readonly exported: string;
  readonly billed: string;
  readonly effective: string;
  readonly difference: string;
}

/**
 * Sums per billing account, invoice month and currency, as exact decimal text: straight from the customer's export
 * (cost and credits) and from the FOCUS rows. FLOAT64 becomes text first, so no sum has a binary tail.
 */
export function periodSumsQuery({ exports, focus }: SumTables): string {
  return `WITH money AS (
${exports.map(exportedMoney).join('\n  UNION ALL\n')}
  UNION ALL
  SELECT BillingAccountId, x_InvoiceMonth, BillingCurrency,
    BIGNUMERIC '0', BilledCost, EffectiveCost
  FROM \`${focus}\`
)
SELECT account, month, currency,
  CAST(SUM(exported) AS STRING) AS exported,
  CAST(SUM(billed) AS STRING) AS billed,
  CAST(SUM(effective) AS STRING) AS effective,
  CAST(SUM(billed) - SUM(exported) AS STRING) AS difference
FROM money
GROUP BY account, month, currency
ORDER BY account, month, currency`;
}

function exportedMoney(table: string): string {
  return `  SELECT billing_account_id AS account, invoice.month AS month, currency,
    CAST(CAST(cost AS STRING) AS BIGNUMERIC) AS exported,
    BIGNUMERIC '0' AS billed, BIGNUMERIC '0' AS effective
  FROM \`${table}\`
  UNION ALL
  SELECT billing_account_id, invoice.month, currency,
    CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC), BIGNUMERIC '0', BIGNUMERIC '0'
  FROM \`${table}\`
  CROSS JOIN UNNEST(credits) AS credit`;
}

export interface CategorySum {
  readonly category: string;
  readonly currency: string;
  readonly billed: string;
  readonly effective: string;
}

/** What the money went into; the dearest first, currency by currency. */
export function categorySumsQuery({ focus }: Pick<SumTables, 'focus'>): string {
  return `SELECT ServiceCategory AS category, BillingCurrency AS currency,
  CAST(SUM(BilledCost) AS STRING) AS billed, CAST(SUM(EffectiveCost) AS STRING) AS effective
FROM \`${focus}\`
GROUP BY category, currency
ORDER BY currency DESC, SUM(BilledCost) DESC`;
}
