import type { CostRow } from './read-costs.ts';

const LINE_END = '\r\n';
const NEEDS_QUOTES = /[",\r\n]/;
/** Spreadsheets carry out a cell that begins so. */
const FORMULA = /^[\t\r\n ]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** Rows as RFC 4180 writes them; text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function toCsv(columns: readonly string[], rows: readonly CostRow[]): string {
  const lines = [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column] ?? '')).join(','))];
  return lines.join(LINE_END) + LINE_END;
}

function cell(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
