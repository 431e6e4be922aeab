/** Months as Google closes them: Los Angeles time, by the runtime's own time zone data. */

const MONTH = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Los_Angeles', year: 'numeric', month: '2-digit' });

/** The month in which a moment falls, `202602`. */
export function pacificMonth(moment: string): string {
  return MONTH.format(new Date(moment)).replace('-', '');
}

/** Midnight of the first of a month as UTC, `2026-02-01T08:00:00Z`: 7 or 8 hours behind, as the clocks stand that night. */
export function monthStart(month: string): string {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(4))];
  const candidates = [7, 8].map((hours) => new Date(Date.UTC(year, number - 1, 1, hours)).toISOString());
  // In winter 07:00 is still the evening before, so the first that lies in the month is its midnight.
  return `${candidates.find((moment) => pacificMonth(moment) === month)!.slice(0, 19)}Z`;
}

export function nextMonth(month: string): string {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(4))];
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7).replace('-', '');
}

/** A moment as engines print it: `2026-02-10T10:00:00.123456Z`, no trailing zeros. */
export function plainTime(moment: string): string {
  const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(moment) ?? [];
  const digits = fraction.slice(0, 6).replace(/0+$/, '');
  return `${seconds}${digits && `.${digits}`}Z`;
}

/** Microseconds since 1970. */
export function micros(moment: string): bigint {
  const fraction = /\.(\d+)Z$/.exec(moment)?.[1] ?? '';
  return BigInt(Date.parse(`${moment.slice(0, 19)}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}
