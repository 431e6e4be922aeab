import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JWT } from 'google-auth-library';
import { authClientFor } from '../../local/iam/auth-client.ts';
import type { KeyFile } from '../../local/iam/keys.ts';
import { openState } from '../../local/host/state.ts';
import { assertionBy, CLOUD_PLATFORM, iamBench, PROJECT, type IamBench } from './fixtures.ts';

describe('authenticator', () => {
  let bench: IamBench;
  let key: KeyFile;
  let dir: string;
  const further: IamBench[] = [];

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'iam-'));
    bench = await iamBench();
    const { email } = await bench.iam.createServiceAccount(PROJECT, 'customer');
    key = await bench.iam.createKey(email);
  });
  after(async () => {
    // A server left open by a failed test would keep the runner waiting.
    for (const other of [bench, ...further]) await other.close();
    await rm(dir, { recursive: true });
  });

  async function opened(folder: string): Promise<IamBench> {
    const other = await iamBench(openState(folder));
    further.push(other);
    return other;
  }

  const caller = (token: string) => bench.iam.authenticate(`Bearer ${token}`);
  const selfSigned = (claims: object) => assertionBy(key, { sub: key.client_email, scope: undefined, ...claims });

  it('takes a self-signed JWT as the generated clients send it', async () => {
    const client = new JWT({ email: key.client_email, key: key.private_key, keyId: key.private_key_id });
    client.useJWTAccessWithScope = true;
    client.defaultScopes = [CLOUD_PLATFORM];
    const headers = await client.getRequestHeaders('https://cloudkms.googleapis.com/');
    const known = await bench.iam.authenticate(headers.get('authorization') ?? undefined);
    assert.deepEqual(known, { email: key.client_email, scopes: [CLOUD_PLATFORM] });
  });

  it('takes a self-signed JWT for the audience of an API', async () => {
    const known = await caller(await selfSigned({ aud: 'https://bigquery.googleapis.com/' }));
    assert.deepEqual(known.scopes, [CLOUD_PLATFORM]);
  });

  for (const { name, claims } of [
    { name: 'for another audience', claims: { aud: 'https://example.com/' } },
    { name: 'for the token endpoint of another host', claims: { aud: 'https://googleapis.com.example.com/' } },
    { name: 'with another subject', claims: { sub: 'someone@else.example', aud: 'https://bigquery.googleapis.com/' } },
    { name: 'that lives for ever', claims: { exp: 4_000_000_000, aud: 'https://bigquery.googleapis.com/' } },
  ]) {
    it(`refuses a self-signed JWT ${name}`, async () => {
      await assert.rejects(caller(await selfSigned(claims)), { httpStatus: 401 });
    });
  }

  it('refuses an ID token: it says who, but not that they may call an API', async () => {
    await assert.rejects(caller(await bench.iam.idToken(key.client_email, 'https://bigquery.googleapis.com/')), {
      httpStatus: 401,
    });
  });

  it('tells a call without credentials from one with bad ones', async () => {
    const reasonOf = async (header: string | undefined) =>
      bench.iam.authenticate(header).then(
        () => undefined,
        (err: { info: { reason: string } }) => err.info.reason,
      );
    assert.equal(await reasonOf(undefined), 'CREDENTIALS_MISSING');
    assert.equal(await reasonOf('Bearer ya29.nonsense'), 'ACCESS_TOKEN_EXPIRED');
  });

  it('gives clients in this process a token for each request, fresh when the clock was moved', async () => {
    const client = authClientFor(bench.iam, key.client_email);
    const tokenOf = async () => (await client.getRequestHeaders()).get('authorization');
    const first = await tokenOf();
    assert.equal(await tokenOf(), first);
    bench.advance(3_600_000);
    assert.notEqual(await tokenOf(), first);
    assert.equal((await bench.iam.authenticate((await tokenOf()) ?? '')).email, key.client_email);
  });

  it("remembers tokens, keys and grants over a restart, and stores neither tokens nor customers' private keys", async () => {
    const first = await opened(dir);
    const { email } = await first.iam.createServiceAccount(PROJECT, 'durable');
    const file = await first.iam.createKey(email);
    const token = await first.iam.accessToken(email);
    const operator = await first.iam.operator.credentials('http://127.0.0.1/token');
    first.iam.grant(`projects/${PROJECT}`, 'roles/bigquery.jobUser', email);
    const secrets = [token, ...file.private_key.split('\n').slice(1, 4)];
    const stored = readdirSync(dir).map((name) => readFileSync(join(dir, name), 'latin1'));
    assert.ok(stored.every((text) => secrets.every((secret) => !text.includes(secret))));
    await further.pop()?.close();

    const second = await opened(dir);
    const known = await second.iam.authenticate(`Bearer ${token}`);
    assert.equal(known.email, email);
    assert.ok(second.iam.allows(known, 'bigquery.jobs.create', `projects/${PROJECT}`));
    assert.equal((await second.exchange(await assertionBy(file))).status, 200);
    assert.deepEqual(await second.iam.operator.credentials('http://127.0.0.1/token'), operator);
  });
});
