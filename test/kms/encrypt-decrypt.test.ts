import assert from 'node:assert/strict';
import type { KeyManagementServiceClient } from '@google-cloud/kms';
import { OWNER } from '../kit/fake-context.ts';
import { as } from './clients.ts';
import { checksum, KEY, kmsWithKey, RING, sealed, type KmsFixture } from './fixture.ts';

const plaintext = Buffer.from('{"api_key":"sk-test"}');
const aad = Buffer.from('["v1","acme","OPENAI","c-1"]');

describe('KMS encrypt and decrypt', () => {
  let kms: KmsFixture;

  before(async () => {
    kms = await kmsWithKey();
  });
  after(() => kms.close());

  const transports: { name: string; client: () => KeyManagementServiceClient; options: object }[] = [
    { name: 'REST', client: () => kms.owner, options: {} },
    { name: 'gRPC', client: () => kms.grpc, options: as(OWNER) },
  ];

  for (const { name, client, options } of transports) {
    it(`seal and open with every checksum over ${name}`, async () => {
      const [sent] = await client().encrypt(
        {
          name: KEY,
          plaintext,
          additionalAuthenticatedData: aad,
          plaintextCrc32c: checksum(plaintext),
          additionalAuthenticatedDataCrc32c: checksum(aad),
        },
        options,
      );
      const ciphertext = Buffer.from(sent.ciphertext as Uint8Array);
      assert.equal(sent.name, `${KEY}/cryptoKeyVersions/1`);
      assert.equal(sent.protectionLevel, 'SOFTWARE');
      assert.ok(sent.verifiedPlaintextCrc32c);
      assert.ok(sent.verifiedAdditionalAuthenticatedDataCrc32c);
      assert.equal(Number(sent.ciphertextCrc32c?.value), checksum(ciphertext).value);
      assert.ok(!ciphertext.includes('sk-test'));

      const [back] = await client().decrypt(
        {
          name: KEY,
          ciphertext,
          additionalAuthenticatedData: aad,
          ciphertextCrc32c: checksum(ciphertext),
          additionalAuthenticatedDataCrc32c: checksum(aad),
        },
        options,
      );
      assert.deepEqual(Buffer.from(back.plaintext as Uint8Array), plaintext);
      assert.equal(Number(back.plaintextCrc32c?.value), checksum(plaintext).value);
      assert.ok(back.usedPrimary);
      assert.equal(back.protectionLevel, 'SOFTWARE');
    });
  }

  it('never make the same ciphertext twice', async () => {
    assert.notDeepEqual(await sealed(kms.owner, 'same'), await sealed(kms.owner, 'same'));
  });

  it('say that nothing was verified when no checksum was sent', async () => {
    const [answer] = await kms.owner.encrypt({ name: KEY, plaintext });
    assert.equal(answer.verifiedPlaintextCrc32c, false);
    assert.equal(answer.verifiedAdditionalAuthenticatedDataCrc32c, false);
  });

  it('refuse other authenticated data', async () => {
    const [{ ciphertext }] = await kms.owner.encrypt({ name: KEY, plaintext, additionalAuthenticatedData: aad });
    const additionalAuthenticatedData = Buffer.from('["v1","globex","OPENAI","c-1"]');
    await assert.rejects(kms.owner.decrypt({ name: KEY, ciphertext, additionalAuthenticatedData }), {
      code: 3,
      message: 'Decryption failed: the ciphertext is invalid.',
    });
  });

  it('refuse a ciphertext with any byte changed', async () => {
    const ciphertext = await sealed(kms.owner, 'hello');
    for (const index of ciphertext.keys()) {
      const changed = Buffer.from(ciphertext);
      changed[index]! ^= 1;
      await assert.rejects(kms.owner.decrypt({ name: KEY, ciphertext: changed }), { code: 3 }, `byte ${index}`);
    }
  });

  it("refuse another key's ciphertext in Google's words", async () => {
    await kms.owner.createCryptoKey({
      parent: RING,
      cryptoKeyId: 'other',
      cryptoKey: { purpose: 'ENCRYPT_DECRYPT' },
    });
    const ciphertext = await sealed(kms.owner, 'hello', `${RING}/cryptoKeys/other`);
    await assert.rejects(kms.owner.decrypt({ name: KEY, ciphertext }), {
      code: 3,
      message: "Decryption failed: verify that 'name' refers to the correct CryptoKey.",
    });
  });

  const wrong = { value: 1 };
  const refused: { name: string; call: () => Promise<unknown> }[] = [
    { name: 'plaintext checksum', call: () => kms.owner.encrypt({ name: KEY, plaintext, plaintextCrc32c: wrong }) },
    {
      name: 'checksum of authenticated data',
      call: () => kms.owner.encrypt({ name: KEY, plaintext, additionalAuthenticatedDataCrc32c: wrong }),
    },
    {
      name: 'ciphertext checksum',
      call: async () =>
        kms.owner.decrypt({ name: KEY, ciphertext: await sealed(kms.owner, 'x'), ciphertextCrc32c: wrong }),
    },
  ];
  for (const { name, call } of refused) {
    it(`refuse a wrong ${name}`, async () => {
      await assert.rejects(call(), { code: 3, message: /^The checksum in field \w+_crc32c did not match/ });
    });
  }

  it('take 64 KiB and no more', async () => {
    const limit = Buffer.alloc(64 << 10, 7);
    const [{ ciphertext }] = await kms.owner.encrypt({
      name: KEY,
      plaintext: limit,
      additionalAuthenticatedData: limit,
    });
    const [back] = await kms.owner.decrypt({ name: KEY, ciphertext, additionalAuthenticatedData: limit });
    assert.ok(limit.equals(back.plaintext as Uint8Array));
    const over = Buffer.alloc((64 << 10) + 1);
    await assert.rejects(kms.owner.encrypt({ name: KEY, plaintext: over }), { code: 3 });
    await assert.rejects(kms.owner.encrypt({ name: KEY, plaintext, additionalAuthenticatedData: over }), { code: 3 });
  });

  it('take 8 KiB of plaintext and authenticated data together under an HSM key', async () => {
    const cryptoKey = { purpose: 'ENCRYPT_DECRYPT', versionTemplate: { protectionLevel: 'HSM' } } as const;
    await kms.owner.createCryptoKey({ parent: RING, cryptoKeyId: 'hsm', cryptoKey });
    const name = `${RING}/cryptoKeys/hsm`;
    const half = Buffer.alloc(4 << 10);
    const [answer] = await kms.owner.encrypt({ name, plaintext: half, additionalAuthenticatedData: half });
    assert.equal(answer.protectionLevel, 'HSM');
    const more = Buffer.alloc((4 << 10) + 1);
    await assert.rejects(kms.owner.encrypt({ name, plaintext: half, additionalAuthenticatedData: more }), { code: 3 });
  });
});
