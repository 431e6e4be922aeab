import { changesOf, type ChangeRules, type SourceChanges } from './changed-units.ts';
import { detailedSpans, isFromDetailed, type Span } from './detailed-days.ts';
import { EXPORT_KINDS } from './export-kinds.ts';
import { isOf, landedKey, type LandedUnit } from './landed-units.ts';
import type { SourceTable } from './source-table.ts';
import type { SourceUnit } from './source-units.ts';

/** A source that can be read, with what it has now. */
export interface ReadSource {
  readonly source: SourceTable;
  /** Path of the same account's export of the other grain, whether it can be read or not. */
  readonly partner?: string | undefined;
  readonly units: readonly SourceUnit[];
}

export interface PlannedUnit {
  readonly unit: SourceUnit;
  /** Tables whose rows of that day go in the same transaction. */
  readonly replaces: readonly string[];
}

export interface LandingPlan {
  /** By day, and within a day in the order of the integration's metadata. */
  readonly land: readonly PlannedUnit[];
  readonly remove: readonly LandedUnit[];
  readonly kept: readonly LandedUnit[];
  /** Days that wait for a detailed export, by its path. */
  readonly late: ReadonlyMap<string, readonly string[]>;
  /** Days on which a detailed export has fewer rows than the standard one, by its path: it should have more. */
  readonly short: ReadonlyMap<string, readonly string[]>;
}

export interface PlanRules extends ChangeRules {
  readonly graceDays: number;
}

/** What has to be landed and what to be taken away, so that each account's usage is there once. */
export function planLanding(
  sources: readonly ReadSource[],
  landed: readonly LandedUnit[],
  rules: PlanRules,
): LandingPlan {
  const late = new Map<string, readonly string[]>();
  const short = new Map<string, readonly string[]>();
  const parts = sources.map((read) => {
    const spans = spansOf(read, sources, landed, rules);
    if (spans && read.source.kind === 'standard') {
      const days = lateDays(read, partnerOf(read, sources), spans);
      if (days.length > 0) late.set(read.partner ?? '', days);
      const fewer = shortDays(read, partnerOf(read, sources), spans);
      if (fewer.length > 0) short.set(read.partner ?? '', fewer);
    }
    return { read, changes: changesOf(read.source, read.units, landed, rules, isOursBy(read, spans)) };
  });
  const land = withTwins(parts, landed);
  const replaced = new Set(land.flatMap(({ unit, replaces }) => replaces.map((name) => landedKey({ ...unit, name }))));
  return {
    land: land.sort((a, b) => a.unit.day.localeCompare(b.unit.day)),
    remove: parts.flatMap(({ changes }) => [
      ...changes.vanished,
      ...changes.ceded.filter((unit) => !replaced.has(landedKey(unit))),
    ]),
    kept: parts.flatMap(({ changes }) => changes.kept),
    late,
    short,
  };
}

function partnerOf({ partner }: ReadSource, sources: readonly ReadSource[]): ReadSource | undefined {
  return sources.find(({ source }) => source.name === partner);
}

/** The days of an account that come from its detailed export; undefined for a source that has no partner. */
function spansOf(
  read: ReadSource,
  sources: readonly ReadSource[],
  landed: readonly LandedUnit[],
  { graceDays }: PlanRules,
): Span[] | undefined {
  if (read.partner === undefined) return undefined;
  const other = partnerOf(read, sources);
  const isStandard = read.source.kind === 'standard';
  const [standard, detailed] = isStandard ? [read, other] : [other, read];
  const detailedName = isStandard ? read.partner : read.source.name;
  return detailedSpans({
    detailed: detailed && daysOf(detailed),
    standard: standard && daysOf(standard),
    landed: landed.filter((unit) => isOf(detailedName, unit) && !unit.isWhole).map(({ day }) => day),
    graceDays,
  });
}

function daysOf({ units }: ReadSource): string[] {
  return units.filter(({ isWhole, rowCount }) => !isWhole && rowCount > 0).map(({ day }) => day);
}

function isOursBy({ source }: ReadSource, spans: readonly Span[] | undefined) {
  return ({ day, isWhole }: Pick<SourceUnit, 'day' | 'isWhole'>): boolean => {
    if (!spans) return true;
    // Rows of no day come from the detailed export as soon as anything does.
    const isDetailed = isWhole ? spans.length > 0 : isFromDetailed(day, spans);
    return isDetailed === (source.kind === 'detailed');
  };
}

function lateDays(standard: ReadSource, detailed: ReadSource | undefined, spans: readonly Span[]): string[] {
  const there = new Set(detailed ? daysOf(detailed) : []);
  return daysOf(standard).filter((day) => isFromDetailed(day, spans) && !there.has(day));
}

/** The detailed export splits the standard one's rows by resource, so fewer rows are missing ones. */
function shortDays(standard: ReadSource, detailed: ReadSource | undefined, spans: readonly Span[]): string[] {
  const rowsOn = ({ units }: ReadSource, day: string): number =>
    units.filter((unit) => !unit.isWhole && unit.day === day).reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (!detailed) return [];
  return daysOf(detailed).filter((day) => isFromDetailed(day, spans) && rowsOn(detailed, day) < rowsOn(standard, day));
}

interface Part {
  readonly read: ReadSource;
  readonly changes: SourceChanges;
}

/** Units that had rows left out since another table held them are landed again when that one changes. */
function withTwins(parts: readonly Part[], landed: readonly LandedUnit[]): PlannedUnit[] {
  const changed = parts.flatMap(({ read, changes }) =>
    [...changes.land, ...changes.vanished, ...changes.ceded].map(({ day, isWhole }) => ({
      day,
      isWhole,
      name: read.source.name,
      table: tableOf(read),
    })),
  );
  const twins = new Set(landed.filter(({ duplicates }) => duplicates > 0).map(landedKey));
  return parts.flatMap(({ read, changes }) => {
    const due = new Set(changes.land);
    const isTouched = (unit: SourceUnit): boolean =>
      twins.has(landedKey(unit)) &&
      changed.some(
        (other) =>
          other.name !== read.source.name &&
          other.table === tableOf(read) &&
          (other.isWhole || unit.isWhole || isNear(other.day, unit.day)),
      );
    return read.units
      .filter((unit) => due.has(unit) || isTouched(unit))
      .map((unit) => ({ unit, replaces: read.partner === undefined || unit.isWhole ? [] : [read.partner] }));
  });
}

function tableOf({ source }: ReadSource): string {
  return EXPORT_KINDS[source.kind].table;
}

function isNear(a: string, b: string): boolean {
  return Math.abs(Date.parse(a) - Date.parse(b)) <= 86_400_000;
}
