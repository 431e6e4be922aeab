import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { openedKey, pemOf } from '../../../shared/providers/oci/private-key.ts';
import { signedHeaders } from '../../../shared/providers/oci/request-signer.ts';
import { authorizationParts, isSignatureOf, PASSPHRASE, pem, privateKey } from './oci-key.ts';

const at = new Date('2026-11-22T08:05:09.123Z');
const key = { keyId: 'ocid1.tenancy.oc1..t/ocid1.user.oc1..u/20:3b:97:13', privateKey };
const get = {
  method: 'GET',
  url: new URL('https://identity.eu-frankfurt-1.oci.oraclecloud.com/20160918/users/u?a=b'),
} as const;
const body = '{"tenantId":"Zürich"}';
const post = { method: 'POST', url: new URL('http://127.0.0.1:4711/base/20200107/usage?limit=1'), body } as const;

describe('a request to Oracle Cloud', () => {
  it('is signed over date, target and host', () => {
    const headers = signedHeaders(get, key, at);
    const { signature, ...parts } = authorizationParts(headers['authorization']!);
    assert.deepEqual(parts, {
      version: '1',
      keyId: key.keyId,
      algorithm: 'rsa-sha256',
      headers: 'x-date (request-target) host',
    });
    const text = [
      'x-date: Sun, 22 Nov 2026 08:05:09 GMT',
      '(request-target): get /20160918/users/u?a=b',
      'host: identity.eu-frankfurt-1.oci.oraclecloud.com',
    ].join('\n');
    assert(isSignatureOf(text, signature!));
    assert.deepEqual(Object.keys(headers), ['x-date', 'host', 'authorization']);
    assert.equal(headers['x-date'], 'Sun, 22 Nov 2026 08:05:09 GMT');
  });

  it('is signed over its body as well, for the host that it is sent to', () => {
    const headers = signedHeaders(post, key, at);
    const { signature, headers: names } = authorizationParts(headers['authorization']!);
    assert.equal(names, 'x-date (request-target) host content-type content-length x-content-sha256');
    const digest = createHash('sha256').update(Buffer.from(body, 'utf8')).digest('base64');
    const text = [
      'x-date: Sun, 22 Nov 2026 08:05:09 GMT',
      '(request-target): post /base/20200107/usage?limit=1',
      'host: 127.0.0.1:4711',
      'content-type: application/json',
      'content-length: 22',
      `x-content-sha256: ${digest}`,
    ].join('\n');
    assert(isSignatureOf(text, signature!));
    assert(!isSignatureOf(text.replace('limit=1', 'limit=2'), signature!));
    assert.equal(headers['content-length'], '22');
  });

  it('names the empty body by the digest that Oracle documents', () => {
    const headers = signedHeaders({ ...post, body: '' }, key, at);
    assert.equal(headers['x-content-sha256'], '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
    assert.equal(headers['content-length'], '0');
  });

  const forms: { name: string; text: string; passphrase?: string }[] = [
    { name: 'PKCS#8', text: pem('pkcs8') },
    { name: 'PKCS#1', text: pem('pkcs1') },
    { name: 'encrypted PKCS#8', text: pem('pkcs8', true), passphrase: PASSPHRASE },
    { name: 'encrypted PKCS#1', text: pem('pkcs1', true), passphrase: PASSPHRASE },
    { name: 'line ends that were escaped', text: pem('pkcs8').replaceAll('\n', '\\n') },
    { name: 'line ends of Windows that were escaped', text: pem('pkcs8').replaceAll('\n', '\\r\\n') },
  ];
  for (const { name, text, passphrase } of forms) {
    it(`is signed with a key in the form of ${name}`, () => {
      const opened = openedKey(pemOf(text), passphrase);
      assert(opened);
      const headers = signedHeaders(get, { ...key, privateKey: opened }, at);
      // RSA-SHA256 with PKCS#1 padding knows no chance: one key, one signature.
      assert.equal(headers['authorization'], signedHeaders(get, key, at)['authorization']);
    });
  }

  it('is not signed with a key that does not open', () => {
    assert.equal(openedKey(pem('pkcs8', true), 'open barley'), undefined);
    assert.equal(openedKey('no key', undefined), undefined);
  });
});
