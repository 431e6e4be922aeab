import type { CommitmentCase } from '../../focus/commitment-cases.ts';
import { RESOURCES, SPEND, SUBSCRIPTIONS } from '../../focus/commitment-cases.ts';
import type { ExportedRow } from '../generator/exports.ts';
import type { Values } from '../generator/names.ts';
import type { FocusRow } from '../oracle/expected-parts.ts';

const CASES: readonly CommitmentCase[] = [...SUBSCRIPTIONS, ...SPEND, ...RESOURCES];
const accountOf = (at: number): string => `0CASE${String(at).padStart(2, '0')}-00000-000000`;

/** Rows of commitments that were worked out by hand, each case in an account of its own. */
export function caseRows(): ExportedRow[] {
  return CASES.flatMap(({ rows }, at) =>
    rows.map((values, part) => ({
      values: { currency: 'USD', 'invoice.month': '202602', ...values, billing_account_id: accountOf(at) },
      mark: `case${at}-${part}`,
    })),
  );
}

/** What Google's list of commitments says in those cases. */
export function listedCommitments(): Values[] {
  return CASES.flatMap(({ beside }, at) =>
    (beside?.['cloud_gcp_cud_subscriptions_raw'] ?? []).map((row) => ({ ...row, billing_account_id: accountOf(at) })),
  );
}

const COLUMNS = [
  ...['x_SkuId', 'x_SplitPart', 'ChargeCategory', 'CommitmentDiscountStatus'],
  ...['BilledCost', 'EffectiveCost', 'PricingQuantity', 'CommitmentDiscountQuantity'],
];
const lineOf = (row: FocusRow): string => COLUMNS.map((column) => (row[column] as string | null) ?? '-').join(' ');

/** Names of the cases that came out otherwise. */
export function brokenCases(focus: readonly FocusRow[]): string[] {
  const byAccount = Map.groupBy(focus, (row) => row['BillingAccountId'] as string);
  const isBroken = ({ focus: expected }: CommitmentCase, at: number) =>
    (byAccount.get(accountOf(at)) ?? []).map(lineOf).toSorted().join('\n') !== expected.toSorted().join('\n');
  return CASES.filter(isBroken).map(({ name }) => name);
}
