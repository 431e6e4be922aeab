import assert from 'node:assert/strict';
import { OWNER } from '../kit/fake-context.ts';
import { pubSub, topicName, type PubSubFixture } from './fixture.ts';

const data = Buffer.from('x');
const as = (email: string) => ({ otherArgs: { headers: { authorization: `Bearer ${email}` } }, retry: null });

describe('Pub/Sub publish', () => {
  let pubsub: PubSubFixture;
  const topic = topicName('events');

  before(async () => {
    pubsub = await pubSub();
    const [made] = await pubsub.client.createTopic('events');
    await made.createSubscription('sub');
  });
  after(() => pubsub.close());

  const publish = (messages: object[]) => pubsub.publisher.publish({ topic, messages }, { retry: null });

  it('has written each message when it answers', async () => {
    const before = pubsub.backlog();
    const [{ messageIds }] = await publish([{ data }, { attributes: { a: 'b' } }]);
    assert.equal(new Set(messageIds).size, 2);
    assert.equal(pubsub.backlog(), before + 2);
  });

  it('takes the batches of the official client', async () => {
    const before = pubsub.backlog();
    const batched = pubsub.client.topic('events', { batching: { maxMessages: 50, maxMilliseconds: 5 } });
    const ids = await Promise.all(Array.from({ length: 100 }, () => batched.publishMessage({ data })));
    assert.equal(new Set(ids).size, 100);
    assert.equal(pubsub.backlog(), before + 100);
  });

  it('takes a message of almost 10 MB', async () => {
    await publish([{ data: Buffer.alloc(9_900_000) }]);
  });

  const tooMany = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, 'v']));
  const refused: { name: string; messages: object[] }[] = [
    { name: 'no message', messages: [] },
    { name: 'an empty message', messages: [{}] },
    { name: '1001 messages', messages: Array.from({ length: 1001 }, () => ({ data })) },
    { name: 'more than 10 MB', messages: [{ data: Buffer.alloc(10_000_001) }] },
    { name: '101 attributes', messages: [{ attributes: tooMany }] },
    { name: 'an attribute key over 256 bytes', messages: [{ attributes: { ['k'.repeat(257)]: 'v' } }] },
    { name: 'an attribute value over 1024 bytes', messages: [{ attributes: { k: 'v'.repeat(1025) } }] },
    { name: "an attribute of Google's own", messages: [{ attributes: { googclient_x: 'v' } }] },
  ];
  for (const { name, messages } of refused) {
    it(`refuses ${name} and keeps nothing of it`, async () => {
      const before = pubsub.backlog();
      await assert.rejects(publish([...messages]), { code: 3 });
      assert.equal(pubsub.backlog(), before);
    });
  }

  it('refuses a topic that does not exist', async () => {
    await assert.rejects(pubsub.publisher.publish({ topic: topicName('none'), messages: [{ data }] }), {
      code: 5,
      message: '5 NOT_FOUND: Resource not found (resource=none).',
    });
  });

  it('trusts a client without credentials, and asks every other for its right', async () => {
    const publisher = 'publisher@p.iam.gserviceaccount.com';
    pubsub.context.grant(publisher, 'pubsub.topics.publish', topic);
    await pubsub.publisher.publish({ topic, messages: [{ data }] }, as(publisher));
    assert.equal(pubsub.context.calls.at(-1)?.caller, publisher);
    await assert.rejects(pubsub.publisher.publish({ topic, messages: [{ data }] }, as('stranger@p')), { code: 7 });
    await assert.rejects(pubsub.publisher.publish({ topic, messages: [{ data }] }, as('forged')), { code: 16 });
    await assert.rejects(pubsub.publisher.getTopic({ topic }, as(publisher)), { code: 7 });
    await assert.rejects(pubsub.publisher.createTopic({ name: topicName('x-y-z') }, as(publisher)), { code: 7 });
    await pubsub.publisher.getTopic({ topic }, as(OWNER));
  });

  it('answers IAM calls for topics and subscriptions', async () => {
    const iam = pubsub.client.topic('events').iam;
    await iam.setPolicy({ bindings: [{ role: 'roles/pubsub.publisher', members: ['user:a@b'] }] });
    const [policy] = await iam.getPolicy();
    assert.equal(policy.bindings?.at(-1)?.role, 'roles/pubsub.publisher');
    const [rights] = await iam.testPermissions(['pubsub.topics.publish']);
    assert.deepEqual(rights, { 'pubsub.topics.publish': true });
    const [ofSubscription] = await pubsub.client.subscription('sub').iam.getPolicy();
    assert.deepEqual(ofSubscription.bindings, []);
  });

  it('suffers injected faults', async () => {
    for (const { kind, code } of [
      { kind: 'error', code: 14 },
      { kind: 'reset', code: 14 },
      { kind: 'garbage', code: 13 },
    ] as const) {
      pubsub.context.planned.push({ id: 'f', service: 'pubsub', method: 'Publish', kind, rate: 1 });
      await assert.rejects(publish([{ data }]), { code });
    }
  });

  it('is recorded without the message', async () => {
    await publish([{ data: Buffer.from('canary') }]);
    const last = pubsub.context.calls.at(-1);
    assert.deepEqual(last, { service: 'pubsub', method: 'Publish', caller: 'loopback', status: 200 });
  });
});
