import assert from 'node:assert/strict';
import { PROJECT } from '../kit/fake-context.ts';
import { pubSub, subscriptionName, topicName, type PubSubFixture } from './fixture.ts';

describe('Pub/Sub topics and subscriptions', () => {
  let pubsub: PubSubFixture;
  const topic = topicName('events');

  beforeEach(async () => {
    pubsub = await pubSub();
    await pubsub.client.createTopic('events');
  });
  afterEach(() => pubsub.close());

  const create = (id: string, more: object = {}) =>
    pubsub.subscriber.createSubscription({ name: subscriptionName(id), topic, ...more });

  it('are made once, listed and deleted', async () => {
    await pubsub.client.createTopic('others');
    await assert.rejects(pubsub.client.createTopic('events'), {
      code: 6,
      message: '6 ALREADY_EXISTS: Resource already exists in the project (resource=events).',
    });
    const [topics] = await pubsub.publisher.listTopics({ project: `projects/${PROJECT}` });
    assert.deepEqual(
      topics.map(({ name }) => name),
      [topic, topicName('others')],
    );
    await create('one');
    await assert.rejects(create('one'), { code: 6 });
    await create('two');
    const [all] = await pubsub.subscriber.listSubscriptions({ project: `projects/${PROJECT}` });
    assert.equal(all.length, 2);
    await pubsub.subscriber.deleteSubscription({ subscription: subscriptionName('one') });
    const [names] = await pubsub.publisher.listTopicSubscriptions({ topic });
    assert.deepEqual(names, [subscriptionName('two')]);
    await assert.rejects(pubsub.subscriber.getSubscription({ subscription: subscriptionName('one') }), { code: 5 });
  });

  it("have Google's defaults", async () => {
    const [made] = await create('sub', { deadLetterPolicy: { deadLetterTopic: topic }, retryPolicy: {} });
    assert.equal(made.ackDeadlineSeconds, 10);
    assert.equal(Number(made.messageRetentionDuration?.seconds), 604_800);
    assert.equal(made.deadLetterPolicy?.maxDeliveryAttempts, 5);
    assert.equal(Number(made.retryPolicy?.minimumBackoff?.seconds), 10);
    assert.equal(Number(made.retryPolicy?.maximumBackoff?.seconds), 600);
    assert.equal(made.pushConfig, null);
  });

  it('change in the fields of the mask alone', async () => {
    await create('sub', { labels: { a: 'b' } });
    const subscription = { name: subscriptionName('sub'), topic, ackDeadlineSeconds: 60, labels: {} };
    const paths = ['ack_deadline_seconds'];
    const [changed] = await pubsub.subscriber.updateSubscription({ subscription, updateMask: { paths } });
    assert.equal(changed.ackDeadlineSeconds, 60);
    assert.deepEqual(changed.labels, { a: 'b' });
    const immutable = { subscription, updateMask: { paths: ['topic'] } };
    await assert.rejects(pubsub.subscriber.updateSubscription(immutable), { code: 3 });
    const wanted = { name: topic, labels: { team: 'finops' } };
    await pubsub.publisher.updateTopic({ topic: wanted, updateMask: { paths: ['labels'] } });
    const [shown] = await pubsub.publisher.getTopic({ topic });
    assert.deepEqual(shown.labels, { team: 'finops' });
  });

  it('outlive the topic with what is in them', async () => {
    await create('sub');
    await pubsub.client.topic('events').publishMessage({ data: Buffer.from('x') });
    await pubsub.client.topic('events').delete();
    const [orphan] = await pubsub.subscriber.getSubscription({ subscription: subscriptionName('sub') });
    assert.equal(orphan.topic, '_deleted-topic_');
    assert.equal(pubsub.backlog(), 1);
  });

  it('take their messages along when they are deleted', async () => {
    await create('sub');
    await pubsub.client.topic('events').publishMessage({ data: Buffer.from('x') });
    await pubsub.client.subscription('sub').delete();
    assert.equal(pubsub.context.db.prepare('SELECT count(*) AS n FROM pubsub_messages').get()?.['n'], 0);
  });

  const refused: { name: string; more: object; code: number }[] = [
    { name: 'a topic that does not exist', more: { topic: topicName('none') }, code: 5 },
    { name: 'a name of another kind', more: { name: topicName('sub') }, code: 3 },
    { name: 'an ack deadline under 10 s', more: { ackDeadlineSeconds: 9 }, code: 3 },
    { name: 'an ack deadline over 600 s', more: { ackDeadlineSeconds: 601 }, code: 3 },
    { name: 'a retention under 10 minutes', more: { messageRetentionDuration: { seconds: 599 } }, code: 3 },
    { name: 'a back-off over 600 s', more: { retryPolicy: { maximumBackoff: { seconds: 601 } } }, code: 3 },
    { name: 'four attempts', more: { deadLetterPolicy: { deadLetterTopic: topic, maxDeliveryAttempts: 4 } }, code: 3 },
    { name: 'an endpoint that is no URL', more: { pushConfig: { pushEndpoint: 'nowhere' } }, code: 3 },
    { name: 'exactly-once delivery', more: { enableExactlyOnceDelivery: true }, code: 12 },
    { name: 'a filter', more: { filter: 'attributes:a' }, code: 12 },
    { name: 'an export to BigQuery', more: { bigqueryConfig: { table: 'p.d.t' } }, code: 12 },
  ];
  for (const { name, more, code } of refused) {
    it(`refuse ${name}`, async () => {
      await assert.rejects(create('sub', more), { code });
      const [all] = await pubsub.subscriber.listSubscriptions({ project: `projects/${PROJECT}` });
      assert.equal(all.length, 0);
    });
  }

  it('refuse what is not here by its name', async () => {
    await create('sub');
    const subscription = subscriptionName('sub');
    await assert.rejects(pubsub.subscriber.seek({ subscription, time: { seconds: 0 } }), {
      code: 12,
      message: '12 UNIMPLEMENTED: Seek is not implemented by the embedded cloud.',
    });
  });
});
