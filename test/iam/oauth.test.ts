import assert from 'node:assert/strict';
import type { KeyFile } from '../../local/iam/keys.ts';
import { answerOf, assertionBy, CLOUD_PLATFORM, iamBench, PROJECT, type IamBench } from './fixtures.ts';

const READONLY = 'https://www.googleapis.com/auth/bigquery.readonly';
const now = (): number => Math.floor(Date.now() / 1000);

describe('token endpoint', () => {
  let bench: IamBench;
  let key: KeyFile;
  let accounts = 0;

  before(async () => {
    bench = await iamBench();
  });
  after(() => bench.close());
  beforeEach(async () => {
    const { email } = await bench.iam.createServiceAccount(PROJECT, `customer-${accounts++}`);
    key = await bench.iam.createKey(email);
  });

  const caller = (token: string) => bench.iam.authenticate(`Bearer ${token}`);

  it('gives a token with the scopes asked for, good for an hour', async () => {
    const { status, body } = await bench.exchange(await assertionBy(key, { scope: `${READONLY} openid` }));
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['access_token', 'expires_in', 'token_type']);
    assert.equal(body.expires_in, 3599);
    assert.deepEqual(await caller(body.access_token), { email: key.client_email, scopes: [READONLY, 'openid'] });
  });

  for (const aud of [
    'https://oauth2.googleapis.com/token',
    'https://accounts.google.com/o/oauth2/token',
    'https://www.googleapis.com/oauth2/v4/token',
  ]) {
    it(`takes ${aud} as audience`, async () => {
      assert.equal((await bench.exchange(await assertionBy(key, { aud }))).status, 200);
    });
  }

  it('takes its own URL as audience', async () => {
    assert.equal((await bench.exchange(await assertionBy(key, { aud: `${bench.oauthUrl}/token` }))).status, 200);
  });

  it('finds the key by itself when the assertion names none', async () => {
    assert.equal((await bench.exchange(await assertionBy(key, {}, {}))).status, 200);
  });

  it('gives an ID token for a target audience, signed by a published key of Google', async () => {
    const { body } = await bench.exchange(await assertionBy(key, { target_audience: 'https://example.run.app' }));
    const { OAuth2Client } = await import('google-auth-library');
    const certificates = await (await fetch(`${bench.apiUrl}/oauth2/v1/certs`)).json();
    const ticket = await new OAuth2Client().verifySignedJwtWithCertsAsync(
      body.id_token,
      certificates as Record<string, string>,
      'https://example.run.app',
      ['https://accounts.google.com'],
    );
    const claims = ticket.getPayload();
    assert.equal(claims?.email, key.client_email);
    assert.equal(claims?.sub, key.client_id);
  });

  const refused = [
    { name: 'another key of the same name', make: forged, error: 'invalid_grant', says: 'Invalid JWT Signature.' },
    {
      name: 'an account that does not exist',
      make: () => assertionBy(key, { iss: `nobody@${PROJECT}.iam.gserviceaccount.com` }),
      error: 'invalid_grant',
      says: 'Invalid grant: account not found',
    },
    {
      name: 'an assertion that lives two hours',
      make: () => assertionBy(key, { exp: now() + 7200 }),
      error: 'invalid_grant',
      says: /^Invalid JWT: Token must be a short-lived token \(60 minutes\)/,
    },
    {
      name: 'an assertion of yesterday',
      make: () => assertionBy(key, { iat: now() - 90_000, exp: now() - 86_400 }),
      error: 'invalid_grant',
      says: /^Invalid JWT: Token must be a short-lived token/,
    },
    {
      name: 'an assertion of the future',
      make: () => assertionBy(key, { iat: now() + 900, exp: now() + 1800 }),
      error: 'invalid_grant',
      says: /^Invalid JWT: Token must be a short-lived token/,
    },
    {
      name: 'an assertion for somebody else',
      make: () => assertionBy(key, { aud: 'https://login.example.com/token' }),
      error: 'invalid_grant',
      says: 'Invalid JWT: Failed audience check.',
    },
    {
      name: 'no scope',
      make: () => assertionBy(key, { scope: '' }),
      error: 'invalid_scope',
      says: 'Invalid OAuth scope or ID token audience provided.',
    },
    { name: 'text that is no JWT', make: async () => 'a.b.c', error: 'invalid_grant', says: 'Bad Request' },
  ];

  async function forged(): Promise<string> {
    const other = await bench.iam.createServiceAccount(PROJECT, `forger-${accounts++}`);
    const { private_key } = await bench.iam.createKey(other.email);
    return assertionBy({ ...key, private_key });
  }

  for (const { name, make, error, says } of refused) {
    it(`refuses ${name} as Google does`, async () => {
      const { status, body } = await bench.exchange(await make());
      assert.equal(status, 400);
      assert.equal(body.error, error);
      if (says instanceof RegExp) assert.match(body.error_description, says);
      else assert.equal(body.error_description, says);
    });
  }

  it('refuses an assertion that is signed symmetrically with the public key', async () => {
    const { SignJWT } = await import('jose');
    const certificate = bench.iam.internals.keys.find(key.private_key_id)!.certificate;
    const jwt = await new SignJWT({ iss: key.client_email, aud: 'https://oauth2.googleapis.com/token' })
      .setProtectedHeader({ alg: 'HS256', kid: key.private_key_id })
      .sign(Buffer.from(certificate));
    assert.equal((await bench.exchange(jwt)).status, 400);
  });

  it('does not let an account speak for a user', async () => {
    const { status, body } = await bench.exchange(await assertionBy(key, { sub: 'ceo@example.com' }));
    assert.deepEqual([status, body.error], [401, 'unauthorized_client']);
  });

  it('says which parameter is missing', async () => {
    const { body } = await answerOf(await fetch(`${bench.oauthUrl}/token`, { method: 'POST' }));
    assert.deepEqual(body, {
      error: 'invalid_request',
      error_description: 'Required parameter is missing: grant_type',
    });
  });

  it('refuses a disabled account, and its tokens die with it', async () => {
    const { body } = await bench.exchange(await assertionBy(key));
    bench.iam.setAccountDisabled(key.client_email, true);
    const refusal = await bench.exchange(await assertionBy(key));
    assert.equal(refusal.body.error_description, 'Robot is disabled.');
    await assert.rejects(caller(body.access_token), { httpStatus: 401 });
  });

  it('refuses a disabled key, whose tokens live on', async () => {
    const { body } = await bench.exchange(await assertionBy(key));
    bench.iam.setKeyDisabled(key.private_key_id, true);
    const refusal = await bench.exchange(await assertionBy(key));
    assert.equal(refusal.body.error_description, 'Invalid JWT Signature.');
    assert.equal((await caller(body.access_token)).email, key.client_email);
  });

  it('refuses a deleted key', async () => {
    bench.iam.deleteKey(key.private_key_id);
    assert.equal((await bench.exchange(await assertionBy(key))).body.error_description, 'Invalid JWT Signature.');
  });

  it('refuses an expired key', async () => {
    const old = await bench.iam.createKey(key.client_email, { validBefore: new Date(Date.now() - 1000) });
    assert.equal((await bench.exchange(await assertionBy(old))).body.error_description, 'Invalid JWT Signature.');
  });

  it('knows nothing of a deleted account', async () => {
    bench.iam.deleteServiceAccount(key.client_email);
    const { body } = await bench.exchange(await assertionBy(key));
    assert.equal(body.error_description, 'Invalid grant: account not found');
  });

  it("takes clients of the machine's time after the embedded clock was moved ahead", async () => {
    bench.advance(5 * 3_600_000);
    assert.equal((await bench.exchange(await assertionBy(key))).status, 200);
  });

  it('lets a token end by the embedded clock', async () => {
    const { body } = await bench.exchange(await assertionBy(key));
    bench.advance(3_599_000);
    assert.equal((await caller(body.access_token)).email, key.client_email);
    bench.advance(2000);
    await assert.rejects(caller(body.access_token), { httpStatus: 401 });
  });

  it('answers 429 to an account in the state rate_limited, and to no other', async () => {
    bench.iam.setBehaviour(key.client_email, 'rate_limited');
    const { status, headers } = await bench.exchange(await assertionBy(key));
    assert.deepEqual([status, headers.get('retry-after')], [429, '2']);
    bench.iam.setBehaviour(key.client_email, undefined);
    assert.equal((await bench.exchange(await assertionBy(key))).status, 200);
  });

  it('answers 500 to an account in the state provider_error', async () => {
    bench.iam.setBehaviour(key.client_email, 'provider_error');
    assert.equal((await bench.exchange(await assertionBy(key))).status, 500);
  });

  it('hangs up on an account in the state unreachable', async () => {
    bench.iam.setBehaviour(key.client_email, 'unreachable');
    await assert.rejects(bench.exchange(await assertionBy(key)), TypeError);
  });

  it('describes a token until it is revoked', async () => {
    const { body } = await bench.exchange(await assertionBy(key));
    const describe = async () => answerOf(await fetch(`${bench.oauthUrl}/tokeninfo?access_token=${body.access_token}`));
    const described = await describe();
    assert.equal(described.body.azp, key.client_id);
    assert.equal(described.body.scope, CLOUD_PLATFORM);
    const form = { method: 'POST', body: new URLSearchParams({ token: body.access_token }) };
    assert.equal((await fetch(`${bench.oauthUrl}/revoke`, form)).status, 200);
    assert.deepEqual(await describe().then(({ status, body: refusal }) => [status, refusal.error]), [
      400,
      'invalid_token',
    ]);
  });
});
