import { createHash } from 'node:crypto';
import { ApiError } from '../../kit/api-error.ts';
import type { ApiRequest, ApiRoute } from '../../kit/api-server.ts';
import type { Binding } from '../../kit/contracts.ts';
import { invalid, tableResource } from '../errors.ts';
import { isObject, jsonBody } from '../requests.ts';
import type { Services } from '../services.ts';
import { route } from './route.ts';
import { tableRef } from './table-routes.ts';

interface PolicyBody {
  readonly policy?: {
    readonly bindings?: readonly (Binding & { readonly condition?: unknown })[];
    readonly etag?: string;
  };
}

/** IAM policies of tables. */
export function iamRoutes(services: Services): ApiRoute[] {
  const one = '/projects/{projectId}/datasets/{datasetId}/tables/{tableId}';
  const { access, catalog, ctx } = services;
  const existing = (request: ApiRequest, permission: string): string => {
    const ref = tableRef(request);
    access.requireTable(request.caller, permission, ref);
    catalog.existing(ref);
    return tableResource(ref);
  };
  return [
    route('tables.getIamPolicy', `POST ${one}:getIamPolicy`, 'read', (request) => ({
      body: policyBody(ctx.policy.bindings(existing(request, 'bigquery.tables.getIamPolicy'))),
    })),
    route('tables.setIamPolicy', `POST ${one}:setIamPolicy`, 'write', async (request) => {
      const resource = existing(request, 'bigquery.tables.setIamPolicy');
      const { policy = {} } = await jsonBody<PolicyBody>(request);
      assertPolicy(policy);
      assertUnchanged(ctx.policy.bindings(resource), policy.etag);
      ctx.policy.setBindings(resource, unconditional(policy.bindings ?? []));
      return { body: policyBody(ctx.policy.bindings(resource)) };
    }),
    route('tables.testIamPermissions', `POST ${one}:testIamPermissions`, 'read', async (request) => {
      const { permissions = [] } = await jsonBody<{ permissions?: unknown }>(request);
      if (!isTextList(permissions)) throw invalid('Invalid value for permissions: a list of names is expected');
      const resource = tableResource(tableRef(request));
      return {
        body: { permissions: permissions.filter((permission) => access.allows(request.caller, permission, resource)) },
      };
    }),
  ];
}

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function assertPolicy(policy: unknown): asserts policy is NonNullable<PolicyBody['policy']> {
  const bindings: unknown = isObject(policy) ? (policy['bindings'] ?? []) : undefined;
  const isWell =
    Array.isArray(bindings) &&
    bindings.every((one) => isObject(one) && typeof one['role'] === 'string' && isTextList(one['members'] ?? []));
  if (!isWell) throw invalid('Invalid value for policy: bindings of a role and members are expected');
}

function unconditional(bindings: NonNullable<PolicyBody['policy']>['bindings'] = []): Binding[] {
  return bindings.map(({ role, members, condition }) => {
    // A condition that is not evaluated would grant more than it says.
    if (condition) throw new ApiError(501, 'Conditional role bindings are not implemented by the embedded cloud.');
    return { role, members: members ?? [] };
  });
}

const policyEtag = (bindings: readonly Binding[]): string =>
  createHash('sha256').update(JSON.stringify(bindings)).digest().subarray(0, 8).toString('base64');

const policyBody = (bindings: readonly Binding[]) => ({ version: 1, bindings, etag: policyEtag(bindings) });

function assertUnchanged(bindings: readonly Binding[], etag: string | undefined): void {
  if (!etag || etag === policyEtag(bindings)) return;
  throw new ApiError(
    409,
    'There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.',
    { status: 'ABORTED' },
  );
}
