import type { ProviderAnswer } from '../provider-http.ts';

const MAX_REGIONS = 100;
/** What comes from an answer and becomes part of a host has to look like a region. */
const REGION = /^[a-z]{2,4}(?:-[a-z]{2,20}){1,3}-\d{1,2}$/;

/** Body of the answer about a tenancy's regions, as the table judges it. */
export interface Subscriptions {
  /** What the stated region is to the tenancy. */
  readonly stated: 'home' | 'other' | 'not_ready' | 'unsubscribed';
  readonly home: string;
  readonly regions: readonly string[];
}

interface Subscription {
  readonly regionName: string;
  readonly status?: unknown;
  readonly isHomeRegion?: unknown;
}

/** Reads Oracle's list of subscriptions; of an answer that is no such list, or has no home in it, nothing is left to judge by. */
export function withSubscriptions(answer: ProviderAnswer, region: string): ProviderAnswer {
  return answer.status === 200 ? { ...answer, body: readList(answer.body, region) ?? {} } : answer;
}

/** What {@link withSubscriptions} read, where it could. */
export function subscriptionsIn(answer: ProviderAnswer | undefined): Subscriptions | undefined {
  const body = answer?.status === 200 ? (answer.body as Partial<Subscriptions>) : undefined;
  return body?.home === undefined ? undefined : (body as Subscriptions);
}

function readList(body: unknown, region: string): Subscriptions | undefined {
  if (!Array.isArray(body)) return undefined;
  const list = (body as unknown[]).slice(0, MAX_REGIONS).filter(isSubscription);
  const home = list.find(({ isHomeRegion }) => isHomeRegion === true)?.regionName;
  if (home === undefined) return undefined;
  const stated = standingOf(list.find(({ regionName }) => regionName === region));
  return { stated, home, regions: list.map(({ regionName }) => regionName) };
}

function standingOf(found: Subscription | undefined): Subscriptions['stated'] {
  if (!found) return 'unsubscribed';
  if (found.isHomeRegion === true) return 'home';
  return found.status === 'READY' ? 'other' : 'not_ready';
}

function isSubscription(item: unknown): item is Subscription {
  const name = (item as Partial<Subscription> | null)?.regionName;
  return typeof name === 'string' && REGION.test(name);
}
