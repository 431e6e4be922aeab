import type { Credentials } from '../format-check.ts';
import type { OciRequest } from './oci-client.ts';

const DAY_MS = 86_400_000;

/** A region of a realm, which has a host for each service. */
export interface Place {
  readonly region: string;
  readonly domain: string;
}

export function userRequest({ user = '' }: Credentials, place: Place): OciRequest {
  return { method: 'GET', host: hostOf('identity', place), path: `/20160918/users/${encodeURIComponent(user)}` };
}

export function subscriptionsRequest({ tenancy = '' }: Credentials, place: Place): OciRequest {
  const path = `/20160918/tenancies/${encodeURIComponent(tenancy)}/regionSubscriptions`;
  return { method: 'GET', host: hostOf('identity', place), path };
}

/** The costs of yesterday in one sum: a query, for all that it is sent by POST. */
export function usageRequest({ tenancy }: Credentials, place: Place, now: Date): OciRequest {
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const body = {
    tenantId: tenancy,
    timeUsageStarted: midnight(today - DAY_MS),
    timeUsageEnded: midnight(today),
    granularity: 'DAILY',
    queryType: 'COST',
    isAggregateByTime: true,
  };
  return { method: 'POST', host: hostOf('usageapi', place), path: '/20200107/usage?limit=1', body };
}

function hostOf(service: 'identity' | 'usageapi', { region, domain }: Place): string {
  return `${service}.${region}.oci.${domain}`;
}

/** By day, Oracle takes nothing but whole days. */
function midnight(time: number): string {
  return `${new Date(time).toISOString().slice(0, 10)}T00:00:00Z`;
}
