import assert from 'node:assert/strict';
import { OWNER } from '../kit/fake-context.ts';
import { as } from './clients.ts';
import { KEY, kmsWithKey, opened, RING, sealed, type KmsFixture } from './fixture.ts';

const SEALER = 'sealer@p.iam.gserviceaccount.com';
const USE = 'cloudkms.cryptoKeyVersions.useToDecrypt';
const plaintext = Buffer.from('x');

/** The client's types ask for message classes where it takes plain objects. */
const iam = (request: object): never => request as never;

describe('KMS access', () => {
  let kms: KmsFixture;

  before(async () => {
    kms = await kmsWithKey();
    kms.context.grant(SEALER, 'cloudkms.cryptoKeyVersions.useToEncrypt', KEY);
  });
  after(() => kms.close());

  it('lets an identity that may only encrypt do just that', async () => {
    const sealer = kms.clientOf(SEALER);
    const ciphertext = await sealed(sealer, 'x');
    await assert.rejects(opened(sealer, ciphertext), {
      code: 7,
      message: `Permission '${USE}' denied on resource '${KEY}' (or it may not exist).`,
    });
    await assert.rejects(sealer.getCryptoKey({ name: KEY }), { code: 7 });
    assert.equal(await opened(kms.owner, ciphertext), 'x');
    await sealer.close();
  });

  it('tells a stranger nothing about which keys exist', async () => {
    const stranger = kms.clientOf('stranger@p.iam.gserviceaccount.com');
    for (const name of [KEY, `${RING}/cryptoKeys/none`]) {
      await assert.rejects(stranger.decrypt({ name, ciphertext: plaintext }), {
        code: 7,
        message: `Permission '${USE}' denied on resource '${name}' (or it may not exist).`,
      });
    }
    await assert.rejects(kms.owner.decrypt({ name: `${RING}/cryptoKeys/none`, ciphertext: plaintext }), { code: 5 });
    await stranger.close();
  });

  it('asks each gRPC call for its caller', async () => {
    await assert.rejects(kms.grpc.encrypt({ name: KEY, plaintext }, { retry: null }), { code: 16 });
    await assert.rejects(kms.grpc.decrypt({ name: KEY, ciphertext: plaintext }, as(SEALER)), { code: 7 });
    const [answer] = await kms.grpc.encrypt({ name: KEY, plaintext }, as(SEALER));
    assert.equal(answer.name, `${KEY}/cryptoKeyVersions/1`);
  });

  it('asks each REST call for its caller', async () => {
    const response = await fetch(`${kms.restUrl}/v1/${KEY}:encrypt`, { method: 'POST', body: '{}' });
    assert.equal(response.status, 401);
  });

  it('is given and taken by IAM policies on rings and keys', async () => {
    const reader = kms.clientOf('reader@p.iam.gserviceaccount.com');
    const ciphertext = await sealed(kms.owner, 'x');
    const bindings = [{ role: USE, members: ['serviceAccount:reader@p.iam.gserviceaccount.com'] }];
    const [policy] = await kms.owner.setIamPolicy(iam({ resource: RING, policy: { bindings } }));
    assert.deepEqual(policy.bindings?.[0]?.members, bindings[0]!.members);
    assert.equal(await opened(reader, ciphertext), 'x');
    const [granted] = await reader.testIamPermissions(
      iam({ resource: KEY, permissions: [USE, 'cloudkms.cryptoKeys.get'] }),
    );
    assert.deepEqual(granted.permissions, [USE]);
    await assert.rejects(reader.getIamPolicy(iam({ resource: KEY })), { code: 7 });

    const [current] = await kms.owner.getIamPolicy(iam({ resource: RING }));
    await kms.owner.setIamPolicy(iam({ resource: RING, policy: { bindings: [], etag: current.etag } }));
    await assert.rejects(opened(reader, ciphertext), { code: 7 });
    const stale = { bindings, etag: current.etag };
    await assert.rejects(kms.owner.setIamPolicy(iam({ resource: RING, policy: stale })), { code: 10 });
    await reader.close();
  });

  it('records each call with its caller and without its content', async () => {
    await sealed(kms.owner, 'canary-plaintext');
    assert.deepEqual(kms.context.calls.at(-1), { service: 'kms', method: 'Encrypt', caller: OWNER, status: 200 });
    assert.ok(!JSON.stringify(kms.context.calls).includes('canary'));
  });
});
