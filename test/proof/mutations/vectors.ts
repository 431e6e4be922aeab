import { readFileSync } from 'node:fs';
import type { Cell } from '../../sql/google-values.ts';
import type { Values } from '../generator/names.ts';
import type { FocusRow } from '../oracle/expected-parts.ts';

interface Vector {
  readonly name: string;
  readonly rows: readonly Values[];
  /** Per FOCUS row the columns that matter. */
  readonly focus: readonly FocusRow[];
}

const ACCOUNT = '0000AA-1111BB-2222CC';
const accountOf = (at: number): string => `0VEC${String(at).padStart(2, '0')}-000000-000000`;

/** The hand-written vectors of the mapping, each in a billing account of its own, so that all convert at once. */
export function isolatedVectors(): Vector[] {
  const text = readFileSync(new URL('../../focus/vectors.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as Vector[]).map((vector, at) => {
    const own = JSON.parse(JSON.stringify(vector).replaceAll(ACCOUNT, accountOf(at))) as Vector;
    return { ...own, rows: own.rows.map((row) => ({ ...row, billing_account_id: accountOf(at) })) };
  });
}

/** Names of the vectors that the FOCUS rows of their accounts do not fulfil. */
export function brokenVectors(vectors: readonly Vector[], focus: readonly FocusRow[]): string[] {
  const byAccount = Map.groupBy(focus, (row) => row['BillingAccountId'] as string);
  return vectors
    .filter((vector, at) => !isFulfilled(vector.focus, byAccount.get(accountOf(at)) ?? []))
    .map(({ name }) => name);
}

/** Every expected row is found as one of its own. */
function isFulfilled(expected: readonly FocusRow[], found: readonly FocusRow[]): boolean {
  if (expected.length !== found.length) return false;
  const [first, ...others] = expected;
  if (first === undefined) return true;
  return found.some(
    (row, at) =>
      Object.entries(first).every(([column, value]) => isEqual(row[column] ?? null, value)) &&
      isFulfilled(others, found.toSpliced(at, 1)),
  );
}

const isEqual = (a: Cell, b: Cell): boolean => JSON.stringify(a) === JSON.stringify(b);
