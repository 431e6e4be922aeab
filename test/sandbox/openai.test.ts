import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAiCases } from '../../local/sandbox/openai-cases.ts';
import {
  newOpenAiSecret as newSecret,
  openAi as provider,
  type OpenAiKind,
  type OpenAiState,
} from '../../local/sandbox/openai.ts';
import { startProvider, type ProviderServer } from '../../local/sandbox/provider-server.ts';
import { SandboxKeys } from '../../local/sandbox/sandbox-keys.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { fakeContext, type FakeContext } from '../kit/fake-context.ts';
import { askedOnce, registry } from '../providers/fixtures.ts';

async function startOpenAi(context: FakeContext) {
  const keys = new SandboxKeys<OpenAiKind, OpenAiState>(context.db, 'openai', newSecret);
  const server: ProviderServer = await startProvider(provider, keys, context);
  return { keys, ...server };
}

const COSTS = '/v1/organization/costs?start_time=1764547200&limit=1';
const MODELS = '/v1/models';

describe('OpenAI sandbox', () => {
  let context: FakeContext;
  let openAi: Awaited<ReturnType<typeof startOpenAi>>;

  beforeEach(async () => {
    context = fakeContext();
    openAi = await startOpenAi(context);
  });
  afterEach(() => openAi.close());

  const get = (path: string, secret?: string, headers: Record<string, string> = {}) =>
    fetch(openAi.url + path, {
      headers: { ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }), ...headers },
    });
  const errorOf = async (response: Response) =>
    ((await response.json()) as { error: { message: string; type: string; code: string | null } }).error;

  it('knows a key that it made, until it is revoked', async () => {
    const { id, secret } = openAi.keys.create('admin', 'active');
    assert.equal((await get(COSTS, secret)).status, 200);
    openAi.keys.setState(id, 'revoked');
    const answer = await get(COSTS, secret);
    assert.equal(answer.status, 401);
    assert.equal((await errorOf(answer)).code, 'invalid_api_key');
  });

  it('does not know a key that only looks right', async () => {
    assert.equal((await get(COSTS, newSecret('admin'))).status, 401);
  });

  it('echoes a masked key, as the real one does, and never the whole', async () => {
    const secret = newSecret('project');
    const { message } = await errorOf(await get(MODELS, secret));
    assert.ok(message.includes(secret.slice(0, 8)) && message.includes(secret.slice(-4)));
    assert.ok(!message.includes(secret));
  });

  it('keeps no key in readable form', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'openai-'));
    const { db } = fakeContext(join(dir, 'state.sqlite'));
    const other = await startOpenAi({ ...context, db });
    const { secret } = other.keys.create('admin', 'active');
    const rows = JSON.stringify(db.prepare('SELECT * FROM sandbox_keys').all());
    await other.close();
    db.close();
    rmSync(dir, { recursive: true });
    assert.ok(!rows.includes(secret.slice(9, 40)));
  });

  for (const { name, headers } of [
    { name: 'no header', headers: {} },
    { name: 'another scheme', headers: { authorization: 'Basic c2s6' } },
    { name: 'no space after the scheme', headers: { authorization: 'Bearersk-x' } },
    { name: "Anthropic's header", headers: { 'x-api-key': 'sk-x' } },
  ] as { name: string; headers: Record<string, string> }[]) {
    it(`takes ${name} for no key`, async () => {
      const answer = await get(MODELS, undefined, headers);
      assert.equal(answer.status, 401);
      assert.match((await errorOf(answer)).message, /didn't provide an API key/);
    });
  }

  it('lets project keys list models and admin keys read costs, and neither the other', async () => {
    const project = openAi.keys.create('project', 'active').secret;
    const admin = openAi.keys.create('admin', 'active').secret;
    assert.equal((await get(MODELS, project)).status, 200);
    assert.equal((await get(COSTS, admin)).status, 200);
    assert.match((await errorOf(await get(COSTS, project))).message, /Missing scopes: api\.usage\.read/);
    assert.equal((await get(MODELS, admin)).status, 403);
  });

  it('says 404 for a path that OpenAI does not have, and 400 without start_time', async () => {
    const { secret } = openAi.keys.create('admin', 'active');
    assert.equal((await get('/v1/nothing', secret)).status, 404);
    assert.equal((await get('/v1/organization/costs', secret)).status, 400);
  });

  it('takes Unix seconds and at most 180 buckets of a day', async () => {
    const { secret } = openAi.keys.create('admin', 'active');
    const costs = async (query: string) => (await get(`/v1/organization/costs?${query}`, secret)).status;
    assert.equal(await costs('start_time=1764547200&limit=180'), 200);
    for (const query of ['limit=181', 'limit=0', 'limit=x', 'bucket_width=1h']) {
      assert.equal(await costs(`start_time=1764547200&${query}`), 400, query);
    }
    assert.equal(await costs('start_time=1764547200000'), 400);
    assert.equal(await costs('start_time=2026-11-23'), 400);
  });

  it('lets a restricted key do what its scopes say', async () => {
    const usageOnly = openAi.keys.create('project', 'usage_only').secret;
    assert.match((await errorOf(await get(MODELS, usageOnly))).message, /Missing scopes: api\.model\.read/);
    assert.equal((await get(COSTS, usageOnly)).status, 200);
    const none = openAi.keys.create('admin', 'insufficient_permission_401').secret;
    assert.equal((await get(COSTS, none)).status, 401);
  });

  it('tells a rate limit from a used-up quota, both 429', async () => {
    const limited = await get(COSTS, openAi.keys.create('admin', 'rate_limited').secret);
    assert.equal(limited.status, 429);
    assert.ok(limited.headers.get('retry-after'));
    assert.equal((await errorOf(limited)).code, 'rate_limit_exceeded');
    const exhausted = await get(COSTS, openAi.keys.create('admin', 'quota_exhausted').secret);
    assert.equal(exhausted.status, 429);
    assert.equal((await errorOf(exhausted)).type, 'insufficient_quota');
  });

  it('is overloaded in HTML, as the server before it is', async () => {
    const answer = await get(COSTS, openAi.keys.create('admin', 'overloaded').secret);
    assert.equal(answer.status, 503);
    assert.match(answer.headers.get('content-type') ?? '', /text\/html/);
  });

  it('plays injected faults, and notes calls without their keys', async () => {
    const { id, secret } = openAi.keys.create('admin', 'active');
    context.planned.push({ id: 'f', service: 'openai', kind: 'error', status: 503, rate: 1 });
    assert.equal((await get(COSTS, secret)).status, 503);
    assert.equal((await get(COSTS, secret)).status, 200);
    context.planned.push({ id: 'g', service: 'openai', kind: 'reset', rate: 1 });
    await assert.rejects(get(COSTS, secret));
    assert.deepEqual(
      context.calls.map(({ method, caller, status }) => [method, caller, status]),
      [
        ['costs.list', id, 503],
        ['costs.list', id, 200],
        ['costs.list', id, 0],
      ],
    );
  });

  it('leads our own connection test to the outcome that each case promises', async () => {
    const provider = registry.get('openai');
    const platform = { clock: context.clock, config: { endpoints: { providers: { 'api.openai.com': openAi.url } } } };
    for (const [name, { credentials, expect }] of Object.entries(openAiCases(openAi.keys))) {
      const subject = {
        provider,
        credentials: Secret.of(credentials ?? {}),
        metadata: {},
        org: 'acme',
        expiresAt: null,
      };
      const { outcome, checks } = await testConnection(subject, askedOnce(platform));
      assert.equal(outcome, expect.outcome, name);
      assert.ok(
        !JSON.stringify(checks).includes(credentials!['api_key']!.slice(-4)),
        `${name} shows a part of the key`,
      );
    }
  });
});
