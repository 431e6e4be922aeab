import type { Cell } from '../../sql/google-values.ts';
import type { PlainRow } from '../generator/plain-row.ts';
import { expectedParts, type FocusRow } from './expected-parts.ts';

/** A column that is not what the oracle says; a missing or surplus row is one too. */
export interface Difference {
  readonly row: string;
  readonly part: string;
  readonly column: string;
  readonly expected: Cell | undefined;
  readonly found: Cell | undefined;
}

/** JSON text is compared by content and order of keys, not by how a character is escaped. */
const JSON_COLUMNS = new Set(['Tags', 'SkuPriceDetails']);
const plainJson = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (token) => {
    try {
      return JSON.stringify(JSON.parse(token));
    } catch {
      return token; // no JSON, and so equal to nothing
    }
  });

/**
 * Compares FOCUS rows with what the oracle expects of the rows that they came from, column by column.
 *
 * @param rows - Rows by their mark; `copies` says how many equal rows of the export carry it.
 */
export function differences(
  rows: ReadonlyMap<string, { readonly row: PlainRow; readonly copies: number }>,
  focus: readonly FocusRow[],
): Difference[] {
  const found = Map.groupBy(focus, (row) => row['x_ProjectNumber'] as string);
  return [...rows].flatMap(([mark, { row, copies }]) => {
    const parts = Map.groupBy(found.get(mark) ?? [], (part) => part['x_SplitPart'] as string);
    const expected = expectedParts(row);
    const counts = [...new Set([...parts.keys(), ...expected.keys()])].map((part) => ({
      row: mark,
      part,
      column: 'rows',
      expected: expected.has(part) ? copies : 0,
      found: parts.get(part)?.length ?? 0,
    }));
    return [
      ...counts.filter((count) => count.expected !== count.found),
      ...[...expected].flatMap(([part, columns]) =>
        (parts.get(part) ?? []).flatMap((actual) => columnDifferences(mark, part, columns, actual)),
      ),
    ];
  });
}

export function columnDifferences(row: string, part: string, expected: FocusRow, found: FocusRow): Difference[] {
  return Object.keys(expected)
    .filter((column) => !isSame(column, expected[column], found[column]))
    .map((column) => ({ row, part, column, expected: expected[column], found: found[column] }));
}

function isSame(column: string, expected: Cell | undefined, found: Cell | undefined): boolean {
  if (JSON_COLUMNS.has(column) && typeof expected === 'string' && typeof found === 'string')
    return plainJson(expected) === plainJson(found);
  return isEqual(expected, found);
}

/** Where two engines disagree on the rows of one export, by key and column. */
export function engineDifferences(google: readonly FocusRow[], embedded: readonly FocusRow[]): Difference[] {
  const keyOf = (row: FocusRow) => `${row['x_SourceRowHash'] as string} ${row['x_SplitPart'] as string}`;
  const others = new Map(embedded.map((row) => [keyOf(row), row]));
  const surplus = embedded.length - google.length;
  return [
    ...(surplus === 0 ? [] : [{ row: '', part: '', column: 'rows', expected: google.length, found: embedded.length }]),
    ...google.flatMap((row) =>
      Object.keys(row)
        .filter((column) => !isEqual(row[column], others.get(keyOf(row))?.[column]))
        .map((column) => ({
          row: keyOf(row),
          part: row['x_ProjectNumber'] as string,
          column,
          expected: row[column],
          found: others.get(keyOf(row))?.[column],
        })),
    ),
  ];
}

const isEqual = (a: Cell | undefined, b: Cell | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
