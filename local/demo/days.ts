const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Invoice months follow US Pacific time; its winter offset is near enough for sample data. */
const PACIFIC_OFFSET_MS = 8 * HOUR_MS;

/** Milliseconds at the start of a UTC day, `YYYY-MM-DD`. */
export function startOf(day: string): number {
  const ms = Date.parse(`${day}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(ms)) throw new RangeError(`${day} is no day.`);
  return ms;
}

export function daysBefore(day: string, count: number): string {
  return new Date(startOf(day) - count * DAY_MS).toISOString().slice(0, 10);
}

/** Names of day partitions have no hyphens. */
export function partitionOf(day: string): string {
  return day.replaceAll('-', '');
}

export function hoursLater(ms: number, hours: number): number {
  return ms + hours * HOUR_MS;
}

/** `2026-02-10 10:00:00 UTC`, as exports write it. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `202602`: the month that usage at that time is billed in. */
export function invoiceMonthOf(ms: number): string {
  return new Date(ms - PACIFIC_OFFSET_MS).toISOString().slice(0, 7).replace('-', '');
}
