import { RAW } from './warehouse.ts';
import { rawRow, type RawRow } from '../focus/raw-rows.ts';
import { NAMES } from '../sql/catalog.ts';
import type { Cell } from '../sql/google-values.ts';
import { tablesWithLookups } from '../sql/lookups.ts';
import type { Values } from './generator/names.ts';

type Row = Readonly<Record<string, Cell>>;

const rawFields = tablesWithLookups().find(({ name }) => name === `${NAMES.project}.${NAMES.org}.${RAW}`)!.fields;

/**
 * Rows of the raw table. Each carries the number of what it came from where the conversion passes it on unchanged
 * (`project.number`, in FOCUS `x_ProjectNumber`), so that a proof can find a row's FOCUS rows again without its hash.
 */
export function markedRows(rows: readonly Values[]): RawRow[] {
  return rows.map((values, at) =>
    rawRow({ ...values, 'project.number': String(values['project.number'] ?? at) }, rawFields),
  );
}

/** Every billing period that raw rows name, once each. */
export function periodsOf(rows: readonly RawRow[]): Row[] {
  const periods = rows.map((row) => ({
    billing_account_id: row['billing_account_id'] ?? null,
    invoice_month: (row['invoice'] as { month: string | null }).month,
  }));
  return [...new Map(periods.map((period) => [JSON.stringify(period), period])).values()];
}

/** All rows in one order that depends on nothing but the rows, each as text of its columns by name. */
export function canonical(rows: readonly Row[]): string[] {
  return rows.map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted();
}
