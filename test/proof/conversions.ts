import type fc from 'fast-check';
import type { RawRow } from '../focus/raw-rows.ts';
import type { ExportedRow } from './generator/exports.ts';
import { markedRows, periodsOf } from './marked-rows.ts';
import { differences, type Difference } from './oracle/compare.ts';
import type { FocusRow } from './oracle/expected-parts.ts';
import { DIRTY, FOCUS, QUALITY, RAW, type ProofWarehouse } from './warehouse.ts';

/**
 * How much is generated per fact. fast-check prints seed and path of what fails; another seed here plays other exports.
 * A failing export is made smaller for at most the time limit, then reported as it is.
 */
export const RUNS = {
  seed: 20_260_211,
  numRuns: 4,
  interruptAfterTimeLimit: 45_000,
  markInterruptAsFailure: true,
} as const satisfies fc.Parameters;

export const rawRowsOf = (rows: readonly ExportedRow[]): RawRow[] =>
  markedRows(rows.map(({ values, mark }) => ({ ...values, 'project.number': mark })));

/** Converts every period of an export in a warehouse that holds nothing else. */
export async function convertAlone(warehouse: ProofWarehouse, raw: readonly RawRow[]): Promise<FocusRow[]> {
  for (const table of [RAW, FOCUS, DIRTY, QUALITY]) await warehouse.remove(table);
  await warehouse.load(RAW, raw);
  await warehouse.convert(periodsOf(raw));
  return warehouse.rows(FOCUS);
}

/** Where FOCUS rows are not what the oracle says, for the rows of an export that no commitment touches. */
export function plainDifferences(rows: readonly ExportedRow[], focus: readonly FocusRow[]): Difference[] {
  const byMark = Map.groupBy(
    rows.flatMap(({ mark, plain }) => (plain ? [{ mark, plain }] : [])),
    ({ mark }) => mark,
  );
  const expected = [...byMark].map(
    ([mark, copies]) => [mark, { row: copies[0]!.plain, copies: copies.length }] as const,
  );
  return differences(new Map(expected), focus);
}

/** Enough of what is wrong to understand it: a whole export's worth of differences takes minutes to print. */
export const firstOf = <T>(faults: readonly T[]): readonly T[] => faults.slice(0, 3);
