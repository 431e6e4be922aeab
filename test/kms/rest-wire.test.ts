import assert from 'node:assert/strict';
import { OWNER, PROJECT } from '../kit/fake-context.ts';
import { KEY, kmsWithKey, LOCATION, RING, type KmsFixture } from './fixture.ts';

describe('KMS over plain REST', () => {
  let kms: KmsFixture;

  before(async () => {
    kms = await kmsWithKey();
  });
  after(() => kms.close());

  const call = async (verb: string, path: string, body?: object | string) => {
    const response = await fetch(`${kms.restUrl}/v1/${path}`, {
      method: verb,
      headers: { authorization: `Bearer ${OWNER}` },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };
  const refusal = ({ json }: { json: Record<string, unknown> }) =>
    json['error'] as { code: number; status: string; message: string };

  it('answers int64 as text and enums by name', async () => {
    const { json } = await call('POST', `${KEY}:encrypt`, { plaintext: 'aGk=', plaintextCrc32c: '4120762818' });
    assert.match(json['ciphertextCrc32c'] as string, /^\d+$/);
    assert.equal(json['verifiedPlaintextCrc32c'], true);
    assert.equal(json['protectionLevel'], 'SOFTWARE');
  });

  it('answers enums as numbers to who asks for that', async () => {
    const { json } = await call('POST', `${KEY}:encrypt?$alt=json;enum-encoding=int`, { plaintext: 'aGk=' });
    assert.equal(json['protectionLevel'], 1);
  });

  it('takes an enum as a number or by name', async () => {
    for (const [id, purpose] of [
      ['by-number', 1],
      ['by-name', 'ENCRYPT_DECRYPT'],
    ]) {
      const { status, json } = await call('POST', `${RING}/cryptoKeys?cryptoKeyId=${id}`, { purpose });
      assert.equal(status, 200);
      assert.equal(json['purpose'], 'ENCRYPT_DECRYPT');
    }
  });

  it('changes just the fields of the mask', async () => {
    const body = { labels: { team: 'finops' }, rotationPeriod: '86400s' };
    const { json } = await call('PATCH', `${KEY}?updateMask=labels`, body);
    assert.deepEqual(json['labels'], { team: 'finops' });
    assert.equal(json['rotationPeriod'], undefined);
    assert.equal(refusal(await call('PATCH', `${KEY}?updateMask=purpose`, body)).status, 'INVALID_ARGUMENT');
    assert.equal(refusal(await call('PATCH', KEY, body)).status, 'INVALID_ARGUMENT');
  });

  it('pages through lists', async () => {
    for (const id of ['a', 'b', 'c']) await call('POST', `${LOCATION}/keyRings?keyRingId=page-${id}`, {});
    const first = await call('GET', `${LOCATION}/keyRings?pageSize=3`);
    const token = String(first.json['nextPageToken']);
    const second = await call('GET', `${LOCATION}/keyRings?pageSize=3&pageToken=${token}`);
    const names = [first, second].flatMap(({ json }) =>
      (json['keyRings'] as { name: string }[]).map((ring) => ring.name),
    );
    assert.equal(new Set(names).size, 4);
    assert.equal(second.json['totalSize'], 4);
  });

  it('reads a policy by GET as well as by POST', async () => {
    assert.equal((await call('GET', `${KEY}:getIamPolicy`)).status, 200);
    assert.equal((await call('POST', `${KEY}:getIamPolicy`, {})).status, 200);
  });

  const faults: { name: string; verb: string; path: string; body: object | string; status: string }[] = [
    {
      name: 'a key that is there',
      verb: 'POST',
      path: `${RING}/cryptoKeys?cryptoKeyId=key`,
      body: { purpose: 1 },
      status: 'ALREADY_EXISTS',
    },
    {
      name: 'a key id with a slash',
      verb: 'POST',
      path: `${RING}/cryptoKeys?cryptoKeyId=a%2Fb`,
      body: { purpose: 1 },
      status: 'INVALID_ARGUMENT',
    },
    {
      name: 'a key without a purpose',
      verb: 'POST',
      path: `${RING}/cryptoKeys?cryptoKeyId=x`,
      body: {},
      status: 'INVALID_ARGUMENT',
    },
    {
      name: 'a rotation without a date',
      verb: 'POST',
      path: `${RING}/cryptoKeys?cryptoKeyId=x`,
      body: { purpose: 1, rotationPeriod: '86400s' },
      status: 'INVALID_ARGUMENT',
    },
    {
      name: 'a signing key',
      verb: 'POST',
      path: `${RING}/cryptoKeys?cryptoKeyId=x`,
      body: { purpose: 'ASYMMETRIC_SIGN' },
      status: 'UNIMPLEMENTED',
    },
    {
      name: 'a signature',
      verb: 'POST',
      path: `${KEY}/cryptoKeyVersions/1:asymmetricSign`,
      body: {},
      status: 'UNIMPLEMENTED',
    },
    { name: 'a MAC', verb: 'POST', path: `${KEY}/cryptoKeyVersions/1:macSign`, body: {}, status: 'UNIMPLEMENTED' },
    { name: 'broken JSON', verb: 'POST', path: `${KEY}:encrypt`, body: '{"plaintext":', status: 'INVALID_ARGUMENT' },
    { name: 'an array for a body', verb: 'POST', path: `${KEY}:encrypt`, body: '[1]', status: 'INVALID_ARGUMENT' },
    {
      name: 'a number for bytes',
      verb: 'POST',
      path: `${KEY}:encrypt`,
      body: { plaintext: 7 },
      status: 'INVALID_ARGUMENT',
    },
  ];
  for (const { name, verb, path, body, status } of faults) {
    it(`refuses ${name} with ${status}`, async () => {
      assert.equal(refusal(await call(verb, path, body)).status, status);
    });
  }

  it('lists where keys can be', async () => {
    const { json } = await call('GET', `projects/${PROJECT}/locations`);
    const ids = (json['locations'] as { locationId: string }[]).map(({ locationId }) => locationId);
    assert.ok(ids.includes('europe-west1'));
    assert.equal((await call('GET', `projects/${PROJECT}/locations/nowhere`)).status, 404);
  });

  it('makes random bytes', async () => {
    const body = { lengthBytes: 16, protectionLevel: 'HSM' };
    const { json } = await call('POST', `${LOCATION}:generateRandomBytes`, body);
    assert.equal(Buffer.from(String(json['data']), 'base64').length, 16);
  });
});
