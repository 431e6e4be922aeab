import { createHash } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '../kit/api-server.ts';
import type { Binding } from '../kit/contracts.ts';
import { GoogleError, invalidArgument } from './google-error.ts';
import type { Iam } from './iam.ts';
import { jsonObject, objectField, textField, textList } from './requests.ts';

/** The three IAM calls of a resource; who may make them is the caller's to check. */
export function readPolicy(iam: Iam, resource: string): ApiResponse {
  const bindings = iam.bindings(resource);
  return { body: { version: 1, etag: etagOf(bindings), ...(bindings.length > 0 ? { bindings } : {}) } };
}

/** Replaces a policy; an etag that is not today's means that somebody else was faster. */
export async function writePolicy(iam: Iam, resource: string, request: ApiRequest): Promise<ApiResponse> {
  const policy = objectField(await jsonObject(request), 'policy');
  const bindings = parseBindings(policy['bindings']);
  const etag = textField(policy, 'etag');
  if (etag && etag !== etagOf(iam.bindings(resource))) {
    const message =
      'There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.';
    throw new GoogleError(409, message, undefined, 'ABORTED');
  }
  iam.setBindings(resource, bindings);
  return readPolicy(iam, resource);
}

export async function testPermissions(iam: Iam, resource: string, request: ApiRequest): Promise<ApiResponse> {
  const permissions = textList(await jsonObject(request), 'permissions');
  for (const permission of permissions) {
    if (permission.includes('*')) throw invalidArgument(`Wildcard permissions are not allowed: ${permission}.`);
    if (!/^[a-zA-Z]+(\.[a-zA-Z]+){2}$/.test(permission)) {
      throw invalidArgument(`Permission ${permission} is not valid for this resource.`);
    }
  }
  const granted = permissions.filter((permission) => iam.allows(request.caller, permission, resource));
  return { body: granted.length > 0 ? { permissions: granted } : {} };
}

function parseBindings(value: unknown): Binding[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidArgument("Invalid value at 'policy.bindings': a list is expected.");
  return value.map((binding: Record<string, unknown>) => {
    // A condition that is not evaluated would grant more than it says.
    if (binding['condition']) {
      throw new GoogleError(501, 'Conditional role bindings are not implemented by the embedded cloud.');
    }
    return { role: textField(binding, 'role'), members: textList(binding, 'members') };
  });
}

function etagOf(bindings: readonly Binding[]): string {
  return createHash('sha256').update(JSON.stringify(bindings)).digest().subarray(0, 8).toString('base64');
}
