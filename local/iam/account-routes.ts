import type { ApiRequest, ApiRoute } from '../kit/api-server.ts';
import { pageOf } from '../kit/paging.ts';
import type { ServiceAccount } from './accounts.ts';
import type { Iam } from './iam.ts';
import { readPolicy, testPermissions, writePolicy } from './policy-requests.ts';
import {
  accountFor,
  accountName,
  jsonObject,
  objectField,
  projectId,
  requirePermission,
  route,
  textField,
} from './requests.ts';

export const ACCOUNT = '/v1/projects/(?<project>[^/:]+)/serviceAccounts/(?<account>[^/:]+)';
const COLLECTION = /^\/v1\/projects\/(?<project>[^/:]+)\/serviceAccounts$/;
const MAX_PAGE_SIZE = 100;

/** `projects.serviceAccounts` of IAM v1. */
export function accountRoutes(iam: Iam): ApiRoute[] {
  const { accounts } = iam.internals;
  const one = new RegExp(`^${ACCOUNT}$`);
  const action = (verb: string): RegExp => new RegExp(`^${ACCOUNT}:${verb}$`);
  const update = async (request: ApiRequest, fields: Record<string, unknown>, mask: readonly string[] | undefined) => {
    const account = accountFor(iam, request, 'iam.serviceAccounts.update');
    const changed = (name: 'displayName' | 'description'): string =>
      mask?.includes(name) === false ? account[name] : textField(fields, name, mask ? '' : account[name]);
    accounts.describe(account.uniqueId, changed('displayName'), changed('description'));
    return { body: resourceOf(accounts.find(account.uniqueId)!) };
  };
  const setDisabled = (disabled: boolean) => (request: ApiRequest) => {
    const account = accountFor(iam, request, `iam.serviceAccounts.${disabled ? 'disable' : 'enable'}`);
    iam.setAccountDisabled(account.email, disabled);
    return { body: {} };
  };

  return [
    route('POST', COLLECTION, 'serviceAccounts.create', async (request) => {
      const project = projectId(iam, request.caller, request.params['project']);
      requirePermission(iam, request.caller, 'iam.serviceAccounts.create', `projects/${project}`);
      const body = await jsonObject(request);
      const fields = objectField(body, 'serviceAccount');
      const names = [textField(body, 'accountId'), textField(fields, 'displayName'), textField(fields, 'description')];
      return { body: resourceOf(accounts.create(project, ...(names as [string, string, string]))) };
    }),
    route('GET', COLLECTION, 'serviceAccounts.list', ({ caller, params, query }) => {
      const project = projectId(iam, caller, params['project']);
      requirePermission(iam, caller, 'iam.serviceAccounts.list', `projects/${project}`);
      const request = { pageSize: Number(query.get('pageSize') ?? 0), pageToken: query.get('pageToken') ?? '' };
      const { items, nextPageToken } = pageOf(accounts.list(project), request, MAX_PAGE_SIZE);
      return { body: { accounts: items.map(resourceOf), ...(nextPageToken ? { nextPageToken } : {}) } };
    }),
    route('GET', one, 'serviceAccounts.get', (request) => ({
      body: resourceOf(accountFor(iam, request, 'iam.serviceAccounts.get')),
    })),
    route('PATCH', one, 'serviceAccounts.patch', async (request) => {
      const body = await jsonObject(request);
      const mask = textField(body, 'updateMask') || request.query.get('updateMask') || '';
      const names = mask.split(',').map((name) => name.replace('display_name', 'displayName'));
      return update(request, objectField(body, 'serviceAccount'), mask ? names : undefined);
    }),
    route('PUT', one, 'serviceAccounts.update', async (request) =>
      update(request, await jsonObject(request), undefined),
    ),
    route('DELETE', one, 'serviceAccounts.delete', (request) => {
      iam.deleteServiceAccount(accountFor(iam, request, 'iam.serviceAccounts.delete').email);
      return { body: {} };
    }),
    route('POST', action('undelete'), 'serviceAccounts.undelete', ({ caller, params }) => {
      const project = projectId(iam, caller, params['project']);
      requirePermission(iam, caller, 'iam.serviceAccounts.undelete', `projects/${project}`);
      return { body: { restoredAccount: resourceOf(iam.undeleteServiceAccount(params['account'] ?? '')) } };
    }),
    route('POST', action('disable'), 'serviceAccounts.disable', setDisabled(true)),
    route('POST', action('enable'), 'serviceAccounts.enable', setDisabled(false)),
    ...policyRoutes(iam, action),
  ];
}

function policyRoutes(iam: Iam, action: (verb: string) => RegExp): ApiRoute[] {
  const named = (request: ApiRequest, verb: string): string =>
    accountName(accountFor(iam, request, `iam.serviceAccounts.${verb}`));
  return [
    route('POST', action('getIamPolicy'), 'serviceAccounts.getIamPolicy', (request) =>
      readPolicy(iam, named(request, 'getIamPolicy')),
    ),
    route('POST', action('setIamPolicy'), 'serviceAccounts.setIamPolicy', (request) =>
      writePolicy(iam, named(request, 'setIamPolicy'), request),
    ),
    // Testing needs no right of its own.
    route('POST', action('testIamPermissions'), 'serviceAccounts.testIamPermissions', (request) => {
      const account = iam.findServiceAccount(request.params['account'] ?? '');
      return account ? testPermissions(iam, accountName(account), request) : { body: {} };
    }),
  ];
}

function resourceOf(account: ServiceAccount): object {
  const { projectId: project, uniqueId, email, displayName, description, disabled } = account;
  return {
    name: accountName(account),
    projectId: project,
    uniqueId,
    email,
    ...(displayName ? { displayName } : {}),
    ...(description ? { description } : {}),
    etag: Buffer.from(JSON.stringify([displayName, description, disabled])).toString('base64'),
    oauth2ClientId: uniqueId,
    ...(disabled ? { disabled } : {}),
  };
}
