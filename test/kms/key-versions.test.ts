import assert from 'node:assert/strict';
import { readFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startKms } from '../../local/kms/kms.ts';
import { fakeContext, OWNER } from '../kit/fake-context.ts';
import { restClient } from './clients.ts';
import { KEY, kmsWithKey, opened, RING, sealed, type KmsFixture } from './fixture.ts';

const DAY_MS = 86_400_000;
const version = (number: number) => `${KEY}/cryptoKeyVersions/${number}`;

describe('KMS key versions', () => {
  let kms: KmsFixture;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'kms-'));
    kms = await kmsWithKey(path.join(folder, 'state.db'));
  });
  afterEach(async () => {
    await kms.close();
    await rm(folder, { recursive: true });
  });

  const rotate = async () => {
    const [{ name }] = await kms.owner.createCryptoKeyVersion({ parent: KEY, cryptoKeyVersion: {} });
    const cryptoKeyVersionId = String(name).split('/').at(-1)!;
    await kms.owner.updateCryptoKeyPrimaryVersion({ name: KEY, cryptoKeyVersionId });
    return name!;
  };
  const setState = async (number: number, state: 'ENABLED' | 'DISABLED') =>
    kms.owner.updateCryptoKeyVersion({
      cryptoKeyVersion: { name: version(number), state },
      updateMask: { paths: ['state'] },
    });

  it('still open what they sealed after a rotation', async () => {
    const old = await sealed(kms.owner, 'before');
    assert.equal(await rotate(), version(2));
    const [fresh] = await kms.owner.encrypt({ name: KEY, plaintext: Buffer.from('after') });
    assert.equal(fresh.name, version(2));
    const [answer] = await kms.owner.decrypt({ name: KEY, ciphertext: old });
    assert.equal(answer.plaintext?.toString(), 'before');
    assert.equal(answer.usedPrimary, false);
  });

  it('seal by name, primary or not', async () => {
    await rotate();
    const [answer] = await kms.owner.encrypt({ name: version(1), plaintext: Buffer.from('x') });
    assert.equal(answer.name, version(1));
    assert.equal(await opened(kms.owner, Buffer.from(answer.ciphertext as Uint8Array)), 'x');
  });

  it('rotate by themselves when their period is over', async () => {
    const nextRotationTime = { seconds: Number(kms.context.clock.now()) / 1000 + 86_400 };
    await kms.owner.updateCryptoKey({
      cryptoKey: { name: KEY, rotationPeriod: { seconds: 30 * 86_400 }, nextRotationTime },
      updateMask: { paths: ['rotation_period', 'next_rotation_time'] },
    });
    const old = await sealed(kms.owner, 'before');
    kms.context.advance(DAY_MS);
    const [key] = await kms.owner.getCryptoKey({ name: KEY });
    assert.equal(key.primary?.name, version(2));
    assert.equal(Number(key.nextRotationTime?.seconds), nextRotationTime.seconds + 30 * 86_400);
    assert.equal(await opened(kms.owner, old), 'before');
    kms.context.advance(100 * DAY_MS);
    const [versions] = await kms.owner.listCryptoKeyVersions({ parent: KEY });
    assert.deepEqual(
      versions.map(({ name }) => name),
      [version(1), version(2), version(3)],
    );
  });

  it('neither seal nor open while disabled', async () => {
    const ciphertext = await sealed(kms.owner, 'x');
    await setState(1, 'DISABLED');
    const refusal = { code: 9, message: `${version(1)} is not enabled, current state is: DISABLED.` };
    await assert.rejects(opened(kms.owner, ciphertext), refusal);
    await assert.rejects(sealed(kms.owner, 'x'), refusal);
    await setState(1, 'ENABLED');
    assert.equal(await opened(kms.owner, ciphertext), 'x');
  });

  it('can be restored until their destruction is due', async () => {
    const ciphertext = await sealed(kms.owner, 'x');
    const [scheduled] = await kms.owner.destroyCryptoKeyVersion({ name: version(1) });
    assert.equal(scheduled.state, 'DESTROY_SCHEDULED');
    assert.equal(Number(scheduled.destroyTime?.seconds) * 1000, Number(kms.context.clock.now()) + 30 * DAY_MS);
    await assert.rejects(opened(kms.owner, ciphertext), { code: 9, message: /current state is: DESTROY_SCHEDULED/ });
    await assert.rejects(kms.owner.destroyCryptoKeyVersion({ name: version(1) }), {
      code: 9,
      message: `The request cannot be fulfilled. Resource ${version(1)} has value DESTROY_SCHEDULED in field crypto_key_version.state.`,
    });
    const [restored] = await kms.owner.restoreCryptoKeyVersion({ name: version(1) });
    assert.equal(restored.state, 'DISABLED');
    await setState(1, 'ENABLED');
    assert.equal(await opened(kms.owner, ciphertext), 'x');
  });

  it('leave no byte of their material behind once destroyed', async () => {
    const ciphertext = await sealed(kms.owner, 'x');
    const row = kms.context.db.prepare('SELECT material FROM kms_key_versions').get();
    const material = Buffer.from(row!['material'] as Uint8Array);
    const copies = async () => {
      const files = await Promise.all((await readdir(folder)).map((name) => readFile(path.join(folder, name))));
      return files.filter((file) => file.includes(material)).length;
    };
    assert.ok((await copies()) > 0);
    await kms.owner.destroyCryptoKeyVersion({ name: version(1) });
    kms.context.advance(30 * DAY_MS);
    assert.equal(await copies(), 0);
    const [gone] = await kms.owner.getCryptoKeyVersion({ name: version(1) });
    assert.equal(gone.state, 'DESTROYED');
    await assert.rejects(opened(kms.owner, ciphertext), { code: 9, message: /current state is: DESTROYED/ });
    await assert.rejects(kms.owner.restoreCryptoKeyVersion({ name: version(1) }), { code: 9 });
  });

  it('open after a restart what they sealed before it', async () => {
    const ciphertext = await sealed(kms.owner, 'x');
    const context = fakeContext(path.join(folder, 'state.db'));
    const again = await startKms(context);
    const client = restClient(again.restUrl, OWNER);
    assert.equal(await opened(client, ciphertext), 'x');
    await Promise.all([client.close(), again.close()]);
    context.db.close();
  });

  it('are absent from a key made without one, which then cannot seal', async () => {
    const cryptoKey = { purpose: 'ENCRYPT_DECRYPT' } as const;
    const request = { parent: RING, cryptoKeyId: 'bare', cryptoKey, skipInitialVersionCreation: true };
    const [key] = await kms.owner.createCryptoKey(request);
    assert.ok(!key.primary);
    await assert.rejects(sealed(kms.owner, 'x', key.name!), { code: 9 });
  });
});
