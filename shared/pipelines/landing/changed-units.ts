import type { Window } from '../processor.ts';
import { EXPORT_KINDS } from './export-kinds.ts';
import { landedKey, isOf, type LandedUnit } from './landed-units.ts';
import type { SourceTable } from './source-table.ts';
import { sameState, type SourceUnit } from './source-units.ts';

export interface ChangeRules {
  readonly window: Window;
  /** Units that reach this day or later ones are read again, changed or not. */
  readonly rereadFrom: string;
  readonly now: Date;
}

/** What of one source differs from what was landed of it. */
export interface SourceChanges {
  readonly land: readonly SourceUnit[];
  /** Landed before, and gone at the source. */
  readonly vanished: readonly LandedUnit[];
  /** Gone at the source, and staying here: the customer keeps days for a shorter time than we do. */
  readonly kept: readonly LandedUnit[];
  /** Landed before, and another source's now. */
  readonly ceded: readonly LandedUnit[];
}

const DAY_MS = 86_400_000;

/**
 * Compares the units of a source with those that were landed from it.
 *
 * @param isOurs - Whether a unit is to come from this source; by default all are.
 */
export function changesOf(
  source: SourceTable,
  units: readonly SourceUnit[],
  landed: readonly LandedUnit[],
  rules: ChangeRules,
  isOurs: (unit: Pick<SourceUnit, 'day' | 'isWhole'>) => boolean = () => true,
): SourceChanges {
  const all = landed.filter((unit) => isOf(source.name, unit));
  const own = all.filter(({ table }) => table === EXPORT_KINDS[source.kind].table);
  const byKey = new Map(own.map((unit) => [landedKey(unit), unit]));
  const gone = own.filter((unit) => isOurs(unit) && isGone(unit, units, rules));
  return {
    land: units.filter(
      (unit) => isOurs(unit) && isInside(unit, rules.window) && isDue(unit, byKey.get(landedKey(unit)), rules),
    ),
    vanished: [
      ...gone.filter((unit) => !isHistory(unit, source, rules)),
      // Landed when the integration called it another kind of export: its rows go, and come again where they belong.
      ...all.filter((unit) => !own.includes(unit) && isWithin(unit.day, rules.window)),
    ],
    kept: gone.filter((unit) => isHistory(unit, source, rules)),
    ceded: own.filter((unit) => !isOurs(unit) && (unit.isWhole || isWithin(unit.day, rules.window))),
  };
}

function isGone(landed: LandedUnit, units: readonly SourceUnit[], { window }: ChangeRules): boolean {
  // A source that was one unit and has days now gives its rows back day by day.
  if (landed.isWhole && !units.some(({ name, isWhole }) => isWhole && name === landed.name)) return true;
  return isWithin(landed.day, window) && !units.some((unit) => landedKey(unit) === landedKey(landed));
}

function isDue(unit: SourceUnit, landed: LandedUnit | undefined, { window, rereadFrom }: ChangeRules): boolean {
  if (isAsked(window) || unit.until > rereadFrom) return true;
  // Of a view without days nothing says whether it changed.
  if (unit.isWhole && !('tableIds' in unit.rows)) return true;
  return landed?.isWhole !== unit.isWhole || !sameState(landed, unit);
}

/** Days that somebody asks for are read whether they changed or not. */
const isAsked = ({ from, to }: Window): boolean => from !== undefined || to !== undefined;

/** What holds rows of many days cannot be cut by a window. */
const isInside = ({ isWhole, day, until }: SourceUnit, { from, to }: Window): boolean =>
  isWhole || ((from === undefined || until > from) && (to === undefined || day < to));

const isWithin = (day: string, { from, to }: Window): boolean =>
  (from === undefined || day >= from) && (to === undefined || day < to);

/** Expired at the customer's, or landed from a table that was made anew since: what was billed then stays billed. */
function isHistory(
  { day, landedAt, isWhole }: LandedUnit,
  { expirationMs, createdAt }: SourceTable,
  { now }: ChangeRules,
): boolean {
  if (isWhole) return false;
  if (createdAt > landedAt) return true;
  return expirationMs !== undefined && Date.parse(`${day}T00:00:00Z`) + expirationMs <= now.getTime() + DAY_MS;
}
