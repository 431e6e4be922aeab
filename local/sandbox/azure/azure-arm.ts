import type { SandboxAnswer } from '../provider-server.ts';
import { armError } from './azure-arm-error.ts';
import type { AzureCall } from './azure-call.ts';
import type { Subscription, TokenHolder } from './azure-directory.ts';
import { GUID } from './azure-hosts.ts';
import { getSubscription, queryCosts, type ArmContext } from './azure-resources.ts';

interface Route {
  readonly name: string;
  readonly verb: string;
  readonly path: RegExp;
  /** Published versions of the API. */
  readonly versions: readonly string[];
  answer(subscription: Subscription, holder: TokenHolder, call: AzureCall, context: ArmContext): SandboxAnswer;
}

export const ARM_ROUTES: readonly Route[] = [
  {
    name: 'subscriptions.get',
    verb: 'GET',
    path: /^\/subscriptions\/([^/]+)$/,
    versions: ['2016-06-01', '2018-06-01', '2019-06-01', '2019-11-01', '2020-01-01', '2021-01-01', '2022-12-01'],
    answer: getSubscription,
  },
  {
    name: 'costs.query',
    verb: 'POST',
    path: /^\/subscriptions\/([^/]+)\/providers\/Microsoft\.CostManagement\/query$/i,
    versions: ['2023-11-01', '2024-08-01', '2025-03-01'],
    answer: queryCosts,
  },
];

/** Azure Resource Manager: version, token, subscription, role, and then the resource. */
export function answerArm(call: AzureCall, context: ArmContext): SandboxAnswer {
  const route = ARM_ROUTES.find(({ path, verb }) => path.test(call.path) && verb === call.verb);
  if (!route) return armError(404, 'InvalidResourceType', 'The resource type could not be found in the namespace.');
  const holder = holderOf(call, context);
  if ('status' in holder) return holder;
  const versionProblem = versionFault(call.query.getAll('api-version'), route.versions);
  if (versionProblem) return versionProblem;
  const subscription = subscriptionOf(route.path.exec(call.path)?.[1] ?? '', holder, context);
  return 'status' in subscription ? subscription : route.answer(subscription, holder, call, context);
}

function versionFault(asked: readonly string[], known: readonly string[]): SandboxAnswer | undefined {
  const [version] = asked;
  if (version === undefined) {
    const text = 'The api-version query parameter (?api-version=) is required for all requests.';
    return armError(400, 'MissingApiVersionParameter', text);
  }
  if (asked.length === 1 && known.includes(version)) return undefined;
  const text = `The api-version '${version}' is invalid. The supported versions are '${known.join(',')}'.`;
  return armError(400, 'InvalidApiVersionParameter', text);
}

function holderOf({ headers: { authorization } }: AzureCall, { directory, cloud }: ArmContext) {
  if (authorization === undefined) {
    return armError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  }
  const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/.exec(authorization)?.[1];
  const holder = token === undefined ? undefined : directory.holderOf(token);
  if (!holder) return armError(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
  if (holder.hasExpired) {
    return armError(
      401,
      'ExpiredAuthenticationToken',
      'The access token expiry UTC time is earlier than current UTC time.',
    );
  }
  if (holder.cloud === cloud) return holder;
  return armError(
    401,
    'InvalidAuthenticationTokenAudience',
    'The access token has been obtained for wrong audience or resource.',
  );
}

/** A subscription of the token's directory on which its holder has a role; ARM does not tell one that is hidden from one that is not there. */
function subscriptionOf(
  id: string,
  holder: TokenHolder,
  { directory, cloud }: ArmContext,
): Subscription | SandboxAnswer {
  if (!GUID.test(id)) {
    return armError(
      400,
      'InvalidSubscriptionId',
      `The provided subscription identifier '${id}' is malformed or invalid.`,
    );
  }
  const subscription = directory.subscription(id);
  if (!subscription || subscription.cloud !== cloud) return notFound(id);
  if (subscription.tenant_id !== holder.tenant_id) {
    const issuer = (tenant: string): string => `https://sts.windows.net/${tenant}/`;
    const text = `The access token is from the wrong issuer '${issuer(holder.tenant_id)}'. It must match the tenant '${issuer(subscription.tenant_id)}' associated with this subscription.`;
    return armError(401, 'InvalidAuthenticationTokenTenant', text);
  }
  return directory.roles(holder.client_id, subscription.id).length > 0 ? subscription : notFound(id);
}

function notFound(id: string): SandboxAnswer {
  return armError(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`);
}
