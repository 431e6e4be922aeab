import assert from 'node:assert/strict';
import type { Message, Subscription, Topic } from '@google-cloud/pubsub';
import { until } from '../kit/until.ts';
import { pubSub, subscriptionName, type PubSubFixture } from './fixture.ts';

describe('Pub/Sub pull', () => {
  let pubsub: PubSubFixture;
  let topic: Topic;
  const subscription = subscriptionName('sub');

  beforeEach(async () => {
    pubsub = await pubSub();
    [topic] = await pubsub.client.createTopic('events');
  });
  afterEach(async () => {
    // Also after a failed test: an open stream would keep the process alive.
    await Promise.all(listeners.splice(0).map((listener) => listener.close()));
    await pubsub.close();
  });

  const listeners: Subscription[] = [];
  const listen = (listener: Subscription, onMessage: (message: Message) => void) => {
    listeners.push(listener);
    return listener.on('message', onMessage);
  };

  const publish = (...texts: string[]) =>
    pubsub.publisher.publish({ topic: topic.name, messages: texts.map((text) => ({ data: Buffer.from(text) })) });
  const pull = async (maxMessages = 10, returnImmediately = true) => {
    const [{ receivedMessages }] = await pubsub.subscriber.pull({ subscription, maxMessages, returnImmediately });
    return (receivedMessages ?? []).map(({ ackId, message }) => ({ ackId: ackId!, text: String(message?.data) }));
  };

  it('hands out messages once until the ack deadline', async () => {
    await topic.createSubscription('sub', { ackDeadlineSeconds: 20 });
    await publish('a', 'b', 'c');
    assert.deepEqual(
      (await pull(2)).map(({ text }) => text),
      ['a', 'b'],
    );
    assert.deepEqual(
      (await pull()).map(({ text }) => text),
      ['c'],
    );
    assert.equal((await pull()).length, 0);
    pubsub.context.advance(20_000);
    const again = await pull();
    assert.equal(again.length, 3);
    await pubsub.subscriber.acknowledge({ subscription, ackIds: again.map(({ ackId }) => ackId) });
    pubsub.context.advance(3_600_000);
    assert.equal((await pull()).length, 0);
    assert.equal(pubsub.backlog(), 0);
  });

  it('waits for a message when there is none', async () => {
    await topic.createSubscription('sub');
    const waiting = pull(1, false);
    await publish('late');
    assert.deepEqual(
      (await waiting).map(({ text }) => text),
      ['late'],
    );
  });

  it('takes a message back and hands it out at once', async () => {
    await topic.createSubscription('sub');
    await publish('x');
    const [held] = await pull();
    await pubsub.subscriber.modifyAckDeadline({ subscription, ackIds: [held!.ackId], ackDeadlineSeconds: 0 });
    assert.equal((await pull()).length, 1);
  });

  it('lets a subscriber hold a message longer', async () => {
    await topic.createSubscription('sub');
    await publish('x');
    const [held] = await pull();
    await pubsub.subscriber.modifyAckDeadline({ subscription, ackIds: [held!.ackId], ackDeadlineSeconds: 60 });
    pubsub.context.advance(59_000);
    assert.equal((await pull()).length, 0);
    pubsub.context.advance(1_000);
    assert.equal((await pull()).length, 1);
  });

  it('leaves the present holder alone when a former one gives up', async () => {
    await topic.createSubscription('sub');
    await publish('x');
    const [former] = await pull();
    pubsub.context.advance(10_000);
    assert.equal((await pull()).length, 1);
    await pubsub.subscriber.modifyAckDeadline({ subscription, ackIds: [former!.ackId], ackDeadlineSeconds: 0 });
    assert.equal((await pull()).length, 0);
  });

  it('streams messages to listeners, and again those that are refused', async () => {
    const [listener] = await topic.createSubscription('sub');
    const seen: string[] = [];
    const onMessage = (message: Message) => {
      seen.push(message.data.toString());
      if (seen.length === 1) message.nack();
      else message.ack();
    };
    listen(listener, onMessage);
    await publish('x', 'y');
    await until('all is acknowledged', () => pubsub.backlog() === 0);
    assert.deepEqual(seen, ['x', 'y', 'x']);
  });

  it('keeps to the flow control of a stream', async () => {
    await topic.createSubscription('sub');
    await publish(...Array.from({ length: 12 }, (_, index) => String(index)));
    const listener = pubsub.client.subscription('sub', {
      flowControl: { maxMessages: 4, allowExcessMessages: false },
      streamingOptions: { maxStreams: 1 },
    });
    const held: Message[] = [];
    let most = 0;
    listen(listener, (message) => {
      held.push(message);
      most = Math.max(most, held.length);
      if (held.length === 4) for (const each of held.splice(0)) each.ack();
    });
    await until('all is acknowledged', () => pubsub.backlog() === 0);
    assert.equal(most, 4);
  });

  it('streams the messages of an ordering key in order', async () => {
    const [listener] = await topic.createSubscription('sub', { enableMessageOrdering: true });
    const messages = Array.from({ length: 10 }, (_, index) => ({ data: Buffer.from(`${index}`), orderingKey: 'k' }));
    await pubsub.publisher.publish({ topic: topic.name, messages });
    const seen: string[] = [];
    listen(listener, (message) => {
      seen.push(message.data.toString());
      message.ack();
    });
    await until('all is acknowledged', () => pubsub.backlog() === 0);
    assert.deepEqual(seen, '0123456789'.split(''));
  });

  it('tells a stream that its subscription does not exist', async () => {
    const listener = pubsub.client.subscription('none');
    const failure = new Promise<{ code?: number }>((resolve) => listener.on('error', resolve));
    listen(listener, () => {});
    assert.equal((await failure).code, 5);
  });

  it('is refused for a push subscription', async () => {
    await topic.createSubscription('sub', { pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' } });
    await assert.rejects(pull(), { code: 9 });
  });
});
