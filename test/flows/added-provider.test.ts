import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';

const ENTRY = `
  - key: ACME_AI
    slug: acme-ai
    aliases: []
    name: Acme AI
    category: genai
    credential_type: API_KEY
    docs_url: https://acme.example/docs
    setup_steps: [Create a key in the console of Acme AI.]
    credential:
      type: object
      required: [api_key]
      additionalProperties: false
      properties:
        api_key:
          type: string
          title: API key
          secret: true
          minLength: 20
          maxLength: 100
          help: Paste the whole key.
          deny: [{ pattern: '^sk-ant-', say: This is an Anthropic key }]
    secret_shapes: ['acme-[0-9a-f]{24}']
    metadata: { type: object, additionalProperties: false, properties: { notes: { type: string, title: Notes } } }
    connection_test:
      requests:
        - id: authentication
          method: GET
          url: https://api.acme.example/v1/models
          headers: { authorization: 'Bearer {api_key}' }
          outcomes:
            - { status: [200], outcome: accepted, message: Acme AI accepted the key. }
            - { status: [401], outcome: rejected, message: Acme AI does not know this key., remedy: Create a new key. }
    rate_limit: { per_minute: 60 }
    retry: { max: 3, backoff_seconds: 2 }
    permissions: []
    pipelines: []
`;

describe('a provider added to the registry file alone', () => {
  const secret = `acme-${randomBytes(12).toString('hex')}`;
  let folder: string;
  let provider: Server;
  let cloud: TestCloud;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'registry-'));
    const registry = await readFile(new URL('../../configs/system/providers.yml', import.meta.url), 'utf8');
    await writeFile(join(folder, 'providers.yml'), registry + ENTRY);
    provider = createServer((req, res) => {
      const isKnown = req.headers.authorization === `Bearer ${secret}`;
      res.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' }).end('{"data":[]}');
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    cloud = await startTestCloud({
      providerRegistry: join(folder, 'providers.yml'),
      providers: { 'api.acme.example': `http://127.0.0.1:${(provider.address() as AddressInfo).port}` },
    });
  });
  after(async () => {
    await cloud.close();
    await new Promise((resolve) => provider.close(resolve));
    await rm(folder, { recursive: true });
  });

  const setUp = (body: object) =>
    cloud.call('POST', '/integrations/acme/acme-ai/setup', { body, headers: { prefer: 'wait=15' } });

  it('has its form, its place in the API description, and an organisation cannot be called like it', async () => {
    const { providers } = (await cloud.call('GET', '/providers')).body;
    const entry = providers.find(({ slug }: { slug: string }) => slug === 'acme-ai');
    assert.equal(entry.credential.properties.api_key.title, 'API key');
    const { components } = (await cloud.call('GET', '/openapi.json')).body;
    assert.deepEqual(components.schemas.Setup_acme_ai.properties.credentials.required, ['api_key']);
    const named = await cloud.call('GET', '/integrations/acme_ai', { as: { acme_ai: 'admin' } });
    assert.equal(named.status, 403);
  });

  it('checks the form of its keys, in metadata of others too', async () => {
    const denied = await setUp({ credentials: { api_key: 'sk-ant-api03-abcdefghijklmnop' } });
    assert.deepEqual([denied.status, denied.body.errors[0].message], [422, 'This is an Anthropic key']);
    const pasted = await cloud.call('POST', '/integrations/acme/openai/setup', {
      body: { credentials: { api_key: 'sk-proj-abcdefghijklmnopqrst' }, metadata: { notes: secret } },
    });
    assert.deepEqual([pasted.status, pasted.body.code], [422, 'metadata_invalid']);
  });

  it('tests a key live, keeps a good one, rotates it, and refuses a bad one', async () => {
    const { status, body } = await setUp({ credentials: { api_key: secret } });
    assert.deepEqual([status, body.validation_status], [201, 'VALID'], JSON.stringify(body));
    const rotated = await cloud.call('PUT', '/integrations/acme/acme_ai', {
      body: { credentials: { api_key: `acme-${randomBytes(12).toString('hex')}` } },
      headers: { prefer: 'wait=15' },
    });
    assert.equal(rotated.status, 200, rotated.text);
    assert.deepEqual([rotated.body.validation_status, rotated.body.candidate.validation_status], ['VALID', 'INVALID']);
    assert.equal(rotated.body.candidate.last_check.checks.at(-1).remedy, 'Create a new key.');
  });
});
