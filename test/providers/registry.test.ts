import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../../shared/platform/config.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { testConnection, type TestResult } from '../../shared/providers/connection-test.ts';
import { checkFormat } from '../../shared/providers/format-check.ts';
import { loadRegistry, type Provider, type Registry } from '../../shared/providers/registry.ts';
import { openApiDocument } from '../../functions/providers/openapi.ts';
import { providerView } from '../../functions/providers/provider-view.ts';
import { ADDED_PROVIDER, registryFileWith } from './added-provider.ts';
import { aKey, askedOnce, registry, serve } from './fixtures.ts';

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

  it('knows twelve providers, in the order of the console', () => {
    assert.deepEqual(
      registry.providers.map(({ slug, key }) => `${slug} ${key}`),
      [
        'gcp GCP_SA',
        'aws-iam AWS_IAM',
        'aws-keys AWS_KEYS',
        'azure AZURE',
        'oci OCI',
        'openai OPENAI',
        'anthropic ANTHROPIC',
        'gemini GEMINI',
        'deepseek DEEPSEEK',
        'canva CANVA',
        'chatgpt-plus CHATGPT_PLUS',
        'slack SLACK',
      ],
    );
  });

  it('keeps limits and retries of each provider', () => {
    for (const { slug, rate_limit, retry } of registry.providers) {
      assert(rate_limit.per_minute > 0, slug);
      assert.deepEqual(retry, { max: 3, backoff_seconds: 2 });
    }
    assert.equal(registry.get('gcp').rate_limit.per_minute, 100);
  });

  const rejection = async (yaml: string): Promise<string> => {
    try {
      await load(yaml);
    } catch (err) {
      return (err as Error).message;
    }
    return assert.fail('the file was accepted');
  };

  it('lists all faults of form together and does not start', async () => {
    const message = await rejection(
      ACME_AI.replace('category: genai', 'category: toys')
        .replace('rate_limit: { per_minute: 60 }', '')
        .replace("pattern: '^sk-'", "pattern: '('")
        .replace('status: [401]', 'status: [999]')
        .replace('method: GET', 'method: PATCH')
        .replace('https://api.acme', 'http://api.acme'),
    );
    for (const fault of [/category/, /rate_limit/, /deny\/0\/pattern/, /status/, /method/, /url/])
      assert.match(message, fault);
  });

  it('lists all faults of meaning together and does not start', async () => {
    const message = await rejection(
      ACME_AI.replace('aliases: [acme]', 'aliases: [acme, other]')
        .replace('minLength: 8', 'minLengt: 8')
        .replace("x-api-key: '{api_key}'", "x-api-key: '{api_kye}'")
        .replace('metadata.account_id', 'metadata.acount')
        .replace('accounts/{account}', 'accounts/{acount}') +
        ACME_AI.replace('\nproviders:', '')
          .replace('key: ACME_AI', 'key: OTHER')
          .replace('slug: acme-ai', 'slug: acme'),
    );
    const faults = [
      /OTHER: the name acme belongs to ACME_AI already/,
      /OTHER: the name other belongs to ACME_AI already/,
      /ACME_AI credential: .*minLengt/,
      /ACME_AI: authentication uses credentials\.api_kye/,
      /ACME_AI: authentication uses metadata\.acount/,
      /ACME_AI: the URL of authentication has \{acount\}/,
    ];
    for (const fault of faults) assert.match(message, fault);
  });

  it('wants a test with each credential and a credential with each test', async () => {
    const manual = ACME_AI.replace('    credential:\n', '    manual_entry: true\n    credential:\n');
    await load(manual);
    assert.match(await rejection(manual.replace(/ {4}connection_test:[^]*?(?= {4}rate_limit)/, '')), /connection_test/);
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

  it('puts no value into an address that does not fit its pattern', async () => {
    const added = await load(ACME_AI);
    const { url, seen, close } = await acme();
    const test = (account_id: string) => liveTest(added.get('acme'), 'ac-good-key', url, { account_id });
    assert.equal((await test('acc1')).outcome, 'accepted');
    for (const account of ['x/../../evil#', '', 'acc1\n', '{api_key}'])
      assert.equal((await test(account)).outcome, 'blocked');
    await close();
    assert.deepEqual(seen, ['/v1/accounts/acc1']);
  });

  it('sends no header that Node would choke on', async () => {
    const added = await load(ACME_AI);
    const { url, seen, close } = await acme();
    for (const key of ['ключ-ключ', 'ac-good\r\nx-evil: 1']) {
      assert.equal((await liveTest(added.get('acme'), key, url, { account_id: 'acc1' })).outcome, 'blocked');
    }
    await close();
    assert.deepEqual(seen, []);
  });

  describe('with a provider that was added to the file alone', () => {
    const key = 'ac-live-0123456789abcdef';
    let added: Registry;
    let provider: Provider;
    before(async () => {
      added = loadRegistry({ file: await registryFileWith(ADDED_PROVIDER, folder) });
      provider = added.get('acme-ai');
    });

    const check = (api_key: string, metadata: object = {}) =>
      checkFormat(added, provider, { credentials: aKey(api_key), metadata });

    it('checks its form', () => {
      assert.deepEqual(check(` ${key} `, { account_id: 'ws-1' }).warnings, []);
      assert.equal(check(`ac-new-${'x'.repeat(20)}`).warnings.length, 1);
      for (const foreign of ['ac-test-0123456789', 'sk-ant-api03-abcdefghijkl', 'short'])
        assert.throws(() => check(foreign), { code: 'credential_format' });
      assert.throws(() => check(key, { extra: 1 }), { code: 'metadata_invalid' });
    });

    it('keeps its keys out of the metadata of all', () => {
      const gemini = added.get('gemini');
      const credentials = aKey('AIzaSyabcdefghijklmnopqrstuvwxyz0123456');
      assert.throws(() => checkFormat(added, gemini, { credentials, metadata: { notes: key } }), {
        code: 'metadata_invalid',
      });
    });

    it('shows and documents it', () => {
      const view = JSON.parse(JSON.stringify(providerView(provider))) as {
        credential: { properties: object };
        slug: string;
      };
      assert.equal(view.slug, 'acme-ai');
      assert.deepEqual(Object.keys(view.credential.properties), ['api_key']);
      assert.match(JSON.stringify(openApiDocument(added)), /Setup_acme_ai/);
      assert(added.isName('ACME_AI') && added.isName('acme-intelligence') && !registry.isName('acme-ai'));
    });

    it('tests it', async () => {
      const answers: Record<string, [number, object]> = {
        [key]: [200, { account: { plan: 'team', seats: 7 }, models: [{ id: 'a' }, { id: 'b' }] }],
        'ac-live-expired': [401, { errors: [{ code: 'other' }, { code: 'expired' }] }],
        'ac-live-weak-key': [403, { errors: [] }],
        'ac-live-teapot': [418, {}],
      };
      const { url, close } = await serve((req, res) => {
        const [status, body] = answers[String(req.headers['x-acme-key'])] ?? [401, { errors: [] }];
        const isRight = /^\/v1\/usage\?since=\d{4}-\d\d-\d\dT00:00:00Z$/.test(req.url ?? '');
        res.writeHead(isRight ? status : 404).end(JSON.stringify(body));
      });
      const accepted = await liveTest(provider, key, url);
      assert.equal(accepted.outcome, 'accepted');
      assert.deepEqual(accepted.discovered, { plan: 'team', seats: 7, models: [{ id: 'a' }, { id: 'b' }] });
      assert.equal((await liveTest(provider, 'ac-live-expired', url)).outcome, 'expired');
      assert.equal((await liveTest(provider, 'ac-live-unknown', url)).outcome, 'rejected');
      assert.equal((await liveTest(provider, 'ac-live-weak-key', url)).outcome, 'insufficient_permission');
      assert.equal((await liveTest(provider, 'ac-live-teapot', url)).outcome, 'provider_error');
      await close();
      assert.equal((await liveTest(provider, key, url)).outcome, 'unreachable');
    });
  });
});

function liveTest(
  provider: Provider,
  key: string,
  url: string,
  metadata: Record<string, unknown> = {},
): Promise<TestResult> {
  const config = loadConfig({
    PROJECT_ID: 'test-project',
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    PROVIDER_ENDPOINTS: JSON.stringify({ 'api.acme.example': url }),
  });
  const subject = { org: 'acme', provider, credentials: aKey(key), metadata, expiresAt: null };
  return testConnection(subject, askedOnce({ config, clock: systemClock }));
}

/** An Acme that accepts every key. */
async function acme() {
  const seen: (string | undefined)[] = [];
  const server = await serve((req, res) => {
    seen.push(req.url);
    res.end('{}');
  });
  return { ...server, seen };
}
