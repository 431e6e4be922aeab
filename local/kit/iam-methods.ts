import { createHash } from 'node:crypto';
import { ApiError } from './api-error.ts';
import type { AccessPolicy, Binding, Caller } from './contracts.ts';
import type { GrpcService, UnaryMethod } from './grpc.ts';
import { mixinProtos } from './protos.ts';

interface PolicyMessage {
  readonly bindings?: readonly (Binding & { readonly condition?: object | null })[];
  readonly etag?: Buffer;
}

/** What a service says about its own resources: who may see or change a policy, and whether the resource is there. */
export interface PolicyHolder {
  require(caller: Caller, verb: 'getIamPolicy' | 'setIamPolicy', resource: string): void;
  allows(caller: Caller, permission: string, resource: string): boolean;
  assertExists(resource: string): void;
}

/** The google.iam.v1.IAMPolicy mixin over the project's one access policy. */
export function iamPolicyService(policy: AccessPolicy, holder: PolicyHolder): GrpcService {
  const unary: Record<string, UnaryMethod> = {
    GetIamPolicy({ resource }: { resource: string }, caller) {
      holder.require(caller, 'getIamPolicy', resource);
      holder.assertExists(resource);
      return policyMessage(policy.bindings(resource));
    },
    SetIamPolicy({ resource, policy: wanted }: { resource: string; policy: PolicyMessage | null }, caller) {
      holder.require(caller, 'setIamPolicy', resource);
      holder.assertExists(resource);
      assertUnchanged(policy.bindings(resource), wanted?.etag);
      policy.setBindings(resource, plainBindings(wanted));
      return policyMessage(policy.bindings(resource));
    },
    TestIamPermissions({ resource, permissions }: { resource: string; permissions: string[] }, caller) {
      return { permissions: permissions.filter((permission) => holder.allows(caller, permission, resource)) };
    },
  };
  return { type: mixinProtos('iam_service').lookupService('google.iam.v1.IAMPolicy'), unary };
}

function plainBindings(policy: PolicyMessage | null): Binding[] {
  return (policy?.bindings ?? []).map(({ role, members, condition }) => {
    // A condition that is not evaluated would grant more than it says.
    if (condition) throw new ApiError(501, 'Conditional role bindings are not implemented by the embedded cloud.');
    return { role, members };
  });
}

function policyMessage(bindings: readonly Binding[]): object {
  return { version: 1, bindings, etag: etagOf(bindings) };
}

function etagOf(bindings: readonly Binding[]): Buffer {
  return createHash('sha256').update(JSON.stringify(bindings)).digest().subarray(0, 8);
}

function assertUnchanged(bindings: readonly Binding[], etag: Buffer | undefined): void {
  if (!etag?.length || etagOf(bindings).equals(etag)) return;
  throw new ApiError(
    409,
    'There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.',
    { status: 'ABORTED' },
  );
}
