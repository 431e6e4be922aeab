import assert from 'node:assert/strict';
import type { Topic } from '@google-cloud/pubsub';
import { until } from '../kit/until.ts';
import { pubSub, pushTo, subscriptionName, type PubSubFixture } from './fixture.ts';
import { pushTarget, type PushTarget } from './push-target.ts';

describe('Pub/Sub push', () => {
  let pubsub: PubSubFixture;
  let target: PushTarget;
  let topic: Topic;

  beforeEach(async () => {
    pubsub = await pubSub();
    target = await pushTarget();
    [topic] = await pubsub.client.createTopic('events');
  });
  afterEach(async () => {
    await pubsub.close();
    await target.close();
  });

  const settled = () => until('nothing is left to deliver', () => pubsub.backlog() === 0);
  const pushCalls = () => pubsub.context.calls.filter(({ method }) => method === 'push');
  const answered = (count: number) => until(`${count} pushes were answered`, () => pushCalls().length >= count);

  it("posts Google's wrapper with an ID token for the endpoint", async () => {
    const pushConfig = { pushEndpoint: target.url, oidcToken: { serviceAccountEmail: 'pusher@p', audience: '' } };
    await topic.createSubscription('sub', pushTo(target.url, { pushConfig }));
    const messageId = await topic.publishMessage({ json: { org: 'acme' }, attributes: { kind: 'test' } });
    await settled();
    const [{ headers, body }] = target.pushes as [PushTarget['pushes'][number]];
    assert.equal(headers.authorization, `Bearer pusher@p>${target.url}`);
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(body, {
      message: {
        attributes: { kind: 'test' },
        data: Buffer.from('{"org":"acme"}').toString('base64'),
        messageId,
        message_id: messageId,
        publishTime: '2026-11-01T00:00:00.000Z',
        publish_time: '2026-11-01T00:00:00.000Z',
      },
      subscription: subscriptionName('sub'),
    });
    assert.deepEqual(pushCalls(), [{ service: 'pubsub', method: 'push', caller: 'pusher@p', status: 204 }]);
  });

  it('asks for a token for the audience that the subscription names', async () => {
    const oidcToken = { serviceAccountEmail: 'pusher@p', audience: 'https://validation' };
    await topic.createSubscription('sub', pushTo('', { pushConfig: { pushEndpoint: target.url, oidcToken } }));
    await topic.publishMessage({ data: Buffer.from('x') });
    await target.received(1);
    assert.equal(target.pushes[0]?.headers.authorization, 'Bearer pusher@p>https://validation');
  });

  for (const status of [200, 201, 202, 204]) {
    it(`takes ${status} for an acknowledgement`, async () => {
      await topic.createSubscription('sub', pushTo(target.url));
      target.answers.push(status);
      await topic.publishMessage({ data: Buffer.from('x') });
      await settled();
      assert.equal(target.pushes.length, 1);
    });
  }

  for (const status of [203, 302, 400, 404, 429, 500]) {
    it(`takes ${status} for a refusal`, async () => {
      await topic.createSubscription('sub', pushTo(target.url));
      target.answers.push(status);
      await topic.publishMessage({ data: Buffer.from('x') });
      await answered(1);
      assert.equal(pubsub.backlog(), 1);
    });
  }

  it('backs off from 10 seconds, doubling up to 600', async () => {
    await topic.createSubscription('sub', pushTo(target.url));
    target.answers.push(...Array<number>(9).fill(500));
    await topic.publishMessage({ data: Buffer.from('x') });
    for (const [index, seconds] of [10, 20, 40, 80, 160, 320, 600, 600, 600].entries()) {
      await answered(index + 1);
      pubsub.context.advance(seconds * 1000 - 1);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(target.pushes.length, index + 1, `too early after ${seconds} s`);
      pubsub.context.advance(1);
      await target.received(index + 2);
    }
    await settled();
  });

  it('comes back to an endpoint that was away', async () => {
    await target.close();
    await topic.createSubscription('sub', pushTo(target.url));
    await topic.publishMessage({ data: Buffer.from('x') });
    await answered(1);
    assert.equal(pushCalls()[0]?.status, 503);
    target = await pushTarget();
    await pubsub.client.subscription('sub').modifyPushConfig({ pushEndpoint: target.url });
    pubsub.context.advance(10_000);
    await settled();
  });

  it('keeps at it without a retry policy, and without haste', async () => {
    await topic.createSubscription('sub', { pushConfig: { pushEndpoint: target.url } });
    target.answers.push(500, 500);
    await topic.publishMessage({ data: Buffer.from('x') });
    await answered(1);
    pubsub.context.advance(100);
    await answered(2);
    pubsub.context.advance(200);
    await settled();
    assert.equal(target.pushes.length, 3);
  });

  it('has no more than 16 pushes of a subscription under way', async () => {
    await topic.createSubscription('sub', pushTo(target.url));
    target.answers.push(...Array<number>(16).fill(0));
    const messages = Array.from({ length: 20 }, (_, index) => ({ data: Buffer.from(String(index)) }));
    await pubsub.publisher.publish({ topic: topic.name, messages });
    await target.received(16);
    assert.equal(pubsub.backlog(), 20);
    assert.equal(target.pushes.length, 16);
    await target.close(); // cuts the sixteen
    await answered(16);
    target = await pushTarget();
  });

  it('pushes one message of an ordering key after the other', async () => {
    await topic.createSubscription('sub', pushTo(target.url, { enableMessageOrdering: true }));
    target.answers.push(500);
    const messages = ['a', 'b', 'c'].map((text) => ({ data: Buffer.from(text), orderingKey: 'k' }));
    await pubsub.publisher.publish({ topic: topic.name, messages });
    await answered(1);
    assert.deepEqual(target.texts(), ['a']);
    pubsub.context.advance(10_000);
    await settled();
    assert.deepEqual(target.texts(), ['a', 'a', 'b', 'c']);
    assert.equal(target.pushes[0]?.body.message.orderingKey, 'k');
  });

  it('pushes to every subscription of the topic', async () => {
    await topic.createSubscription('one', pushTo(target.url));
    await topic.createSubscription('two', pushTo(target.url));
    await topic.publishMessage({ data: Buffer.from('x') });
    await settled();
    assert.deepEqual(target.pushes.map(({ body }) => body.subscription).toSorted(), [
      subscriptionName('one'),
      subscriptionName('two'),
    ]);
  });

  it('forgets messages older than the retention', async () => {
    const messageRetentionDuration = { seconds: 600 };
    await topic.createSubscription('sub', pushTo(target.url, { messageRetentionDuration }));
    target.answers.push(500);
    await topic.publishMessage({ data: Buffer.from('x') });
    await answered(1);
    pubsub.context.advance(601_000);
    await settled();
    assert.equal(target.pushes.length, 1);
  });

  it('fails as injected faults say, and tries again', async () => {
    await topic.createSubscription('sub', pushTo(target.url));
    pubsub.context.planned.push({ id: 'f', service: 'pubsub', method: 'push', kind: 'error', status: 502, rate: 1 });
    await topic.publishMessage({ data: Buffer.from('x') });
    await answered(1);
    assert.equal(target.pushes.length, 0);
    pubsub.context.advance(10_000);
    await settled();
    assert.deepEqual(
      pushCalls().map(({ status }) => status),
      [502, 204],
    );
  });
});
