import { PubSub, type Topic } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import type { Platform } from '../platform/platform.ts';

/** How long a publish may take, all tries together, milliseconds: it has to fit into an HTTP request. */
const PUBLISH_TIMEOUT_MS = 3_000;

/** A topic of our own project. Messages leave at once: a function has no time after its answer. */
export function topicOf({ config, auth }: Platform, name: string): Topic {
  const pubsub = new PubSub({
    projectId: config.projectId,
    ...(config.endpoints.pubsub
      ? { apiEndpoint: config.endpoints.pubsub, sslCreds: credentials.createInsecure() }
      : {}),
    ...(auth ? { authClient: auth } : {}),
  });
  return pubsub.topic(name, { batching: { maxMessages: 1 }, gaxOpts: { timeout: PUBLISH_TIMEOUT_MS } });
}
