import { ApiError } from '../kit/api-error.ts';
import type { UnaryMethod } from '../kit/grpc.ts';
import { pageOf, type PageRequest } from '../kit/paging.ts';
import type { Message } from '../kit/protos.ts';
import { alreadyExists, projectOf, shortName, type PubSubAccess } from './access.ts';
import type { Deliveries } from './deliveries.ts';
import { maskedUpdate } from './masked-update.ts';
import { checkMessages } from './publish-limits.ts';
import type { NewMessage } from './message-store.ts';
import { checkedTopic, type TopicMessage } from './settings.ts';

interface UpdateTopicRequest {
  readonly topic: TopicMessage;
  readonly updateMask: { readonly paths: readonly string[] } | null;
}

const CHANGEABLE = ['labels', 'message_retention_duration', 'kms_key_name', 'message_storage_policy'];

/** google.pubsub.v1.Publisher. */
export function topicMethods(access: PubSubAccess, deliveries: Deliveries): Record<string, UnaryMethod> {
  const { store } = access;
  return {
    CreateTopic(topic: Message & { name: string }, caller) {
      access.require(caller, 'pubsub.topics.create', projectOf(topic.name, 'topics'));
      if (store.topic(topic.name)) throw alreadyExists(topic.name);
      store.saveTopic(checkedTopic(topic));
      return access.topic(topic.name);
    },
    GetTopic({ topic }: { topic: string }, caller) {
      access.require(caller, 'pubsub.topics.get', topic);
      return access.topic(topic);
    },
    ListTopics({ project, ...page }: PageRequest & { project: string }, caller) {
      access.require(caller, 'pubsub.topics.list', project);
      const { items, nextPageToken } = pageOf(store.topics(project), page);
      return { topics: items, nextPageToken };
    },
    ListTopicSubscriptions({ topic, ...page }: PageRequest & { topic: string }, caller) {
      access.require(caller, 'pubsub.topics.get', topic);
      const { items, nextPageToken } = pageOf(store.subscriptionsOf(access.topic(topic).name), page);
      return { subscriptions: items.map(({ name }) => name), nextPageToken };
    },
    UpdateTopic({ topic, updateMask }: UpdateTopicRequest, caller) {
      access.require(caller, 'pubsub.topics.update', topic.name);
      store.saveTopic(checkedTopic(maskedUpdate(access.topic(topic.name), topic, updateMask?.paths ?? [], CHANGEABLE)));
      return access.topic(topic.name);
    },
    DeleteTopic({ topic }: { topic: string }, caller) {
      access.require(caller, 'pubsub.topics.delete', topic);
      access.topic(topic);
      store.atomically(() => {
        // Subscriptions outlive their topic, with what is still in them.
        for (const subscription of store.subscriptionsOf(topic)) {
          store.saveSubscription({ ...subscription, topic: '_deleted-topic_' });
        }
        store.removeTopic(topic);
      });
      return {};
    },
    Publish({ topic, messages }: { topic: string; messages: NewMessage[] }, caller) {
      access.require(caller, 'pubsub.topics.publish', topic);
      if (!store.topic(topic)) throw new ApiError(404, `Resource not found (resource=${shortName(topic)}).`);
      checkMessages(messages);
      return { messageIds: deliveries.publish(topic, messages) };
    },
  };
}
