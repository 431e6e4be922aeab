import { NAMES } from '../sql/catalog.ts';
import type { Cell } from '../sql/google-values.ts';
import { tablesWithLookups } from '../sql/lookups.ts';
import { readProcedure } from '../sql/procedures.ts';
import { runWithGoogle } from '../sql/run-procedure.ts';
import type { GoogleSql, TestTable } from '../sql/zetasql.ts';
import { rawRow, type RawRow } from './raw-rows.ts';

export const RAW = `${NAMES.project}.${NAMES.org}.cloud_gcp_billing_raw_daily`;
export const FOCUS = `${NAMES.project}.${NAMES.org}.cost_data_standard_1_3`;
export const QUALITY = `${NAMES.project}.${NAMES.org}.data_quality_results`;

export interface Conversion {
  readonly focus: readonly Readonly<Record<string, Cell>>[];
  readonly quality: readonly Readonly<Record<string, Cell>>[];
  readonly reconciliation: readonly Readonly<Record<string, Cell>>[];
  readonly tables: ReadonlyMap<string, TestTable>;
}

const procedure = readProcedure('sp_cloud_gcp_convert_to_focus');
const configured = tablesWithLookups();
/** The table of FOCUS rows, empty. */
export const focusTable: TestTable = configured.find((table) => table.name === FOCUS)!;
const rawFields = configured.find((table) => table.name === RAW)!.fields;

/** Rows of the raw table from dotted paths. */
export function rawRows(rows: readonly Readonly<Record<string, Cell>>[]): RawRow[] {
  return rows.map((row) => rawRow(row, rawFields));
}

/** Every billing period that the rows name. */
export function periodsOf(rows: readonly RawRow[]): Cell[] {
  const periods = rows.map((row) => ({
    billing_account_id: row['billing_account_id'] ?? null,
    invoice_month: (row['invoice'] as { month: string | null }).month,
  }));
  return [...new Map(periods.map((period) => [JSON.stringify(period), period])).values()];
}

/** Each statement is sent the tables that it names and no others: a step's rows would else travel with every later step. */
function sparing(google: GoogleSql): GoogleSql {
  const named = (sql: string, tables: readonly TestTable[]) => {
    const words = new Set(sql.match(/[\w.-]+/g));
    return tables.filter(({ name }) => words.has(name));
  };
  return {
    ...google,
    query: async (sql, tables, parameters) => google.query(sql, named(sql, tables), parameters),
    columns: async (sql, tables, parameters) => google.columns(sql, named(sql, tables), parameters),
  };
}

/** Rows of other tables of the organisation that a conversion reads, from dotted paths, by table. */
export type Beside = Readonly<Record<string, readonly Readonly<Record<string, Cell>>[]>>;

/** Rows of a table of the organisation from dotted paths. */
export function rowsOfTable(table: string, rows: readonly Readonly<Record<string, Cell>>[]): RawRow[] {
  const { fields } = configured.find(({ name }) => name === `${NAMES.project}.${NAMES.org}.${table}`)!;
  return rows.map((row) => rawRow(row, fields));
}

/** Converts raw rows on Google's evaluator. */
export async function convertWithGoogle(
  google: GoogleSql,
  rows: readonly RawRow[],
  periods: readonly Cell[] = periodsOf(rows),
  beside: Beside = {},
): Promise<Conversion> {
  const tables = configured.map((table) => {
    const name = table.name.replace(`${NAMES.project}.${NAMES.org}.`, '');
    if (table.name === RAW) return { ...table, rows };
    return beside[name] ? { ...table, rows: rowsOfTable(name, beside[name]) } : table;
  });
  const after = await runWithGoogle(sparing(google), procedure, tables, { periods });
  return {
    focus: after.get(FOCUS)!.rows,
    quality: after.get(QUALITY)!.rows,
    reconciliation: after.get('reconciliation')!.rows,
    tables: after,
  };
}
