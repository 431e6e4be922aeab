import { dayOf, daysBetween, isDay, monthOf } from '../../shared/platform/days.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import { GROUPS, type Group } from './cost-statements.ts';

export interface CostRequest {
  /** First day in UTC, included. */
  readonly from: string;
  /** Last day in UTC, excluded. */
  readonly to: string;
  readonly groups: readonly Group[];
}

/** A mistyped name must not give other sums than were asked for. */
const PARAMETERS: ReadonlySet<string> = new Set(['from', 'to', 'group_by']);
export const MAX_GROUPS = 3;
/** Ten years. */
const MAX_DAYS = 3_660;

/**
 * Reads `?from=&to=&group_by=`; an end that is left out is that of the current month.
 *
 * @throws ServiceError `invalid_request`
 */
export function costRequestOf(query: URLSearchParams, now: Date): CostRequest {
  if ([...query.keys()].some((name) => !PARAMETERS.has(name)))
    throw refused(`is one of ${[...PARAMETERS].join(', ')}; another one was given`);
  const month = monthOf(dayOf(now));
  const from = dayIn(query, 'from') ?? month.from;
  const to = dayIn(query, 'to') ?? month.to;
  if (from >= to) throw refused(`to is excluded, so it has to be after from, which is ${from}`);
  if (daysBetween(from, to) > MAX_DAYS) throw refused(`to is at most ${MAX_DAYS} days after from`);
  return { from, to, groups: groupsIn(query) };
}

function dayIn(query: URLSearchParams, name: string): string | undefined {
  const [text, ...more] = query.getAll(name);
  if (text === undefined || (isDay(text) && more.length === 0)) return text;
  throw refused(`${name} is one day such as 2026-11-01`);
}

function groupsIn(query: URLSearchParams): Group[] {
  const names = query.getAll('group_by').flatMap((text) => text.split(','));
  const groups = names.map((name) => GROUPS.find((known) => known === name));
  if (groups.length > MAX_GROUPS || new Set(groups).size < groups.length || groups.includes(undefined)) {
    throw refused(`group_by is up to ${MAX_GROUPS} different ones of ${GROUPS.join(', ')}, with commas`);
  }
  return groups as Group[];
}

const refused = (fault: string): ServiceError => new ServiceError('invalid_request', `The query parameter ${fault}`);
