import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { crc32c } from '@aws-crypto/crc32c';
import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { Secret } from '../../shared/platform/secret.ts';

const KEY = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';
const CONTEXT = { org: 'acme', providerKey: 'OPENAI', credentialId: 'cred_1' };
const SECRET = Secret.of({ api_key: 'sk-canary' });

interface Asked {
  name: string;
  plaintext: Buffer;
  ciphertext: Buffer;
  plaintextCrc32c: { value: number };
  ciphertextCrc32c: { value: number };
  additionalAuthenticatedData: Buffer;
  additionalAuthenticatedDataCrc32c: { value: number };
}

/** A KMS that binds ciphertexts to their authenticated data; `garble` damages an answer. */
function fakeKms(garble: (answer: Record<string, unknown>, call: number) => void = () => undefined) {
  const calls: Asked[] = [];
  const tag = (aad: Buffer) => createHash('sha256').update(aad).digest();
  const answer = (request: Asked, made: Record<string, unknown>) => {
    calls.push({ ...request, ...(request.plaintext ? { plaintext: Buffer.from(request.plaintext) } : {}) });
    garble(made, calls.length);
    return Promise.resolve([made]);
  };
  const kms = {
    encrypt: (request: Asked) => {
      const ciphertext = Buffer.concat([tag(request.additionalAuthenticatedData), request.plaintext]);
      return answer(request, {
        name: `${request.name}/cryptoKeyVersions/3`,
        ciphertext,
        ciphertextCrc32c: { value: String(crc32c(ciphertext)) },
        verifiedPlaintextCrc32c: request.plaintextCrc32c.value === crc32c(request.plaintext),
        verifiedAdditionalAuthenticatedDataCrc32c:
          request.additionalAuthenticatedDataCrc32c.value === crc32c(request.additionalAuthenticatedData),
      });
    },
    decrypt: (request: Asked) => {
      if (!request.ciphertext.subarray(0, 32).equals(tag(request.additionalAuthenticatedData))) {
        return Promise.reject(Object.assign(new Error('Decryption failed'), { code: 3 }));
      }
      const plaintext = Buffer.from(request.ciphertext.subarray(32));
      return answer(request, { plaintext, plaintextCrc32c: { value: String(crc32c(plaintext)) } });
    },
  };
  return { kms: kms as unknown as ConstructorParameters<typeof CredentialCipher>[0], calls };
}

describe('credential cipher', () => {
  it('seals canonical JSON with checksums and the row as authenticated data', async () => {
    const { kms, calls } = fakeKms();
    const sealed = await new CredentialCipher(kms, KEY).encrypt(SECRET, CONTEXT);
    assert.equal(sealed.kmsKeyVersion, `${KEY}/cryptoKeyVersions/3`);
    assert.equal(calls[0]!.plaintext.toString(), '{"api_key":"sk-canary"}');
    assert.equal(calls[0]!.additionalAuthenticatedData.toString(), '["v1","acme","OPENAI","cred_1"]');
    assert.equal(calls[0]!.plaintextCrc32c.value, crc32c(calls[0]!.plaintext));
  });

  it('opens what it sealed, and nothing that was moved to another row', async () => {
    const cipher = new CredentialCipher(fakeKms().kms, KEY);
    const { ciphertext } = await cipher.encrypt(SECRET, CONTEXT);
    assert.deepEqual((await cipher.decrypt(ciphertext, CONTEXT)).reveal(), { api_key: 'sk-canary' });
    for (const moved of [{ org: 'globex' }, { providerKey: 'GCP_SA' }, { credentialId: 'cred_2' }]) {
      await assert.rejects(cipher.decrypt(ciphertext, { ...CONTEXT, ...moved }), { code: 'decryption_failed' });
    }
  });

  it('uses a key per organisation when the name says so', async () => {
    const { kms, calls } = fakeKms();
    await new CredentialCipher(kms, `${KEY}-{org}`).encrypt(SECRET, CONTEXT);
    assert.equal(calls[0]!.name, `${KEY}-acme`);
  });

  const damages: { name: string; garble: (answer: Record<string, unknown>) => void }[] = [
    { name: 'a damaged ciphertext', garble: (answer) => (answer['ciphertextCrc32c'] = { value: '1' }) },
    { name: 'a plaintext that did not arrive whole', garble: (answer) => (answer['verifiedPlaintextCrc32c'] = false) },
    {
      name: 'a row that did not arrive whole',
      garble: (answer) => (answer['verifiedAdditionalAuthenticatedDataCrc32c'] = false),
    },
    { name: 'the answer of another key', garble: (answer) => (answer['name'] = `${KEY}2/cryptoKeyVersions/1`) },
  ];
  for (const { name, garble } of damages) {
    it(`throws ${name} away, tries again and gives up in the end`, async () => {
      const once = fakeKms((answer, call) => call === 1 && garble(answer));
      await new CredentialCipher(once.kms, KEY).encrypt(SECRET, CONTEXT);
      assert.equal(once.calls.length, 2);
      const always = fakeKms(garble);
      await assert.rejects(new CredentialCipher(always.kms, KEY).encrypt(SECRET, CONTEXT), {
        code: 'backend_unavailable',
      });
      assert.equal(always.calls.length, 3);
    });
  }

  it('throws a damaged plaintext away', async () => {
    const { kms } = fakeKms((answer) => 'plaintext' in answer && (answer['plaintextCrc32c'] = { value: '1' }));
    const cipher = new CredentialCipher(kms, KEY);
    const { ciphertext } = await cipher.encrypt(SECRET, CONTEXT);
    await assert.rejects(cipher.decrypt(ciphertext, CONTEXT), { code: 'backend_unavailable' });
  });

  const refusals = [
    { rpc: 3, code: 'decryption_failed' },
    { rpc: 9, code: 'key_version_disabled' },
    { rpc: 7, code: 'decryption_denied' },
    { rpc: 14, code: 'backend_unavailable' },
  ];
  for (const { rpc, code } of refusals) {
    it(`tells RPC code ${rpc} as ${code}`, async () => {
      const kms = { decrypt: () => Promise.reject(Object.assign(new Error('x'), { code: rpc })) };
      const cipher = new CredentialCipher(kms as never, KEY);
      await assert.rejects(cipher.decrypt('AAAA', CONTEXT), { code });
    });
  }

  it('says unavailable for whatever goes wrong when sealing', async () => {
    const kms = { encrypt: () => Promise.reject(Object.assign(new Error('x'), { code: 7 })) };
    await assert.rejects(new CredentialCipher(kms as never, KEY).encrypt(SECRET, CONTEXT), {
      code: 'backend_unavailable',
    });
  });
});
