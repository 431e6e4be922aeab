import { apiListener, listen } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import { serveGrpc, type GrpcService, type UnaryMethod } from '../kit/grpc.ts';
import { iamPolicyService } from '../kit/iam-methods.ts';
import { packagedProtos } from '../kit/protos.ts';
import { transcodedRoutes } from '../kit/transcoding.ts';
import { cipherMethods } from './cipher-methods.ts';
import { KeyAccess } from './key-access.ts';
import { KeyLifecycle } from './key-lifecycle.ts';
import { keyMethods, ringMethods } from './key-methods.ts';
import { KeyStore } from './key-store.ts';
import { locationService } from './location-methods.ts';
import { versionMethods } from './version-methods.ts';

export interface KmsOptions {
  readonly restPort?: number;
  readonly grpcPort?: number;
}

/** Cloud KMS for symmetric keys: one implementation behind REST and gRPC. */
export async function startKms(
  context: ServiceContext,
  options: KmsOptions = {},
): Promise<{ restUrl: string; grpcAddress: string; close(): Promise<void> }> {
  const services = kmsServices(context);
  const { auth, faults, journal } = context;
  // The protos know POST alone for reading a policy; the REST API has always answered GET.
  const routes = services.flatMap((service) =>
    transcodedRoutes(service, { GetIamPolicy: { get: '/v1/{resource=**}:getIamPolicy' } }),
  );
  const rest = await listen(
    apiListener({ service: 'kms', routes, auth, faults, journal, maxBodyBytes: 1 << 20 }),
    options.restPort,
  );
  const rpc = await serveGrpc(context, { service: 'kms', services, port: options.grpcPort ?? 0 });
  return {
    restUrl: rest.url,
    grpcAddress: rpc.address,
    close: async () => {
      await Promise.all([rest.close(), rpc.close()]);
    },
  };
}

function kmsServices({ db, clock, policy, location }: ServiceContext): GrpcService[] {
  const access = new KeyAccess(new KeyStore(db), policy);
  const lifecycle = new KeyLifecycle(access.store, db, clock);
  const deps = { access, lifecycle, db, clock };
  clock.onAdvance(() => lifecycle.catchUp());
  const unary = caughtUp(lifecycle, {
    ...ringMethods(deps),
    ...keyMethods(deps),
    ...versionMethods(access, lifecycle, clock),
    ...cipherMethods(access),
  });
  const type = packagedProtos('@google-cloud/kms').lookupService('google.cloud.kms.v1.KeyManagementService');
  const kind = (resource: string) => (resource.includes('/cryptoKeys/') ? 'cryptoKeys' : 'keyRings');
  const iam = iamPolicyService(policy, {
    require: (caller, verb, resource) => access.require(caller, `cloudkms.${kind(resource)}.${verb}`, resource),
    allows: (caller, permission, resource) => access.allows(caller, permission, resource),
    assertExists: (resource) => access.assertExists(resource),
  });
  return [{ type, unary }, iam, locationService(access, location)];
}

/** Every call sees rotations and destructions that have come due. */
function caughtUp(lifecycle: KeyLifecycle, methods: Record<string, UnaryMethod>): Record<string, UnaryMethod> {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]): [string, UnaryMethod] => [
      name,
      (request, caller, signal) => {
        lifecycle.catchUp();
        return method(request, caller, signal);
      },
    ]),
  );
}
