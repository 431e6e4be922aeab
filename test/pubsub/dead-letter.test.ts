import assert from 'node:assert/strict';
import type { Topic } from '@google-cloud/pubsub';
import { until } from '../kit/until.ts';
import { pubSub, pushTo, subscriptionName, topicName, type PubSubFixture } from './fixture.ts';
import { pushTarget, type PushTarget } from './push-target.ts';

describe('Pub/Sub dead letters', () => {
  let pubsub: PubSubFixture;
  let target: PushTarget;
  let topic: Topic;

  beforeEach(async () => {
    pubsub = await pubSub();
    target = await pushTarget();
    [topic] = await pubsub.client.createTopic('events');
    const [given] = await pubsub.client.createTopic('given-up');
    await given.createSubscription('given-up');
  });
  afterEach(async () => {
    await pubsub.close();
    await target.close();
  });

  const deadLetterPolicy = { deadLetterTopic: topicName('given-up'), maxDeliveryAttempts: 5 };
  const givenUp = async () => {
    const request = { subscription: subscriptionName('given-up'), maxMessages: 10, returnImmediately: true };
    const [{ receivedMessages }] = await pubsub.subscriber.pull(request);
    return receivedMessages ?? [];
  };

  it('leave after the last attempt, with where they came from', async () => {
    await topic.createSubscription('sub', pushTo(target.url, { deadLetterPolicy }));
    target.answers.push(...Array<number>(5).fill(500));
    await topic.publishMessage({ data: Buffer.from('poison'), attributes: { org: 'acme' } });
    for (let attempt = 1; attempt <= 5; attempt++) {
      await until(
        'the push was answered',
        () => pubsub.context.calls.filter(({ method }) => method === 'push').length === attempt,
      );
      pubsub.context.advance(600_000);
    }
    assert.deepEqual(
      target.pushes.map(({ body }) => body.deliveryAttempt),
      [1, 2, 3, 4, 5],
    );
    const [letter, ...others] = await givenUp();
    assert.equal(others.length, 0);
    assert.equal(letter?.message?.data?.toString(), 'poison');
    assert.deepEqual(letter?.message?.attributes, {
      org: 'acme',
      CloudPubSubDeadLetterSourceDeliveryCount: '5',
      CloudPubSubDeadLetterSourceSubscription: 'sub',
      CloudPubSubDeadLetterSourceSubscriptionProject: 'test-project',
      CloudPubSubDeadLetterSourceTopicPublishTime: '2026-11-01T00:00:00.000Z',
    });
  });

  it('leave a pull subscription too when nobody acknowledges in time', async () => {
    await topic.createSubscription('sub', { deadLetterPolicy });
    await topic.publishMessage({ data: Buffer.from('x') });
    const pull = { subscription: subscriptionName('sub'), maxMessages: 1, returnImmediately: true };
    for (let attempt = 1; attempt <= 5; attempt++) {
      const [{ receivedMessages }] = await pubsub.subscriber.pull(pull);
      assert.equal(receivedMessages?.[0]?.deliveryAttempt, attempt);
      pubsub.context.advance(10_000);
    }
    const [{ receivedMessages }] = await pubsub.subscriber.pull(pull);
    assert.equal(receivedMessages?.length, 0);
    assert.equal((await givenUp()).length, 1);
  });

  it('stay where they are while their topic is missing', async () => {
    const policy = { deadLetterTopic: topicName('missing'), maxDeliveryAttempts: 5 };
    await topic.createSubscription('sub', { deadLetterPolicy: policy });
    await topic.publishMessage({ data: Buffer.from('x') });
    const pull = { subscription: subscriptionName('sub'), maxMessages: 1, returnImmediately: true };
    for (let attempt = 1; attempt <= 7; attempt++) {
      const [{ receivedMessages }] = await pubsub.subscriber.pull(pull);
      assert.equal(receivedMessages?.[0]?.deliveryAttempt, attempt);
      pubsub.context.advance(10_000);
    }
  });
});
