import { daysBefore } from '../local/demo/days.ts';
import type { ExportOptions } from '../local/demo/export.ts';

/** Days of each table: several units to land, some at once. */
const DAYS_BACK = [3, 2, 1, 0];

/**
 * An export of two billing accounts in two currencies, in the middle of last month: late rows reach back six days, so all
 * rows of an account belong to one invoice. The same number of rows gives the same rows.
 */
export function sampleExport(rows: number, now = new Date()): Required<Omit<ExportOptions, 'accounts'>> {
  const lastOfMonth = daysBefore(`${now.toISOString().slice(0, 7)}-01`, 1);
  return { lastDay: `${lastOfMonth.slice(0, 7)}-15`, daysBack: DAYS_BACK, rows, seed: 42 };
}

/** The days of the export as a job is told them. */
export function windowOf({ lastDay, daysBack }: Pick<Required<ExportOptions>, 'lastDay' | 'daysBack'>): string[] {
  return ['--from', daysBefore(lastDay, Math.max(...daysBack)), '--to', daysBefore(lastDay, -1)];
}
