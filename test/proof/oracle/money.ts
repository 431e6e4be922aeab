import type { Cell } from '../../sql/google-values.ts';
import type { Values } from '../generator/names.ts';
import { decimal, decimalText, type Decimal } from './decimal.ts';
import { costOf, creditsOf, currencyOf } from './export-row.ts';

type Row = Readonly<Record<string, Cell>>;

/** Exact totals as text by key, in the keys' order. */
export function totals(entries: Iterable<readonly [key: string, amount: Decimal]>): Record<string, string> {
  const found = new Map<string, Decimal>();
  for (const [key, amount] of entries) found.set(key, (found.get(key) ?? 0n) + amount);
  return Object.fromEntries(
    [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, total]) => [key, decimalText(total)]),
  );
}

const keyOf = (...parts: readonly (Cell | undefined)[]): string => JSON.stringify(parts.map((part) => part ?? null));

/** What the export says: cost and every credit, per billing account, invoice month and currency. */
export function exportedMoney(rows: readonly Values[]): Record<string, string> {
  return totals(
    rows.flatMap((row) => {
      const key = keyOf(row['billing_account_id'], row['invoice.month'], currencyOf(row));
      return [costOf(row), ...creditsOf(row).map(({ amount }) => amount)].map((amount) => [key, amount] as const);
    }),
  );
}

/** What FOCUS says of the same. */
export function billedMoney(focus: readonly Row[]): Record<string, string> {
  return totals(
    focus.map((row) => [
      keyOf(row['BillingAccountId'], row['x_InvoiceMonth'], row['BillingCurrency']),
      decimal(row['BilledCost'] as string),
    ]),
  );
}

/**
 * Commitments whose use does not add up to their purchase, per billing account, invoice month and commitment: empty when
 * the effective cost of usage is the billed cost of purchases everywhere, to the last digit.
 */
export function commitmentGaps(focus: readonly Row[]): Record<string, string> {
  const committed = focus.filter((row) => row['CommitmentDiscountId'] !== null);
  const gaps = totals(
    committed.map((row) => {
      const key = keyOf(
        row['BillingAccountId'],
        row['x_InvoiceMonth'],
        row['BillingCurrency'],
        row['CommitmentDiscountId'],
      );
      if (row['ChargeCategory'] === 'Usage') return [key, decimal(row['EffectiveCost'] as string)];
      return [key, row['ChargeCategory'] === 'Purchase' ? -decimal(row['BilledCost'] as string) : 0n];
    }),
  );
  return Object.fromEntries(Object.entries(gaps).filter(([, gap]) => gap !== '0'));
}
