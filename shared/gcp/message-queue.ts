import { v1 } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import type { Platform } from '../platform/platform.ts';

export interface QueuedMessage {
  readonly ackId: string;
  readonly data: string;
}

/** A pull subscription that a job empties; what is not acknowledged comes back. */
export interface MessageQueue {
  /** What is there now, at most 100 messages. */
  pull(): Promise<QueuedMessage[]>;
  acknowledge(ackIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const MAX_MESSAGES = 100;
const CALL_LIMIT_MS = 10_000;

/** A subscription of our own project. */
export function messageQueue({ config, auth }: Platform, name: string): MessageQueue {
  const client = new v1.SubscriberClient({
    projectId: config.projectId,
    ...endpointOf(config),
    ...(auth ? { authClient: auth } : {}),
  });
  const subscription = client.subscriptionPath(config.projectId, name);
  return {
    async pull() {
      // A job does not wait for messages: it takes what lies there.
      const request = { subscription, maxMessages: MAX_MESSAGES, returnImmediately: true };
      const [{ receivedMessages }] = await client.pull(request, { timeout: CALL_LIMIT_MS });
      return (receivedMessages ?? []).map(({ ackId, message }) => ({
        ackId: ackId ?? '',
        data: Buffer.from((message?.data ?? '') as Uint8Array).toString(),
      }));
    },
    async acknowledge(ackIds) {
      await client.acknowledge({ subscription, ackIds: [...ackIds] }, { timeout: CALL_LIMIT_MS });
    },
    close: () => client.close(),
  };
}

function endpointOf({ endpoints }: Platform['config']): object {
  if (!endpoints.pubsub) return {};
  const { hostname, port } = new URL(`http://${endpoints.pubsub.replace(/^https?:\/\//, '')}`);
  return { apiEndpoint: hostname, port: Number(port), sslCreds: credentials.createInsecure() };
}
