import type { Clock } from '../kit/contracts.ts';
import { timestamp, wireMs } from '../kit/wire-time.ts';
import { shortName } from './access.ts';
import { Alarm } from './alarm.ts';
import type { DeliveryRow, MessageStore, NewMessage, StoredMessage } from './message-store.ts';
import { backoffMs, type SubscriptionMessage } from './settings.ts';

/** A message handed out to a subscriber. */
export interface Handout {
  readonly ackId: string;
  readonly message: StoredMessage;
  /** Which attempt this is, from 1; Google tells it only where there is a dead-letter topic. */
  readonly attempt: number;
}

/** Hears of a subscription with something to hand out, and of messages that a subscriber no longer holds. */
export interface Subscriber {
  /** Must not take anything before it returns: a transaction may be open. */
  wake(): void;
  released?(message: number): void;
}

/** The life of messages between publish and acknowledgement, for push and pull alike. */
export class Deliveries {
  readonly store: MessageStore;
  readonly #clock: Clock;
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  /** Attempt by subscription and message of what is held right now: who gave a message back cannot extend it any more. */
  readonly #held = new Map<string, number>();
  readonly #alarm: Alarm;
  #isStopped = false;

  constructor(store: MessageStore, clock: Clock) {
    this.store = store;
    this.#clock = clock;
    this.#alarm = new Alarm(
      () => this.#untilNextMs(),
      () => this.wake(),
    );
  }

  /** Nobody holds a message at the start: what a crash left unacknowledged is due at once, its attempts kept. */
  start(): void {
    this.store.releaseAll(this.nowMs());
    this.#clock.onAdvance(() => this.wake());
    this.wake();
  }

  /** Hands out nothing any more: calls that were cut off may still be on their way. */
  stop(): void {
    this.#isStopped = true;
    this.#alarm.stop();
    this.#subscribers.clear();
  }

  #untilNextMs(): number | undefined {
    const next = this.store.nextDueMs(this.nowMs());
    return next === undefined ? undefined : next - this.nowMs();
  }

  nowMs(): number {
    return Number(this.#clock.now());
  }

  /** Tells `subscriber` about a subscription until the returned function is called. */
  attach(subscription: string, subscriber: Subscriber): () => void {
    const all = this.#subscribers.get(subscription) ?? new Set();
    this.#subscribers.set(subscription, all.add(subscriber));
    return () => all.delete(subscriber);
  }

  /** Wakes the subscribers of the named subscriptions, or all. */
  wake(names: Iterable<string> = this.#subscribers.keys()): void {
    for (const name of names) for (const subscriber of this.#subscribers.get(name) ?? []) subscriber.wake();
  }

  /** Writes messages for every subscription of a topic, all or none, and hands them on. */
  publish(topic: string, messages: readonly NewMessage[]): string[] {
    const names = this.store.subscriptionsOf(topic).map(({ name }) => name);
    const ids = this.store.atomically(() =>
      messages.map((message) => String(this.store.addMessage(message, names, this.nowMs()))),
    );
    this.wake(names);
    return ids;
  }

  /** Hands out what is due; `leaseMs` of null lasts until `ack` or `nack`, as a push does. */
  take(subscription: SubscriptionMessage, limit: number, leaseMs: number | null): Handout[] {
    if (this.#isStopped) return [];
    const handouts = this.store.atomically(() => {
      this.#dropExpired(subscription);
      const rows = this.store.due(subscription.name, subscription.enableMessageOrdering, this.nowMs(), limit);
      return rows
        .filter((row) => !this.#gaveUp(subscription, row))
        .map((row) => this.#handOut(subscription, row, leaseMs));
    });
    this.#alarm.set();
    return handouts;
  }

  ack(subscription: string, ackId: string): void {
    // Even a late acknowledgement means that the message was dealt with.
    const { row } = this.#rowOf(subscription, ackId) ?? {};
    if (!row) return;
    this.store.removeDelivery(row);
    this.#released(row);
    // The next message of the same ordering key may go now.
    if (row.ordering_key) this.wake([subscription]);
  }

  /** Gives a message back; it is due again after the subscription's back-off, or `restMs` where there is none. */
  nack(subscription: SubscriptionMessage, ackId: string, restMs = 0): void {
    const { row, isHeld } = this.#rowOf(subscription.name, ackId) ?? {};
    if (!row || !isHeld) return;
    this.#released(row);
    if (this.#gaveUp(subscription, row)) return;
    const dueMs = this.nowMs() + (backoffMs(subscription, row.attempts) ?? restMs);
    this.store.reschedule(row, row.attempts, dueMs);
    this.#alarm.set();
    this.wake([subscription.name]);
  }

  /** Gives back a message that reached nobody: the attempt does not count. */
  putBack(subscription: SubscriptionMessage, ackId: string, restMs: number): void {
    const { row, isHeld } = this.#rowOf(subscription.name, ackId) ?? {};
    if (!row || !isHeld) return;
    this.#released(row);
    this.store.reschedule(row, row.attempts - 1, this.nowMs() + restMs);
    this.#alarm.set();
  }

  /** Tries at once what a subscription keeps for later, as its endpoint was set anew. */
  retryNow(subscription: string): void {
    this.store.endRests(subscription, this.nowMs());
    this.wake([subscription]);
  }

  extend(subscription: SubscriptionMessage, ackId: string, seconds: number): void {
    const { row, isHeld } = this.#rowOf(subscription.name, ackId) ?? {};
    if (!row || !isHeld) return;
    this.store.reschedule(row, row.attempts, this.#leaseEnd(subscription, row.attempts, seconds * 1000));
    this.#alarm.set();
  }

  #handOut(subscription: SubscriptionMessage, row: DeliveryRow, leaseMs: number | null): Handout {
    this.#released(row);
    const attempt = row.attempts + 1;
    this.#held.set(heldKey(row), attempt);
    const dueMs = leaseMs === null ? null : this.#leaseEnd(subscription, attempt, leaseMs);
    this.store.reschedule(row, attempt, dueMs);
    return { ackId: `${row.message}-${attempt}`, message: this.store.message(row.message), attempt };
  }

  /** A lease that runs out is a failed delivery, so the back-off follows it. */
  #leaseEnd(subscription: SubscriptionMessage, attempt: number, leaseMs: number): number {
    return this.nowMs() + leaseMs + (backoffMs(subscription, attempt) ?? 0);
  }

  #rowOf(subscription: string, ackId: string): { row: DeliveryRow; isHeld: boolean } | undefined {
    const [message, attempt] = ackId.split('-').map(Number);
    const row = this.store.delivery(subscription, message ?? NaN);
    return row && { row, isHeld: this.#held.get(heldKey(row)) === attempt };
  }

  #released(row: DeliveryRow): void {
    this.#held.delete(heldKey(row));
    for (const subscriber of this.#subscribers.get(row.subscription) ?? []) subscriber.released?.(row.message);
  }

  #dropExpired(subscription: SubscriptionMessage): void {
    const retentionMs = wireMs(subscription.messageRetentionDuration) ?? 0;
    for (const row of this.store.publishedBefore(subscription.name, this.nowMs() - retentionMs)) {
      this.store.removeDelivery(row);
      this.#released(row);
    }
  }

  /** Moves a message that failed too often to the dead-letter topic; false when it stays. */
  #gaveUp(subscription: SubscriptionMessage, row: DeliveryRow): boolean {
    const policy = subscription.deadLetterPolicy;
    if (!policy || row.attempts < policy.maxDeliveryAttempts || !this.store.topic(policy.deadLetterTopic)) return false;
    this.store.atomically(() => {
      this.publish(policy.deadLetterTopic, [deadLetter(subscription, row, this.store.message(row.message))]);
      this.store.removeDelivery(row);
    });
    if (row.ordering_key) this.wake([subscription.name]);
    return true;
  }
}

function heldKey({ subscription, message }: DeliveryRow): string {
  return `${subscription} ${message}`;
}

function deadLetter({ name }: SubscriptionMessage, { attempts }: DeliveryRow, message: StoredMessage): NewMessage {
  const attributes = {
    ...message.attributes,
    CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
    CloudPubSubDeadLetterSourceSubscription: shortName(name),
    CloudPubSubDeadLetterSourceSubscriptionProject: name.split('/')[1] ?? '',
    CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.publishMs).toISOString(),
  };
  return { ...message, attributes };
}

/** A message as google.pubsub.v1.ReceivedMessage. */
export function receivedMessage(
  { deadLetterPolicy }: SubscriptionMessage,
  { ackId, message, attempt }: Handout,
): object {
  const { data, attributes, id, publishMs, orderingKey } = message;
  return {
    ackId,
    message: { data, attributes, messageId: String(id), publishTime: timestamp(publishMs), orderingKey },
    deliveryAttempt: deadLetterPolicy ? attempt : 0,
  };
}
