import assert from 'node:assert/strict';
import { guardedLookup, isPrivateAddress } from '../../shared/providers/address-guard.ts';
import { askProvider } from '../../shared/providers/provider-http.ts';

const PRIVATE = [
  '127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0',
  '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fd00::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1',
  '2002:7f00:1::', '2001:0:1::', 'ff02::1', 'not an address',
]; // prettier-ignore

describe('address guard', () => {
  for (const address of PRIVATE) it(`refuses ${address}`, () => assert(isPrivateAddress(address)));
  for (const address of ['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8']) {
    it(`lets ${address} pass`, () => assert(!isPrivateAddress(address)));
  }

  it('refuses a name that resolves to this machine', async () => {
    const err = await new Promise((resolve) => guardedLookup('localhost', { all: true }, resolve));
    assert.equal((err as { code?: string }).code, 'blocked_address');
  });

  for (const url of [
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://169.254.169.254/latest',
    'http://example.com/',
    'https://localhost/',
  ]) {
    it(`does not ask ${url}`, async () => {
      await assert.rejects(askProvider({ method: 'GET', url, headers: {} }, { providers: {} }), { outcome: 'blocked' });
    });
  }
});
