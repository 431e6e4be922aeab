import { randomUUID } from 'node:crypto';
import { expectation, type CaseOutcome, type ProviderCases, type SandboxCase } from '../cases.ts';
import {
  newClientSecret,
  type AppState,
  type AzureDirectory,
  type CostState,
  type SubscriptionState,
} from './azure-directory.ts';
import type { CloudName } from './azure-hosts.ts';

/** What a case differs in from an application that works. */
interface Variant {
  readonly cloud?: CloudName;
  readonly app?: AppState;
  readonly subscription?: SubscriptionState;
  readonly costs?: CostState;
  /** None: the application has no role at all. */
  readonly role?: string;
  /** What the customer mistook for something else. */
  readonly mistake?: 'secret' | 'tenant' | 'cloud' | 'subscription' | 'other_tenant';
}

const READER = 'Cost Management Reader';

const VARIANTS: Readonly<Record<string, readonly [outcome: CaseOutcome, variant: Variant]>> = {
  valid: ['accepted', { role: READER }],
  wrong: ['rejected', { role: READER, mistake: 'secret' }],
  expired: ['expired', { role: READER, app: 'secret_expired' }],
  revoked: ['rejected', { role: READER, app: 'deleted' }],
  no_service_principal: ['rejected', { app: 'no_service_principal' }],
  disabled_app: ['rejected', { role: READER, app: 'disabled' }],
  wrong_tenant: ['rejected', { role: READER, mistake: 'tenant' }],
  wrong_cloud: ['rejected', { role: READER, mistake: 'cloud' }],
  conditional_access: ['insufficient_permission', { role: READER, app: 'blocked_by_policy' }],
  insufficient_permission: ['insufficient_permission', { role: 'Virtual Machine Contributor' }],
  billing_reader: ['insufficient_permission', { role: 'Billing Reader' }],
  no_role: ['insufficient_permission', {}],
  no_subscription: ['insufficient_permission', { role: READER, mistake: 'subscription' }],
  other_tenant_subscription: ['rejected', { role: READER, mistake: 'other_tenant' }],
  overdue: ['accepted', { role: READER, subscription: 'PastDue' }],
  disabled_subscription: ['accepted', { role: READER, subscription: 'Disabled' }],
  deleted_subscription: ['rejected', { role: READER, subscription: 'Deleted' }],
  no_costs: ['accepted', { role: READER, costs: 'no_costs' }],
  cost_throttled: ['accepted', { role: READER, costs: 'throttled' }],
  hidden_charges: ['insufficient_permission', { role: READER, costs: 'hidden_charges' }],
  usgovernment: ['accepted', { role: READER, cloud: 'usgovernment' }],
  china: ['accepted', { role: READER, cloud: 'china' }],
  rate_limited: ['rate_limited', { role: READER, app: 'rate_limited' }],
  unreachable: ['unreachable', { role: READER, app: 'unreachable' }],
  provider_error: ['provider_error', { role: READER, app: 'provider_error' }],
  unavailable: ['provider_error', { role: READER, app: 'unavailable' }],
};

/** An application for everything that Azure tells apart, each in a directory of its own. */
export function azureCases(directory: AzureDirectory): ProviderCases {
  return Object.fromEntries(
    Object.entries(VARIANTS).map(([name, [outcome, variant]]) => [name, aCase(directory, outcome, variant)]),
  );
}

function aCase(directory: AzureDirectory, outcome: CaseOutcome, variant: Variant): SandboxCase {
  const { cloud = 'public', app: state = 'active', subscription = 'Enabled', costs = 'costs', role, mistake } = variant;
  const tenant_id = randomUUID();
  const app = directory.createApp({ cloud, tenant_id, state });
  const owner = mistake === 'other_tenant' ? randomUUID() : tenant_id;
  const subscriptionId = directory.createSubscription({ cloud, tenant_id: owner, state: subscription, costs });
  if (role) directory.grant(app.id, subscriptionId, role);
  const credentials = {
    tenant_id: mistake === 'tenant' ? randomUUID() : tenant_id,
    client_id: app.id,
    client_secret: mistake === 'secret' ? newClientSecret() : app.secret,
    subscription_id: mistake === 'subscription' ? randomUUID() : subscriptionId,
    ...(mistake === 'cloud' ? { cloud: 'usgovernment' } : cloud === 'public' ? {} : { cloud }),
  };
  return { credentials, expect: expectation(outcome) };
}
