import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { googleAuthLibrary } from 'google-gax';
import { PubSub } from '@google-cloud/pubsub';
import { PROJECT } from '../kit/fake-context.ts';
import { until } from '../kit/until.ts';
import { pubSub, pushTo, subscriptionName, topicName } from './fixture.ts';
import { pushTarget, type PushTarget } from './push-target.ts';

describe('Pub/Sub after kill -9', () => {
  let folder: string;
  let target: PushTarget;
  let child: ChildProcess;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'pubsub-'));
    target = await pushTarget();
  });
  afterEach(async () => {
    child.kill('SIGKILL');
    await target.close();
    await rm(folder, { recursive: true });
  });

  const start = async (file: string) => {
    child = spawn(process.execPath, [path.join(import.meta.dirname, 'server-process.ts'), file]);
    const [address] = (await once(child.stdout!, 'data')) as [Buffer];
    return new PubSub({
      projectId: PROJECT,
      apiEndpoint: address.toString().trim(),
      emulatorMode: true,
      authClient: new googleAuthLibrary.OAuth2Client(),
    });
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };

  it('delivers at once what nobody acknowledged, with its attempts, and nothing else', async () => {
    const file = path.join(folder, 'state.db');
    const client = await start(file);
    const [topic] = await client.createTopic('events');
    const [deadLetters] = await client.createTopic('given-up');
    const deadLetterPolicy = { deadLetterTopic: deadLetters.name, maxDeliveryAttempts: 5 };
    await topic.createSubscription('push', pushTo(target.url, { deadLetterPolicy }));
    await topic.createSubscription('pull');
    target.answers.push(204, 500, 0);
    for (const [index, text] of ['taken', 'refused', 'unanswered'].entries()) {
      await topic.publishMessage({ data: Buffer.from(text) });
      await target.received(index + 1);
    }
    await kill();
    await client.close();

    const again = await pubSub(file);
    await target.received(5);
    await until('the pushes are settled', () => again.backlog() === 3);
    assert.deepEqual(
      target.pushes
        .slice(3)
        .map(({ body }) => [Buffer.from(body.message.data!, 'base64').toString(), body.deliveryAttempt]),
      [
        ['refused', 2],
        ['unanswered', 2],
      ],
    );
    const request = { subscription: subscriptionName('pull'), maxMessages: 10, returnImmediately: true };
    const [{ receivedMessages }] = await again.subscriber.pull(request);
    assert.equal(receivedMessages?.length, 3);
    const [topics] = await again.publisher.listTopics({ project: `projects/${PROJECT}` });
    assert.deepEqual(
      topics.map(({ name }) => name),
      [topicName('events'), topicName('given-up')],
    );
    await again.close();
  });

  it('waits for an endpoint that opens later, elsewhere, and counts no attempt meanwhile', async () => {
    const file = path.join(folder, 'state.db');
    const client = await start(file);
    const [topic] = await client.createTopic('events');
    const deadLetterPolicy = { deadLetterTopic: topic.name, maxDeliveryAttempts: 5 };
    await topic.createSubscription('push', pushTo(target.url, { deadLetterPolicy }));
    target.answers.push(0);
    await topic.publishMessage({ data: Buffer.from('x') });
    await target.received(1);
    await kill();
    await client.close();
    await target.close();

    const again = await pubSub(file);
    const refused = () => again.context.calls.filter(({ method }) => method === 'push').length;
    await until('a push was refused', () => refused() === 1);
    again.context.advance(500);
    await until('another push was refused', () => refused() === 2);
    target = await pushTarget();
    await again.client.subscription('push').modifyPushConfig({ pushEndpoint: target.url });
    await target.received(1);
    assert.equal(target.pushes[0]?.body.deliveryAttempt, 2);
    await again.close();
  });
});
