import { ApiError } from '../kit/api-error.ts';
import type { UnaryMethod } from '../kit/grpc.ts';
import type { PubSubAccess } from './access.ts';
import { receivedMessage, type Deliveries } from './deliveries.ts';
import type { SubscriptionMessage } from './settings.ts';

interface PullRequest {
  readonly subscription: string;
  readonly returnImmediately: boolean;
  readonly maxMessages: number;
}

interface AckRequest {
  readonly subscription: string;
  readonly ackIds: readonly string[];
}

/** How long a pull waits for a message before it answers with none. */
const PULL_WAIT_MS = 30_000;

/** Pull, Acknowledge and ModifyAckDeadline. */
export function pullMethods(access: PubSubAccess, deliveries: Deliveries): Record<string, UnaryMethod> {
  return {
    async Pull({ subscription: name, returnImmediately, maxMessages }: PullRequest, caller, signal) {
      access.require(caller, 'pubsub.subscriptions.consume', name);
      if (maxMessages < 1) throw new ApiError(400, 'max_messages must be greater than 0.');
      const subscription = assertPull(access.subscription(name));
      const take = () => deliveries.take(subscription, Math.min(maxMessages, 1000), leaseMs(subscription));
      let handouts = take();
      if (handouts.length === 0 && !returnImmediately) {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(PULL_WAIT_MS)]);
        while (handouts.length === 0 && (await wakened(deliveries, name, deadline))) handouts = take();
      }
      return { receivedMessages: handouts.map((handout) => receivedMessage(subscription, handout)) };
    },
    Acknowledge({ subscription, ackIds }: AckRequest, caller) {
      access.require(caller, 'pubsub.subscriptions.consume', subscription);
      access.subscription(subscription);
      deliveries.store.atomically(() => ackIds.forEach((ackId) => deliveries.ack(subscription, ackId)));
      return {};
    },
    ModifyAckDeadline(request: AckRequest & { ackDeadlineSeconds: number }, caller) {
      access.require(caller, 'pubsub.subscriptions.consume', request.subscription);
      modifyDeadlines(deliveries, access.subscription(request.subscription), request);
      return {};
    },
  };
}

/** Zero seconds give a message back. */
export function modifyDeadlines(
  deliveries: Deliveries,
  subscription: SubscriptionMessage,
  { ackIds, ackDeadlineSeconds }: { ackIds: readonly string[]; ackDeadlineSeconds: number },
): void {
  if (ackDeadlineSeconds < 0 || ackDeadlineSeconds > 600) {
    throw new ApiError(
      400,
      `Invalid ack deadline given (seconds=${ackDeadlineSeconds}): it must be between 0 and 600.`,
    );
  }
  deliveries.store.atomically(() => {
    for (const ackId of ackIds) {
      if (ackDeadlineSeconds === 0) deliveries.nack(subscription, ackId);
      else deliveries.extend(subscription, ackId, ackDeadlineSeconds);
    }
  });
}

export function assertPull(subscription: SubscriptionMessage): SubscriptionMessage {
  if (!subscription.pushConfig) return subscription;
  const message = 'This method is not supported for this subscription type.';
  throw new ApiError(400, message, { status: 'FAILED_PRECONDITION' });
}

function leaseMs({ ackDeadlineSeconds }: SubscriptionMessage): number {
  return ackDeadlineSeconds * 1000;
}

/** Waits for something to hand out; false when the caller's patience ended first. */
async function wakened(deliveries: Deliveries, name: string, deadline: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (deadline.aborted) return resolve(false);
    const finish = (hasMore: boolean): void => {
      detach();
      deadline.removeEventListener('abort', expire);
      setImmediate(resolve, hasMore);
    };
    const expire = (): void => finish(false);
    const detach = deliveries.attach(name, { wake: () => finish(true) });
    deadline.addEventListener('abort', expire, { once: true });
  });
}
