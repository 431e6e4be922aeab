/** Days from included, to excluded; open at the end while the detailed export goes on. */
export interface Span {
  readonly from: string;
  readonly to: string | undefined;
}

export interface AccountDays {
  /** Days on which the detailed export has rows now; undefined when it cannot be read. */
  readonly detailed: readonly string[] | undefined;
  /** Days on which the standard export has rows now; undefined when it cannot be read. */
  readonly standard: readonly string[] | undefined;
  /** Days that were landed from the detailed export before. */
  readonly landed: readonly string[];
  /** Days with rows in the standard export alone after which the detailed one counts as switched off, not as late. */
  readonly graceDays: number;
}

/**
 * The days that an account is landed from its detailed export instead of the standard one.
 *
 * Google writes both by itself and at its own pace, so the first day of the detailed export is taken for half a day, and the
 * last one as well when the export has ended. In between the standard export does not fill in for days that are late: the
 * same usage may come with the detailed export's next partition, and would then be there twice.
 */
export function detailedSpans(days: AccountDays): Span[] {
  const present = [...new Set([...(days.detailed ?? []), ...days.landed])].sort();
  const stretches = stretchesOf(present, days);
  return stretches.flatMap((stretch, index) => {
    const isLast = index === stretches.length - 1;
    return spanOf(stretch, !isLast || hasEnded(stretch, days), days);
  });
}

export function isFromDetailed(day: string, spans: readonly Span[]): boolean {
  return spans.some(({ from, to }) => day >= from && (to === undefined || day < to));
}

/** Stretches of days between which the detailed export was switched off. */
function stretchesOf(present: readonly string[], days: AccountDays): string[][] {
  const stretches: string[][] = [];
  for (const day of present) {
    const stretch = stretches.at(-1);
    const before = stretch?.at(-1);
    if (stretch && before !== undefined && !isOff(before, day, days)) stretch.push(day);
    else stretches.push([day]);
  }
  return stretches;
}

/** Whether the standard export alone went on for longer than an export is late. */
function isOff(after: string, before: string | undefined, { standard = [], graceDays }: AccountDays): boolean {
  const alone = standard.filter((day) => day > after && (before === undefined || day < before));
  return alone.length > graceDays;
}

function hasEnded(stretch: readonly string[], days: AccountDays): boolean {
  return days.detailed !== undefined && isOff(stretch.at(-1) ?? '', undefined, days);
}

function spanOf(stretch: readonly string[], isOver: boolean, { standard, landed }: AccountDays): Span[] {
  const first = stretch[0] ?? '';
  const last = stretch.at(-1) ?? '';
  // Who cannot see the standard export does not know whether it has the first day, and waits.
  const isComplete = landed.includes(first) || (standard !== undefined && !standard.includes(first));
  const from = isComplete ? first : dayAfter(first);
  if (!isOver) return [{ from, to: undefined }];
  const to = standard?.includes(last) ? last : dayAfter(last);
  return from < to ? [{ from, to }] : [];
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
