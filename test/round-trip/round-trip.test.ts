import assert from 'node:assert/strict';
import { authClientFor } from '../../local/iam/auth-client.ts';
import { canonicalJson } from '../../shared/credentials/canonical-json.ts';
import { CredentialCipher, type CredentialContext } from '../../shared/credentials/credential-cipher.ts';
import { newCredentialId, type IntegrationRow } from '../../shared/credentials/integration-row.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { openCredential, openSealed } from '../../shared/credentials/open-credential.ts';
import { newRow } from '../../shared/credentials/row-drafts.ts';
import { subjectOf } from '../../shared/credentials/tested-row.ts';
import { bigQuery } from '../../shared/gcp/bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import { loadConfig } from '../../shared/platform/config.ts';
import { createLogger } from '../../shared/platform/log.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';
import { exampleCredentials } from '../providers/examples.ts';
import { registry } from '../providers/fixtures.ts';

const OPENER = { actor: 'test', requestId: null };
const DAY_S = 86_400;

describe('a credential, sealed and stored and read and opened', () => {
  let cloud: TestCloud;
  let platform: Platform;
  let store: IntegrationStore;
  let cipher: CredentialCipher;

  before(async () => {
    cloud = await startTestCloud();
    platform = platformOf(cloud.cloud.iam.operator.email);
    store = new IntegrationStore(bigQuery(platform), platform.config);
    cipher = cipherOf(platform);
  });
  after(() => cloud.close());

  const cipherOf = (of: Platform, key = of.config.kmsKey) => new CredentialCipher(kmsClient(of), key);
  const depsOf = (with_ = cipher) => ({ cipher: with_, store, clock: cloud.cloud.context.clock });

  /** What a process of `email` works with on this cloud. */
  function platformOf(email: string): Platform {
    const { iam, context, endpoints } = cloud.cloud;
    const config = loadConfig({
      PROJECT_ID: context.projectId,
      LOCATION: context.location,
      KMS_KEY: keyName('credentials'),
      KMS_ENDPOINT: endpoints.kms_rest,
      BIGQUERY_ENDPOINT: endpoints.bigquery,
    });
    return { config, clock: context.clock, log: createLogger({}, () => undefined), auth: authClientFor(iam, email) };
  }

  function keyName(key: string): string {
    const { projectId, location } = cloud.cloud.context;
    return `projects/${projectId}/locations/${location}/keyRings/integration-setup/cryptoKeys/${key}`;
  }

  /** Seals, stores as VALID, and reads back. */
  async function stored(
    org: string,
    providerKey: string,
    credentials: Record<string, string>,
    by = cipher,
  ): Promise<IntegrationRow> {
    const context: CredentialContext = { org, providerKey, credentialId: newCredentialId() };
    const sealed = await by.encrypt(Secret.of(credentials), context);
    const named = { fingerprint: '00000000', metadata: {}, label: null, expiresAt: null, actor: 'ana', at: new Date() };
    assert(await store.create({ ...newRow({ ...context, sealed, ...named }), validation_status: 'VALID' }));
    return (await store.findSealed(org, providerKey))!;
  }

  /** Adds a second credential that waits for its test. */
  async function withCandidate(
    row: IntegrationRow,
    credentials: Record<string, string>,
    by: CredentialCipher,
  ): Promise<IntegrationRow> {
    const { org_slug: org, provider_key: providerKey, credential_id: credentialId } = row;
    const sealed = await by.encrypt(Secret.of(credentials), { org, providerKey, credentialId });
    await store.replace(row, {
      ...row,
      candidate_encrypted_credentials: sealed.ciphertext,
      candidate_fingerprint: '11111111',
      candidate_kms_key_version: sealed.kmsKeyVersion,
      candidate_status: 'PENDING',
    });
    return (await store.findSealed(org, providerKey))!;
  }

  async function kms(path: string, body: object): Promise<void> {
    const { operator } = (await cloud.info()) as { operator: { access_token: string } };
    const response = await fetch(`${cloud.cloud.endpoints.kms_rest}/v1/${path}`, {
      method: path.includes('updateMask') ? 'PATCH' : 'POST',
      headers: { authorization: `Bearer ${operator.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, await response.text());
  }

  const newKey = (name: string) =>
    kms(`${keyName('x').replace('/cryptoKeys/x', '')}/cryptoKeys?cryptoKeyId=${name}`, { purpose: 'ENCRYPT_DECRYPT' });

  for (const { slug, key } of registry.providers.filter(({ credential }) => credential)) {
    it(`is equal for ${slug}, to the last character`, async () => {
      const { credentials } = (await exampleCredentials())[slug]!;
      const row = await stored('acme', key, { ...credentials! });
      const opened = await openCredential(row, OPENER, depsOf());
      assert.equal(canonicalJson(opened.reveal()), canonicalJson(credentials));
      assert(!JSON.stringify(row).includes(Object.values(credentials!).at(-1)!));
    });
  }

  it('keeps every kind of text, up to the longest', async () => {
    const credentials = { text: 'ü€\u{1f511}\u0007"\\\n', empty: '', long: 'x'.repeat(7_000) };
    const row = await stored('texts', 'OPENAI', credentials);
    assert.deepEqual((await openCredential(row, OPENER, depsOf())).reveal(), credentials);
  });

  describe('does not open', () => {
    let row: IntegrationRow;
    before(async () => (row = await stored('guarded', 'OPENAI', { api_key: 'sk-FAKE-guarded' })));
    const refused = (change: Partial<IntegrationRow>, code: string, with_ = cipher) =>
      assert.rejects(openCredential({ ...row, ...change }, OPENER, depsOf(with_)), { code });

    it('with any bit flipped, or cut short', async () => {
      const bytes = Buffer.from(row.encrypted_credentials!, 'base64');
      for (const at of [0, 1, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1;
        await refused({ encrypted_credentials: flipped.toString('base64') }, 'decryption_failed');
      }
      for (const length of [0, 1, bytes.length - 1]) {
        await refused({ encrypted_credentials: bytes.subarray(0, length).toString('base64') }, 'decryption_failed');
      }
    });

    for (const moved of [{ org_slug: 'other' }, { provider_key: 'DEEPSEEK' }, { credential_id: newCredentialId() }]) {
      it(`in a row of another ${Object.keys(moved)[0]}`, () => refused(moved, 'decryption_failed'));
    }

    it('in a format that is not ours', () => refused({ credential_format: 0 }, 'unsupported_format'));

    it('for somebody who may not', async () => {
      const { iam, context } = cloud.cloud;
      const { email } = await iam.createServiceAccount(context.projectId, 'stranger');
      await refused({}, 'decryption_denied', cipherOf(platformOf(email)));
    });

    it('without a credential', () => refused({ encrypted_credentials: null }, 'not_configured'));
  });

  it('says of a disabled version that it is disabled, and opens once it is enabled', async () => {
    await newKey('switched');
    const own = cipherOf(platform, keyName('switched'));
    const row = await stored('switched', 'OPENAI', { api_key: 'sk-FAKE' }, own);
    const version = `${keyName('switched')}/cryptoKeyVersions/1?updateMask=state`;
    await kms(version, { state: 'DISABLED' });
    await assert.rejects(openCredential(row, OPENER, depsOf(own)), { code: 'key_version_disabled' });
    await kms(version, { state: 'ENABLED' });
    await openCredential(row, OPENER, depsOf(own));
  });

  it('opens after a rotation, while new ones are sealed by the new version', async () => {
    await newKey('rotated');
    const own = cipherOf(platform, keyName('rotated'));
    const row = await stored('rotated', 'OPENAI', { api_key: 'sk-FAKE-before' }, own);
    await kms(`${keyName('rotated')}/cryptoKeyVersions`, {});
    await kms(`${keyName('rotated')}:updatePrimaryVersion`, { cryptoKeyVersionId: '2' });
    const later = await stored('rotated', 'GEMINI', { api_key: 'FAKE-after' }, own);
    assert.deepEqual((await openCredential(row, OPENER, depsOf(own))).reveal(), { api_key: 'sk-FAKE-before' });
    assert(row.kms_key_version?.endsWith('/1') && later.kms_key_version?.endsWith('/2'));
  });

  it('is gone for good with the key of its organisation, and with no other', async () => {
    const template = keyName('org-{org}');
    const own = cipherOf(platform, template);
    const rows: IntegrationRow[] = [];
    for (const org of ['leaving', 'staying']) {
      await newKey(`org-${org}`);
      rows.push(await stored(org, 'OPENAI', { api_key: `sk-FAKE-${org}` }, own));
      rows.push(await stored(org, 'GEMINI', { api_key: `FAKE-${org}` }, own));
    }
    const candidate = await withCandidate(rows[0]!, { api_key: 'sk-FAKE-next' }, own);
    await openSealed(candidate, subjectOf(candidate), OPENER, depsOf(own));
    await kms(`${keyName('org-leaving')}/cryptoKeyVersions/1:destroy`, {});
    await assert.rejects(openCredential(rows[0]!, OPENER, depsOf(own)), { code: 'key_version_disabled' });
    await cloud.call('POST', '/local/clock', { body: { advance_s: 31 * DAY_S } });
    for (const row of rows) {
      const opening = openCredential(row, OPENER, depsOf(own));
      if (row.org_slug === 'leaving') await assert.rejects(opening, { code: 'key_version_destroyed' });
      else assert((await opening).reveal()['api_key']?.endsWith('staying'));
    }
    const opening = openSealed(candidate, subjectOf(candidate), OPENER, depsOf(own));
    await assert.rejects(opening, { code: 'key_version_destroyed' });
    const theirs = { ...rows[0]!, encrypted_credentials: rows[2]!.encrypted_credentials };
    await assert.rejects(openCredential(theirs, OPENER, depsOf(own)), { code: 'decryption_failed' });
  });

  it('leaves no plaintext in the buffers that went to Cloud KMS and came from it', async () => {
    const client = kmsClient(platform);
    const seen: Uint8Array[] = [];
    const watched = {
      encrypt: (request: Parameters<typeof client.encrypt>[0]) => {
        seen.push(request.plaintext as Uint8Array);
        return client.encrypt(request);
      },
      decrypt: async (request: Parameters<typeof client.decrypt>[0]) => {
        const answer = await client.decrypt(request);
        seen.push(answer[0].plaintext as Uint8Array);
        return answer;
      },
    };
    const context = { org: 'acme', providerKey: 'OPENAI', credentialId: newCredentialId() };
    const own = new CredentialCipher(watched, platform.config.kmsKey);
    const { ciphertext } = await own.encrypt(Secret.of({ api_key: 'sk-FAKE-wiped' }), context);
    assert.deepEqual((await own.decrypt(ciphertext, context)).reveal(), { api_key: 'sk-FAKE-wiped' });
    assert.equal(seen.length, 2);
    for (const bytes of seen) {
      assert(bytes instanceof Uint8Array && bytes.length > 0);
      assert(bytes.every((byte) => byte === 0));
    }
  });

  it('never looks the same twice', async () => {
    const context = { org: 'acme', providerKey: 'OPENAI', credentialId: newCredentialId() };
    const seal = async () => (await cipher.encrypt(Secret.of({ api_key: 'sk-FAKE' }), context)).ciphertext;
    assert.notEqual(await seal(), await seal());
  });
});
