import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../../shared/platform/config.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { checkFormat } from '../../shared/providers/format-check.ts';
import { loadRegistry } from '../../shared/providers/registry.ts';
import { openApiDocument } from '../../functions/providers/openapi.ts';
import { aKey, registry, serve } from './fixtures.ts';

const ACME_AI = `
providers:
  - key: ACME_AI
    slug: acme-ai
    aliases: [acme]
    name: Acme AI
    category: genai
    credential_type: API_KEY
    docs_url: https://docs.acme.example
    setup_steps: [Create a key.]
    credential:
      type: object
      required: [api_key]
      additionalProperties: false
      properties: { api_key: { type: string, secret: true, minLength: 8, deny: [{ pattern: '^sk-', say: This is another key }] } }
    secret_shapes: ['ac-[a-z0-9]{20,}']
    metadata: { type: object, additionalProperties: false, properties: { account_id: { type: string } } }
    connection_test:
      requests:
        - id: authentication
          method: GET
          url: 'https://api.acme.example/v1/accounts/{account}'
          variables: { account: { from: metadata.account_id, pattern: '^[a-z0-9]+$' } }
          headers: { x-api-key: '{api_key}' }
          outcomes: [{ status: [200], outcome: accepted }, { status: [401], outcome: rejected }]
    rate_limit: { per_minute: 60 }
    retry: { max: 3, backoff_seconds: 2 }
    permissions: []
    pipelines: []
`;

describe('provider registry', () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), 'registry-'))));
  after(() => rm(folder, { recursive: true }));

  async function load(yaml: string) {
    const file = join(folder, 'providers.yml');
    await writeFile(file, yaml);
    return loadRegistry({ file: pathToFileURL(file) });
  }

  it('finds a provider by slug, alias or key in any case', () => {
    for (const name of ['gcp', 'GCP_SA', 'gcp_sa', 'Google-Cloud']) assert.equal(registry.get(name).key, 'GCP_SA');
    assert.throws(() => registry.get('nope'), { code: 'unknown_provider' });
    assert.equal(registry.find('__proto__'), undefined);
  });

  it('bounds lists by configuration', () => {
    const { metadata } = loadRegistry({ limits: { additional_billing_accounts: 2 } }).get('gcp');
    assert.match(JSON.stringify(metadata), /"maxItems":2/);
  });

  it('refuses to start with a faulty file and lists all faults', async () => {
    const faulty = ACME_AI.replace('category: genai', 'category: toys').replace('rate_limit: { per_minute: 60 }', '');
    await assert.rejects(load(faulty), (err: Error) => {
      return /category/.test(err.message) && /rate_limit/.test(err.message);
    });
  });

  it('refuses two providers of one name', async () => {
    const second = ACME_AI.replace('\nproviders:', '')
      .replace('key: ACME_AI', 'key: OTHER')
      .replace('slug: acme-ai', 'slug: acme');
    await assert.rejects(load(ACME_AI + second), /the name acme belongs to ACME_AI/);
  });

  it('refuses a schema that does not compile', async () => {
    await assert.rejects(load(ACME_AI.replace('minLength: 8', 'minLengt: 8')), /ACME_AI credential/);
  });

  describe('with a provider that was added to the file alone', () => {
    it('checks, tests and documents it', async () => {
      const added = await load(ACME_AI);
      const provider = added.get('acme');
      assert.throws(() => checkFormat(added, provider, { credentials: aKey('sk-12345678'), metadata: {} }), /Acme AI/);
      const seen: unknown[] = [];
      const { url, close } = await serve((req, res) => {
        seen.push([req.url, req.headers['x-api-key']]);
        res.writeHead(req.headers['x-api-key'] === 'ac-good-key' ? 200 : 401).end('{}');
      });
      const config = loadConfig({
        PROJECT_ID: 'test-project',
        KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
        PROVIDER_ENDPOINTS: JSON.stringify({ 'api.acme.example': url }),
      });
      const test = (key: string, account_id: string) => {
        const subject = { provider, credentials: aKey(key), metadata: { account_id }, expiresAt: null };
        return testConnection(subject, { platform: { config, clock: systemClock } });
      };
      assert.equal((await test('ac-good-key', 'acc1')).outcome, 'accepted');
      assert.equal((await test('ac-bad-key', 'acc1')).outcome, 'rejected');
      assert.equal((await test('ac-good-key', 'x/../../evil#')).outcome, 'blocked');
      await close();
      assert.deepEqual(seen, [
        ['/v1/accounts/acc1', 'ac-good-key'],
        ['/v1/accounts/acc1', 'ac-bad-key'],
      ]);
      assert.match(JSON.stringify(openApiDocument(added)), /Setup_acme_ai/);
    });
  });
});
