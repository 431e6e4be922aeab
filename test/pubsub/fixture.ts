import { PubSub, v1, type CreateSubscriptionOptions } from '@google-cloud/pubsub';
import { grpc, googleAuthLibrary } from 'google-gax';
import { startPubSub } from '../../local/pubsub/pubsub.ts';
import { fakeContext, PROJECT, type FakeContext } from '../kit/fake-context.ts';

export interface PubSubFixture {
  readonly context: FakeContext;
  readonly address: string;
  /** The official client without credentials, as to an emulator host. */
  readonly client: PubSub;
  readonly publisher: v1.PublisherClient;
  readonly subscriber: v1.SubscriberClient;
  /** What is still to be delivered, to whichever subscription. */
  backlog(): number;
  close(): Promise<void>;
}

export const topicName = (id: string): string => `projects/${PROJECT}/topics/${id}`;
export const subscriptionName = (id: string): string => `projects/${PROJECT}/subscriptions/${id}`;

export async function pubSub(file?: string): Promise<PubSubFixture> {
  const context = fakeContext(file);
  const idToken = async (email: string, audience: string) => `${email}>${audience}`;
  const service = await startPubSub(context, { idToken });
  const [apiEndpoint = '', port] = service.address.split(':');
  // Unused over an insecure channel; without it the client would look for a metadata server.
  const authClient = new googleAuthLibrary.OAuth2Client();
  const options = { apiEndpoint, port: Number(port), sslCreds: grpc.credentials.createInsecure(), authClient };
  const client = new PubSub({ projectId: PROJECT, apiEndpoint: service.address, emulatorMode: true, authClient });
  const publisher = new v1.PublisherClient(options);
  const subscriber = new v1.SubscriberClient(options);
  return {
    context,
    address: service.address,
    client,
    publisher,
    subscriber,
    backlog: () => Number(context.db.prepare('SELECT count(*) AS n FROM pubsub_deliveries').get()?.['n']),
    close: async () => {
      await Promise.all([client.close(), publisher.close(), subscriber.close()]);
      await service.close();
      context.db.close();
    },
  };
}

/** A push subscription with the back-off of the real set-up: 10 s to 600 s. */
export function pushTo(url: string, more: CreateSubscriptionOptions = {}): CreateSubscriptionOptions {
  const retryPolicy = { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 600 } };
  return { pushConfig: { pushEndpoint: url }, retryPolicy, ...more };
}
