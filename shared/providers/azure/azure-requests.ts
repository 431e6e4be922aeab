import type { Credentials } from '../format-check.ts';
import type { ProviderRequest } from '../provider-http.ts';
import type { AzureCloud } from './azure-clouds.ts';

/** Published versions of the two APIs: Microsoft.Resources (subscriptions) and Microsoft.CostManagement (query). */
const SUBSCRIPTIONS_VERSION = '2022-12-01';
const COSTS_VERSION = '2025-03-01';
const DAY_MS = 86_400_000;

/**
 * Asks for a token by client credentials; the secret stands in the form alone.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export function tokenRequest(
  { loginHost, armHost }: AzureCloud,
  { tenant_id = '', client_id = '', client_secret = '' }: Credentials,
): ProviderRequest {
  const scope = `https://${armHost}/.default`;
  return {
    method: 'POST',
    url: `https://${loginHost}/${encodeURIComponent(tenant_id)}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_id, client_secret, grant_type: 'client_credentials', scope }).toString(),
  };
}

/** Asks for the subscription itself, which whoever has a role on it may see. */
export function subscriptionRequest(
  { armHost }: AzureCloud,
  { subscription_id = '' }: Credentials,
  token: string,
): ProviderRequest {
  return {
    method: 'GET',
    url: `https://${armHost}/subscriptions/${encodeURIComponent(subscription_id)}?api-version=${SUBSCRIPTIONS_VERSION}`,
    headers: { authorization: `Bearer ${token}` },
  };
}

/**
 * Asks for the cost of yesterday (UTC), one number. It is what a pipeline asks, so it proves the role and also what no
 * list of permissions shows, such as charges that an enterprise agreement hides; and it is one of the few calls a minute
 * that Cost Management allows for a scope, so it is never repeated for its own limit.
 */
export function costRequest(
  { armHost }: AzureCloud,
  { subscription_id = '' }: Credentials,
  token: string,
  now: Date,
): ProviderRequest {
  const scope = `https://${armHost}/subscriptions/${encodeURIComponent(subscription_id)}`;
  return {
    method: 'POST',
    url: `${scope}/providers/Microsoft.CostManagement/query?api-version=${COSTS_VERSION}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      type: 'ActualCost',
      timeframe: 'Custom',
      timePeriod: yesterdayOf(now),
      // The published description knows no other granularity; of one day it makes one row all the same.
      dataset: { granularity: 'Daily', aggregation: { totalCost: { name: 'Cost', function: 'Sum' } } },
    }),
  };
}

function yesterdayOf(now: Date): { from: string; to: string } {
  const day = new Date(now.getTime() - DAY_MS).toISOString().slice(0, 10);
  return { from: `${day}T00:00:00Z`, to: `${day}T23:59:59Z` };
}
