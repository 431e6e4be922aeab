import type { UnaryMethod } from '../kit/grpc.ts';
import { pageOf, type PageRequest } from '../kit/paging.ts';
import type { Message } from '../kit/protos.ts';
import { alreadyExists, projectOf, type PubSubAccess } from './access.ts';
import type { Deliveries } from './deliveries.ts';
import { maskedUpdate } from './masked-update.ts';
import { checkedPush, checkedSubscription, type PushConfig, type SubscriptionMessage } from './settings.ts';

interface UpdateSubscriptionRequest {
  readonly subscription: SubscriptionMessage;
  readonly updateMask: { readonly paths: readonly string[] } | null;
}

interface ModifyPushRequest {
  readonly subscription: string;
  readonly pushConfig: PushConfig | null;
}

const CHANGEABLE = [
  ...['push_config', 'ack_deadline_seconds', 'message_retention_duration', 'labels', 'expiration_policy'],
  ...['dead_letter_policy', 'retry_policy', 'retain_acked_messages', 'enable_exactly_once_delivery'],
];

/** The administrative half of google.pubsub.v1.Subscriber; `changed` hears of every subscription made, altered or gone. */
export function subscriptionMethods(
  access: PubSubAccess,
  deliveries: Deliveries,
  changed: (name: string) => void,
): Record<string, UnaryMethod> {
  const { store } = access;
  const save = (subscription: SubscriptionMessage): SubscriptionMessage => {
    store.saveSubscription(subscription);
    changed(subscription.name);
    return subscription;
  };
  return {
    CreateSubscription(wanted: Message & { name: string; topic: string }, caller) {
      access.require(caller, 'pubsub.subscriptions.create', projectOf(wanted.name, 'subscriptions'));
      access.require(caller, 'pubsub.topics.attachSubscription', wanted.topic);
      access.topic(wanted.topic);
      if (store.subscription(wanted.name)) throw alreadyExists(wanted.name);
      return save(checkedSubscription(wanted));
    },
    GetSubscription({ subscription }: { subscription: string }, caller) {
      access.require(caller, 'pubsub.subscriptions.get', subscription);
      return access.subscription(subscription);
    },
    ListSubscriptions({ project, ...page }: PageRequest & { project: string }, caller) {
      access.require(caller, 'pubsub.subscriptions.list', project);
      const { items, nextPageToken } = pageOf(store.subscriptions(project), page);
      return { subscriptions: items, nextPageToken };
    },
    UpdateSubscription({ subscription, updateMask }: UpdateSubscriptionRequest, caller) {
      access.require(caller, 'pubsub.subscriptions.update', subscription.name);
      const current = access.subscription(subscription.name);
      return save(checkedSubscription(maskedUpdate(current, subscription, updateMask?.paths ?? [], CHANGEABLE)));
    },
    ModifyPushConfig({ subscription, pushConfig }: ModifyPushRequest, caller) {
      access.require(caller, 'pubsub.subscriptions.update', subscription);
      save({ ...access.subscription(subscription), pushConfig: checkedPush(pushConfig) });
      deliveries.retryNow(subscription);
      return {};
    },
    DeleteSubscription({ subscription }: { subscription: string }, caller) {
      access.require(caller, 'pubsub.subscriptions.delete', subscription);
      access.subscription(subscription);
      store.removeSubscription(subscription);
      changed(subscription);
      return {};
    },
  };
}
