import { accountRows } from './account-rows.ts';
import { BILLING_ACCOUNTS, type BillingAccount } from './customer.ts';
import { daysBefore, partitionOf } from './days.ts';
import type { ExportRow } from './export-row.ts';
import { seededRandom } from './random.ts';
import { usageRow } from './usage-rows.ts';

export interface ExportOptions {
  /** The newest partition, `YYYY-MM-DD`. */
  readonly lastDay: string;
  /** Rows of all accounts and days together. */
  readonly rows?: number;
  readonly seed?: number;
  readonly accounts?: readonly BillingAccount[];
  /** Partitions, as days before the last one. */
  readonly daysBack?: readonly number[];
}

/** A day of one account's export table. */
export interface ExportPartition {
  readonly account: BillingAccount;
  /** `YYYYMMDD`, as in a partition decorator. */
  readonly partition: string;
  /** Made while they are read, so memory stays flat; the same rows each time. */
  readonly rows: () => Iterable<ExportRow>;
}

export const DEFAULT_ROWS = 20_000;
/** Two days of this month and two a month ago: two invoices from few partitions, since each costs a load and a landing. */
const DAYS_BACK: readonly number[] = [31, 30, 1, 0];

/** The partitions of the sample export; the same options give the same rows to the last digit. */
export function exportPartitions(options: ExportOptions): ExportPartition[] {
  const { lastDay, rows = DEFAULT_ROWS, seed = 1, accounts = BILLING_ACCOUNTS, daysBack = DAYS_BACK } = options;
  const seats = accounts.flatMap((account) => daysBack.map((days) => ({ account, day: daysBefore(lastDay, days) })));
  const shareOfAll = accounts.reduce((sum, { share }) => sum + share, 0);
  let given = 0;
  let wanted = 0;
  return seats.map(({ account, day }, index) => {
    // Counted from the running total, so that rounding loses no row.
    wanted += (rows * account.share) / shareOfAll / daysBack.length;
    const count = Math.round(wanted) - given;
    given += count;
    const partitionSeed = seed * 1_000_003 + index;
    return { account, partition: partitionOf(day), rows: () => rowsOf(account, day, count, partitionSeed) };
  });
}

/** All rows of all partitions, one at a time. */
export function* exportRows(options: ExportOptions): Generator<{ partition: string; row: ExportRow }> {
  for (const { partition, rows } of exportPartitions(options)) {
    for (const row of rows()) yield { partition, row };
  }
}

function* rowsOf(account: BillingAccount, day: string, count: number, seed: number): Generator<ExportRow> {
  const seat = { account, day, random: seededRandom(seed) };
  const special = accountRows(seat).slice(0, count);
  yield* special;
  for (let made = special.length; made < count; made += 1) yield usageRow(seat);
}
