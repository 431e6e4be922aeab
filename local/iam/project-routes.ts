import type { ApiRequest, ApiRoute } from '../kit/api-server.ts';
import type { Caller } from '../kit/contracts.ts';
import { pageOf } from '../kit/paging.ts';
import type { KnownBillingAccount } from './billing-accounts.ts';
import type { Iam } from './iam.ts';
import { readPolicy, testPermissions, writePolicy } from './policy-requests.ts';
import { projectId, requirePermission, route } from './requests.ts';

const PROJECT = '/(?<version>v1|v3)/projects/(?<project>[^/]+?)';
const MAX_BILLING_ACCOUNTS = 100;
const BILLING_ACCOUNT = '/v1/billingAccounts/(?<account>[^/:]+)';

/** Cloud Resource Manager v1 and v3 for projects, and Cloud Billing's accounts for who may see them. */
export function projectRoutes(iam: Iam): ApiRoute[] {
  return [
    route('GET', new RegExp(`^${PROJECT}$`), 'projects.get', (request) => {
      const project = allowed(iam, request, 'resourcemanager.projects.get');
      return { body: request.params['version'] === 'v1' ? v1Project(iam, project) : v3Project(iam, project) };
    }),
    route('POST', new RegExp(`^${PROJECT}:getIamPolicy$`), 'projects.getIamPolicy', (request) =>
      readPolicy(iam, `projects/${allowed(iam, request, 'resourcemanager.projects.getIamPolicy')}`),
    ),
    route('POST', new RegExp(`^${PROJECT}:setIamPolicy$`), 'projects.setIamPolicy', (request) =>
      writePolicy(iam, `projects/${allowed(iam, request, 'resourcemanager.projects.setIamPolicy')}`, request),
    ),
    route('POST', new RegExp(`^${PROJECT}:testIamPermissions$`), 'projects.testIamPermissions', (request) =>
      testPermissions(iam, `projects/${projectOf(iam, request)}`, request),
    ),
    ...billingAccountRoutes(iam),
  ];
}

function billingAccountRoutes(iam: Iam): ApiRoute[] {
  const action = (verb: string): RegExp => new RegExp(`^${BILLING_ACCOUNT}:${verb}$`);
  const named = ({ params }: ApiRequest): string => `billingAccounts/${params['account']}`;
  const checked = (request: ApiRequest, permission: string): string => {
    requirePermission(iam, request.caller, permission, named(request));
    return named(request);
  };
  return [
    route('GET', /^\/v1\/billingAccounts$/, 'billingAccounts.list', ({ caller, query }) => {
      // Nobody is refused: who may see nothing gets an empty list.
      const seen = iam.internals.billingAccounts
        .list()
        .filter(({ id }) => iam.allows(caller, 'billing.accounts.list', `billingAccounts/${id}`));
      const page = { pageSize: Number(query.get('pageSize') ?? 0), pageToken: query.get('pageToken') ?? '' };
      const { items, nextPageToken } = pageOf(seen, page, MAX_BILLING_ACCOUNTS);
      return {
        body: {
          ...(items.length > 0 ? { billingAccounts: items.map(billingAccount) } : {}),
          ...(nextPageToken ? { nextPageToken } : {}),
        },
      };
    }),
    route('GET', action('getIamPolicy'), 'billingAccounts.getIamPolicy', (request) =>
      readPolicy(iam, checked(request, 'billing.accounts.getIamPolicy')),
    ),
    route('POST', action('setIamPolicy'), 'billingAccounts.setIamPolicy', (request) =>
      writePolicy(iam, checked(request, 'billing.accounts.setIamPolicy'), request),
    ),
    route('POST', action('testIamPermissions'), 'billingAccounts.testIamPermissions', (request) =>
      testPermissions(iam, named(request), request),
    ),
  ];
}

function billingAccount({ id, displayName, currencyCode }: KnownBillingAccount): object {
  return { name: `billingAccounts/${id}`, open: true, displayName, masterBillingAccount: '', parent: '', currencyCode };
}

function projectOf(iam: Iam, { caller, params }: { caller: Caller; params: ApiRequest['params'] }): string {
  return projectId(iam, caller, params['project']);
}

function allowed(iam: Iam, request: ApiRequest, permission: string): string {
  const project = projectOf(iam, request);
  requirePermission(iam, request.caller, permission, `projects/${project}`);
  return project;
}

function v1Project(iam: Iam, id: string): object {
  const { number, createdMs } = iam.internals.projects.ensure(id);
  const createTime = new Date(createdMs).toISOString();
  return { projectNumber: number, projectId: id, lifecycleState: 'ACTIVE', name: id, createTime };
}

function v3Project(iam: Iam, id: string): object {
  const { number, createdMs } = iam.internals.projects.ensure(id);
  const createTime = new Date(createdMs).toISOString();
  return {
    name: `projects/${number}`,
    projectId: id,
    state: 'ACTIVE',
    displayName: id,
    createTime,
    updateTime: createTime,
    etag: `W/"${number}"`,
  };
}
