import { ApiError } from '../kit/api-error.ts';
import type { Caller } from '../kit/contracts.ts';
import type { Duplex } from '../kit/grpc.ts';
import type { PubSubAccess } from './access.ts';
import { receivedMessage, type Deliveries, type Subscriber } from './deliveries.ts';
import { assertPull, modifyDeadlines } from './pull-methods.ts';

interface StreamingPullRequest {
  readonly subscription: string;
  readonly ackIds: readonly string[];
  readonly modifyDeadlineSeconds: readonly number[];
  readonly modifyDeadlineAckIds: readonly string[];
  readonly streamAckDeadlineSeconds: number;
  readonly maxOutstandingMessages: string;
  readonly maxOutstandingBytes: string;
}

/** Messages in one answer of a stream. */
const BATCH = 100;

/** One StreamingPull: hands out messages as they come, as far as the client's flow control lets it. */
export class StreamingPull implements Subscriber {
  readonly #stream: Duplex;
  readonly #caller: Caller;
  readonly #access: PubSubAccess;
  readonly #deliveries: Deliveries;
  /** Sizes by message of what the client holds. */
  readonly #outstanding = new Map<number, number>();
  #first: StreamingPullRequest | undefined;
  #leaseSeconds = 10;
  #isWoken = false;
  #detach: () => void = () => {};

  constructor(stream: Duplex, caller: Caller, access: PubSubAccess, deliveries: Deliveries) {
    this.#stream = stream;
    this.#caller = caller;
    this.#access = access;
    this.#deliveries = deliveries;
  }

  /** Takes one request of the client. */
  receive(request: StreamingPullRequest): void {
    if (!this.#first) {
      this.#open(request);
      return;
    }
    if (request.subscription) throw new ApiError(400, 'subscription can be set on the initial request only.');
    this.#answer(request);
  }

  end(): void {
    this.#detach();
    this.#detach = () => {};
    this.#isWoken = true; // a wake that is still on its way finds the stream closed
  }

  wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    setImmediate(() => this.#pump());
  }

  released(message: number): void {
    if (this.#outstanding.delete(message)) this.wake();
  }

  #open(request: StreamingPullRequest): void {
    const { subscription: name, streamAckDeadlineSeconds: seconds } = request;
    this.#access.require(this.#caller, 'pubsub.subscriptions.consume', name);
    assertPull(this.#access.subscription(name));
    if (seconds < 10 || seconds > 600)
      throw new ApiError(400, 'stream_ack_deadline_seconds must be between 10 and 600.');
    this.#first = request;
    this.#leaseSeconds = seconds;
    this.#detach = this.#deliveries.attach(name, this);
    this.wake();
  }

  #answer(request: StreamingPullRequest): void {
    const { ackIds, modifyDeadlineAckIds, modifyDeadlineSeconds, streamAckDeadlineSeconds } = request;
    const subscription = this.#access.subscription(this.#first!.subscription);
    if (streamAckDeadlineSeconds > 0) this.#leaseSeconds = streamAckDeadlineSeconds;
    for (const ackId of ackIds) this.#deliveries.ack(subscription.name, ackId);
    for (const [index, ackId] of modifyDeadlineAckIds.entries()) {
      const ackDeadlineSeconds = modifyDeadlineSeconds[index] ?? 0;
      modifyDeadlines(this.#deliveries, subscription, { ackIds: [ackId], ackDeadlineSeconds });
    }
    // An empty request is a client's sign of life, and newer clients want one back.
    if (ackIds.length + modifyDeadlineAckIds.length === 0) this.#write([]);
  }

  #pump(): void {
    if (this.#stream.cancelled || !this.#first) return;
    this.#isWoken = false;
    const subscription = this.#deliveries.store.subscription(this.#first.subscription);
    if (!subscription || subscription.pushConfig) {
      this.#stream.emit('error', { code: 5, details: 'The subscription was deleted or is no longer pulled.' });
      return;
    }
    const handouts = this.#deliveries.take(subscription, this.#room(), this.#leaseSeconds * 1000);
    if (handouts.length === 0) return;
    for (const { message } of handouts) this.#outstanding.set(message.id, message.data.length);
    this.#write(handouts.map((handout) => receivedMessage(subscription, handout)));
    this.wake();
  }

  #room(): number {
    const { maxOutstandingMessages, maxOutstandingBytes } = this.#first!;
    const held = [...this.#outstanding.values()].reduce((sum, bytes) => sum + bytes, 0);
    if (Number(maxOutstandingBytes) > 0 && held >= Number(maxOutstandingBytes)) return 0;
    const most = Number(maxOutstandingMessages) > 0 ? Number(maxOutstandingMessages) : Infinity;
    return Math.max(0, Math.min(BATCH, most - this.#outstanding.size));
  }

  #write(receivedMessages: object[]): void {
    const subscription = this.#access.subscription(this.#first!.subscription);
    const subscriptionProperties = {
      exactlyOnceDeliveryEnabled: false,
      messageOrderingEnabled: subscription.enableMessageOrdering,
    };
    this.#stream.write({ receivedMessages, subscriptionProperties });
  }
}
