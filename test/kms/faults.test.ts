import assert from 'node:assert/strict';
import type { Fault } from '../../local/kit/contracts.ts';
import { OWNER } from '../kit/fake-context.ts';
import { as } from './clients.ts';
import { KEY, kmsWithKey, type KmsFixture } from './fixture.ts';

const plaintext = Buffer.from('x');

describe('Faults injected into KMS', () => {
  let kms: KmsFixture;

  before(async () => {
    kms = await kmsWithKey();
  });
  after(() => kms.close());

  const plan = (fault: Partial<Fault> & Pick<Fault, 'kind'>) =>
    kms.context.planned.push({ id: 'f', service: 'kms', method: 'Encrypt', rate: 1, ...fault });

  const rows: { name: string; fault: Partial<Fault> & Pick<Fault, 'kind'>; code: number }[] = [
    { name: 'an error', fault: { kind: 'error' }, code: 14 },
    { name: 'an error with a status', fault: { kind: 'error', status: 429 }, code: 8 },
    { name: 'a reset', fault: { kind: 'reset' }, code: 14 },
    { name: 'garbage', fault: { kind: 'garbage' }, code: 13 },
  ];
  for (const { name, fault, code } of rows) {
    it(`hit one gRPC call as ${name}`, async () => {
      plan(fault);
      await assert.rejects(kms.grpc.encrypt({ name: KEY, plaintext }, as(OWNER)), { code });
      await kms.grpc.encrypt({ name: KEY, plaintext }, as(OWNER));
    });
  }

  it('slow a gRPC call down', async () => {
    plan({ kind: 'latency', latency_ms: 60 });
    const start = performance.now();
    await kms.grpc.encrypt({ name: KEY, plaintext }, as(OWNER));
    assert.ok(performance.now() - start >= 55);
  });

  it('carry out nothing for a caller who gave up meanwhile', async () => {
    plan({ kind: 'latency', latency_ms: 80 });
    const before = kms.context.calls.length;
    await assert.rejects(kms.grpc.encrypt({ name: KEY, plaintext }, { ...as(OWNER), timeout: 20 }), { code: 4 });
    while (kms.context.calls.length === before) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(kms.context.calls.at(-1)?.status, 499);
  });

  it('hit REST calls too', async () => {
    plan({ kind: 'error', status: 500 });
    await assert.rejects(kms.owner.encrypt({ name: KEY, plaintext }, { retry: null }), { code: 13 });
  });
});
