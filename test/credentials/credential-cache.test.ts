import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CredentialCache } from '../../shared/credentials/credential-cache.ts';
import { openCredential } from '../../shared/credentials/open-credential.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { aRow, clock } from './fixtures.ts';

const SECRET = Secret.of({ api_key: 'sk-canary' });

describe('credential cache', () => {
  let now: number;
  let cache: CredentialCache;
  let opened: number;
  const open = async () => {
    opened += 1;
    await new Promise(setImmediate);
    return SECRET;
  };
  beforeEach(() => {
    now = Date.UTC(2026, 10, 24);
    opened = 0;
    cache = new CredentialCache({ now: () => new Date(now) }, 300);
  });
  afterEach(() => cache.close());

  it('makes one call for 1,000 readers at once', async () => {
    const row = { credential_id: 'a', version: 1 };
    const all = await Promise.all(Array.from({ length: 1_000 }, () => cache.get(row, open)));
    assert.equal(opened, 1);
    assert(all.every((credentials) => credentials === SECRET));
  });

  it('keeps a credential for its time and no longer', async () => {
    const row = { credential_id: 'a', version: 1 };
    await cache.get(row, open);
    now += 299_000;
    await cache.get(row, open);
    assert.equal(opened, 1);
    now += 1_000;
    await cache.get(row, open);
    assert.equal(opened, 2);
  });

  it('opens a new version anew', async () => {
    await cache.get({ credential_id: 'a', version: 1 }, open);
    await cache.get({ credential_id: 'a', version: 2 }, open);
    assert.equal(opened, 2);
  });

  it('does not keep failures', async () => {
    const row = { credential_id: 'a', version: 1 };
    await assert.rejects(
      cache.get(row, () => Promise.reject(new Error('KMS is away'))),
      /away/,
    );
    assert.equal(await cache.get(row, open), SECRET);
  });

  it('holds a bounded number of credentials', async () => {
    for (let id = 0; id < 1_100; id += 1) await cache.get({ credential_id: `c${id}`, version: 1 }, open);
    await cache.get({ credential_id: 'c1099', version: 1 }, open);
    assert.equal(opened, 1_100);
    await cache.get({ credential_id: 'c0', version: 1 }, open);
    assert.equal(opened, 1_101);
  });

  it('shows no secret to whoever prints it', async () => {
    const kept = await cache.get({ credential_id: 'a', version: 1 }, open);
    assert(!inspect(kept, { depth: 9 }).includes('canary') && !JSON.stringify({ kept }).includes('canary'));
  });

  it('stands between a row and its decryption', async () => {
    const deps = { cipher: { decrypt: open }, store: { append: async () => undefined }, clock, cache };
    const opener = { actor: 'job', requestId: 'run' };
    const row = aRow({ validation_status: 'VALID' });
    await Promise.all([openCredential(row, opener, deps), openCredential(row, opener, deps)]);
    assert.equal(opened, 1);
    await assert.rejects(openCredential(aRow({ encrypted_credentials: null }), opener, deps), {
      code: 'not_configured',
    });
  });
});
