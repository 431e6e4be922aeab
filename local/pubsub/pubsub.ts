import type { Caller, ServiceContext } from '../kit/contracts.ts';
import { grpcStatus, serveGrpc, type Duplex, type GrpcService } from '../kit/grpc.ts';
import { iamPolicyService } from '../kit/iam-methods.ts';
import { packagedProtos } from '../kit/protos.ts';
import { PubSubAccess, TRUSTED } from './access.ts';
import { Deliveries } from './deliveries.ts';
import { MessageStore } from './message-store.ts';
import { MAX_PUBLISH_BYTES } from './publish-limits.ts';
import { pullMethods } from './pull-methods.ts';
import { PushFleet } from './push-fleet.ts';
import { StreamingPull } from './streaming-pull.ts';
import { subscriptionMethods } from './subscription-methods.ts';
import { topicMethods } from './topic-methods.ts';

export interface PubSubDeps {
  /** An OIDC ID token of a service account, for push endpoints. */
  idToken(email: string, audience: string): Promise<string>;
}

/** Pub/Sub over gRPC, with push delivery: each message is on disk before it is confirmed and until it is acknowledged. */
export async function startPubSub(
  context: ServiceContext,
  deps: PubSubDeps,
  options: { readonly port?: number } = {},
): Promise<{ address: string; close(): Promise<void> }> {
  const { db, clock, policy, faults, journal } = context;
  const access = new PubSubAccess(new MessageStore(db), policy);
  const deliveries = new Deliveries(access.store, clock);
  const fleet = new PushFleet({
    deliveries,
    faults,
    journal,
    idToken: (email, audience) => deps.idToken(email, audience),
  });
  deliveries.start();
  fleet.start();
  const server = await serveGrpc(context, {
    service: 'pubsub',
    services: pubSubServices(context, access, deliveries, fleet),
    trusted: TRUSTED,
    port: options.port ?? 0,
    // Room for the framing around the largest publish request, so that one too large is refused in Google's words.
    maxMessageBytes: 2 * MAX_PUBLISH_BYTES,
  });
  return {
    address: server.address,
    async close() {
      await server.close();
      await fleet.close();
      deliveries.stop();
    },
  };
}

function pubSubServices(
  { policy }: ServiceContext,
  access: PubSubAccess,
  deliveries: Deliveries,
  fleet: PushFleet,
): GrpcService[] {
  const protos = packagedProtos('@google-cloud/pubsub');
  const kind = (resource: string) => (resource.includes('/topics/') ? 'topics' : 'subscriptions');
  return [
    { type: protos.lookupService('google.pubsub.v1.Publisher'), unary: topicMethods(access, deliveries) },
    {
      type: protos.lookupService('google.pubsub.v1.Subscriber'),
      unary: {
        ...subscriptionMethods(access, deliveries, (name) => fleet.refresh(name)),
        ...pullMethods(access, deliveries),
      },
      streams: { StreamingPull: (stream, caller) => streamingPull(stream, caller, access, deliveries) },
    },
    iamPolicyService(policy, {
      require: (caller, verb, resource) => access.require(caller, `pubsub.${kind(resource)}.${verb}`, resource),
      allows: (caller, permission, resource) => access.allows(caller, permission, resource),
      assertExists: (resource) => access.assertExists(resource),
    }),
  ];
}

function streamingPull(stream: Duplex, caller: Caller, access: PubSubAccess, deliveries: Deliveries): void {
  const pull = new StreamingPull(stream, caller, access, deliveries);
  stream.on('data', (request) => {
    try {
      pull.receive(request as never);
    } catch (err) {
      pull.end();
      stream.emit('error', grpcStatus('pubsub', err));
    }
  });
  stream.on('end', () => {
    pull.end();
    stream.end();
  });
  stream.on('cancelled', () => pull.end());
}
