import type { SandboxAnswer } from '../provider-server.ts';
import { armError } from './azure-arm-error.ts';
import type { AzureCall } from './azure-call.ts';
import { costQueryFault, costResult } from './azure-cost-query.ts';
import type { AzureDirectory, Subscription, TokenHolder } from './azure-directory.ts';
import type { CloudName } from './azure-hosts.ts';

export interface ArmContext {
  readonly directory: AzureDirectory;
  readonly cloud: CloudName;
}

/** Billing Reader alone holds no Microsoft.Resources/subscriptions/read. */
const SEES = ['Cost Management Reader', 'Reader', 'Virtual Machine Contributor'];
const READS_COSTS = ['Cost Management Reader', 'Reader', 'Billing Reader'];

export function getSubscription(
  { id, tenant_id, name, state }: Subscription,
  holder: TokenHolder,
  _call: AzureCall,
  { directory }: ArmContext,
): SandboxAnswer {
  if (!directory.roles(holder.client_id, id).some((role) => SEES.includes(role))) {
    const text = `The client '${holder.client_id}' does not have authorization to perform action 'Microsoft.Resources/subscriptions/read' over scope '/subscriptions/${id}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
    return armError(403, 'AuthorizationFailed', text);
  }
  const subscriptionPolicies = {
    locationPlacementId: 'Public_2014-09-01',
    quotaId: 'PayAsYouGo_2014-09-01',
    spendingLimit: 'Off',
  };
  const more = { authorizationSource: 'RoleBased', managedByTenants: [], subscriptionPolicies };
  const body = {
    id: `/subscriptions/${id}`,
    subscriptionId: id,
    displayName: name,
    tenantId: tenant_id,
    state,
    ...more,
  };
  return { status: 200, headers: { 'x-ms-ratelimit-remaining-subscription-reads': '249' }, body };
}

export function queryCosts(
  { id, costs }: Subscription,
  holder: TokenHolder,
  call: AzureCall,
  { directory }: ArmContext,
): SandboxAnswer {
  if (!directory.roles(holder.client_id, id).some((role) => READS_COSTS.includes(role))) {
    return armError(401, 'RBACAccessDenied', 'The client does not have authorization to perform action.');
  }
  const fault = costQueryFault(call);
  if (fault) return armError(400, 'BadRequest', fault);
  switch (costs) {
    case 'costs':
      return { status: 200, headers: QUOTA, body: costResult(id, call.body) };
    case 'no_costs':
      return { status: 204, body: '' };
    case 'throttled': {
      const headers = { 'x-ms-ratelimit-microsoft.costmanagement-entity-retry-after': '42' };
      return { ...armError(429, '429', 'Too many requests. Please retry.'), headers };
    }
    case 'hidden_charges':
      return armError(
        400,
        'AccountCostDisabled',
        'Enterprise administrator has disabled view charges for account owners.',
      );
  }
}

const QUOTA = {
  'x-ms-ratelimit-microsoft.costmanagement-qpu-consumed': '1',
  'x-ms-ratelimit-microsoft.costmanagement-qpu-remaining': 'QueriesPerHour:599,QueriesPerMin:59,QueriesPer10Sec:11',
};
