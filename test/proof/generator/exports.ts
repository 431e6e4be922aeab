import fc from 'fast-check';
import type { Cell } from '../../sql/google-values.ts';
import { commitment, moneyOf } from './commitments.ts';
import type { Values } from './names.ts';
import { credit, plainRow, type PlainRow } from './plain-row.ts';
import { amount } from './amounts.ts';

/** A whole billing export: rows in the order in which they were written. */
export interface GeneratedExport {
  readonly rows: readonly ExportedRow[];
}

export interface ExportedRow {
  readonly values: Values;
  /** Equal marks are equal rows. */
  readonly mark: string;
  /** Present when no commitment touches the row: the oracle then knows every column. */
  readonly plain?: PlainRow;
}

const COMMITMENT_CREDITS = [
  'COMMITTED_USAGE_DISCOUNT',
  'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE',
  'FEE_UTILIZATION_OFFSET',
] as const;

/** A SKU is sold in one unit. */
const IN_HOURS: Values = { 'usage.unit': 'hour', 'usage.pricing_unit': 'hour' };

/** Marks of commitments on rows where no document has them: subscriptions without a fee, credits that exceed the cost. */
const stray: fc.Arbitrary<Values> = fc
  .record({
    row: plainRow,
    sku: fc.constantFrom<Values>(
      {},
      { 'sku.id': 'CUD-FEE-1', 'sku.description': 'Commitment v1: N2 Cpu in Americas for 1 Year', ...IN_HOURS },
      {
        'sku.id': 'OLD-FEE-1',
        'sku.description': 'Commitment - dollar based v1: Cloud SQL database region 1 for 1 year',
      },
    ),
    subscription: fc.constantFrom<string | null>(null, 'sub-1', 'sub-9'),
    credits: fc.array(
      fc.oneof(
        credit,
        fc.record<Record<string, Cell>>({
          type: fc.constantFrom(...COMMITMENT_CREDITS),
          amount,
          id: fc.constant(null),
          name: fc.constant('Committed use'),
          full_name: fc.constant(null),
        }),
      ),
      { maxLength: 3 },
    ),
  })
  .map(({ row, sku, subscription, credits }) => {
    const account = row.values['billing_account_id'] as string;
    const id = subscription && { 'subscription.instance_id': `${account}-${subscription}` };
    return { ...row.values, ...moneyOf(account), ...sku, ...id, credits };
  });

/** Any mix of charges, commitments and equal rows, in any order. */
export function generatedExport({ rows: most }: { readonly rows: number }): fc.Arbitrary<GeneratedExport> {
  return fc
    .record({
      plain: fc.array(plainRow, { minLength: 1, maxLength: most, size: 'max' }),
      committed: fc.array(commitment, { maxLength: Math.ceil(most / 10), size: 'max' }),
      strays: fc.array(stray, { maxLength: Math.ceil(most / 10), size: 'max' }),
      /** Equal rows are genuine: the export has no row id. */
      copies: fc.array(fc.nat(), { maxLength: 5 }),
      order: fc.integer(),
    })
    .map(({ plain, committed, strays, copies, order }) => {
      const distinct: ExportedRow[] = [
        ...plain.map((row) => ({ values: row.values, plain: row })),
        ...committed.flat().map((values) => ({ values })),
        ...strays.map((values) => ({ values })),
      ].map((row, at) => ({ ...row, mark: String(at) }));
      const repeated = copies.map((copy) => distinct[copy % distinct.length]!);
      return { rows: shuffled([...distinct, ...repeated], order) };
    });
}

/** Another order of the same rows; the same seed gives the same order. */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  // A linear congruential generator: good enough to order, and the same everywhere.
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  return items
    .map((item) => ({ item, rank: next() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Commitments alone, several of each model at once. */
export const committedExport: fc.Arbitrary<GeneratedExport> = fc
  .record({ commitments: fc.array(commitment, { minLength: 3, maxLength: 20, size: 'max' }), order: fc.integer() })
  .map(({ commitments, order }) => ({
    rows: shuffled(
      commitments.flat().map((values, at) => ({ values, mark: String(at) })),
      order,
    ),
  }));
