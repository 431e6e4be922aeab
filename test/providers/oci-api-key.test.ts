import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { opensInTime } from '../../shared/providers/key-encryption.ts';
import { exampleCredentials, ociFingerprint } from './examples.ts';
import { checked, refused } from './fixtures.ts';

const { passphrase: _passphrase, ...example } = (await exampleCredentials())['oci']!.credentials!;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const fingerprint = ociFingerprint(publicKey);

const pem = (type: 'pkcs1' | 'pkcs8', options: object = {}, key: KeyObject = privateKey): string =>
  key.export({ type, format: 'pem', ...options }) as string;
const secretive = { cipher: 'aes-256-cbc', passphrase: 'open sesame' };
const aKey = (changes: Record<string, string>) => ({ credentials: { ...example, fingerprint, ...changes } });
const faultsOf = (changes: Record<string, string>): string[] =>
  refused('oci', aKey(changes)).faults.map(({ pointer, code }) => `${pointer.replace('/credentials/', '')} ${code}`);

describe('OCI API key', () => {
  const accepted: { name: string; changes: Record<string, string> }[] = [
    { name: 'PKCS#8', changes: { private_key: pem('pkcs8') } },
    { name: 'PKCS#1', changes: { private_key: pem('pkcs1') } },
    { name: 'encrypted PKCS#8', changes: { private_key: pem('pkcs8', secretive), passphrase: 'open sesame' } },
    { name: 'encrypted PKCS#1', changes: { private_key: pem('pkcs1', secretive), passphrase: 'open sesame' } },
    { name: 'the label that Oracle writes behind it', changes: { private_key: `${pem('pkcs8')}OCI_API_KEY\n` } },
    { name: 'line ends of Windows', changes: { private_key: pem('pkcs8').replaceAll('\n', '\r\n') } },
    { name: 'escaped line ends', changes: { private_key: pem('pkcs8').replaceAll('\n', '\\n') } },
  ];
  for (const { name, changes } of accepted) {
    it(`may come with ${name}`, () => assert.deepEqual(checked('oci', aKey(changes)), []));
  }

  const other = (type: 'ec' | 'rsa', options: object): string =>
    pem('pkcs8', {}, generateKeyPairSync(type as 'rsa', options as { modulusLength: number }).privateKey);
  const wrong: { name: string; changes: Record<string, string>; faults: string[] }[] = [
    { name: 'no passphrase', changes: { private_key: pem('pkcs8', secretive) }, faults: ['passphrase required'] },
    {
      name: 'no passphrase (PKCS#1)',
      changes: { private_key: pem('pkcs1', secretive) },
      faults: ['passphrase required'],
    },
    {
      name: 'a wrong passphrase',
      changes: { private_key: pem('pkcs8', secretive), passphrase: 'open barley' },
      faults: ['passphrase wrong_passphrase'],
    },
    {
      name: 'an empty passphrase',
      changes: { private_key: pem('pkcs8', secretive), passphrase: '' },
      faults: ['passphrase minLength'],
    },
    { name: 'half a key', changes: { private_key: pem('pkcs8').slice(0, 600) }, faults: ['private_key pem'] },
    { name: 'no PEM', changes: { private_key: 'open sesame' }, faults: ['private_key pem'] },
    {
      name: 'a short key',
      changes: { private_key: other('rsa', { modulusLength: 1024 }) },
      faults: ['private_key weak_key', 'fingerprint contradiction'],
    },
    {
      name: 'an elliptic key',
      changes: { private_key: other('ec', { namedCurve: 'P-256' }) },
      faults: ['private_key not_rsa', 'fingerprint contradiction'],
    },
    {
      name: 'the key of another fingerprint',
      changes: { private_key: other('rsa', { modulusLength: 2048 }) },
      faults: ['fingerprint contradiction'],
    },
  ];
  for (const { name, changes, faults } of wrong) {
    it(`is refused with ${name}`, () => assert.deepEqual(faultsOf(changes), faults));
  }

  it('never quotes what it refuses', () => {
    const error = refused('oci', aKey({ private_key: pem('pkcs8', secretive), passphrase: 'open barley' }));
    assert(!/barley|MII/.test(JSON.stringify(error.faults)));
  });

  describe('that is encrypted', () => {
    const encrypted = pem('pkcs8', secretive);
    const der = Buffer.from(encrypted.replace(/-----.*-----/g, ''), 'base64');
    const asPem = (bytes: Buffer): string =>
      `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`;

    it('opens in time with the rounds that OpenSSL writes', () => assert.equal(opensInTime(encrypted), true));

    it('is not opened when it asks for millions of rounds', () => {
      const rounds = der.indexOf(Buffer.from([0x02, 0x02, 0x08, 0x00])); // 2048, as OpenSSL writes it
      assert(rounds > 0);
      const slow = widened(der, rounds, Buffer.from([0x02, 0x04, 0x7f, 0xff, 0xff, 0xff]));
      assert.equal(opensInTime(asPem(slow)), false);
      assert.equal(opensInTime(asPem(widened(der, rounds, Buffer.from([0x02, 0x03, 0x0f, 0x00, 0x00])))), true);
      const started = performance.now();
      assert.deepEqual(faultsOf({ private_key: asPem(slow), passphrase: 'open sesame' }), ['private_key encryption']);
      assert(performance.now() - started < 500);
    });

    it('is not opened when it cannot be read', () => {
      for (const bytes of [
        der.subarray(0, 40),
        Buffer.from([0x30, 0x80, 0, 0]),
        Buffer.from([0x30, 0x84, 255]),
        Buffer.alloc(0),
      ])
        assert.equal(opensInTime(asPem(bytes)), false);
      assert.equal(opensInTime('-----BEGIN ENCRYPTED PRIVATE KEY-----\n???'), false);
    });
  });
});

/** Puts a longer number in place of the four bytes at `at`, and corrects the lengths of the sequences around it. */
function widened(der: Buffer, at: number, number: Buffer): Buffer {
  const grown = Buffer.concat([der.subarray(0, at), number, der.subarray(at + 4)]);
  const added = number.length - 4;
  for (let open = 0; open < at;) {
    const long = grown[open + 1] === 0x82;
    const end = long ? open + 4 + der.readUInt16BE(open + 2) : open + 2 + der[open + 1]!;
    if (der[open] !== 0x30 || end <= at) {
      open = end;
      continue;
    }
    if (long) grown.writeUInt16BE(der.readUInt16BE(open + 2) + added, open + 2);
    else grown[open + 1] = der[open + 1]! + added;
    open += long ? 4 : 2;
  }
  return grown;
}
