import assert from 'node:assert/strict';
import { anthropic, anthropicCases, newAnthropicSecret } from '../../local/sandbox/anthropic.ts';
import { deepSeek, deepSeekCases, newDeepSeekSecret } from '../../local/sandbox/deepseek.ts';
import { gemini, geminiCases, newGeminiSecret } from '../../local/sandbox/gemini.ts';
import { expectation, type ProviderCases } from '../../local/sandbox/cases.ts';
import { startProvider, type ApiKeyProvider } from '../../local/sandbox/provider-server.ts';
import { SandboxKeys } from '../../local/sandbox/sandbox-keys.ts';
import { newSlackToken, slack, slackCases } from '../../local/sandbox/slack.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { fakeContext } from '../kit/fake-context.ts';
import { askedOnce, registry } from '../providers/fixtures.ts';

/** Each stand-in with a key for all that it can say, and the host that it stands for. */
const CASES = [
  {
    slug: 'anthropic',
    host: 'api.anthropic.com',
    provider: anthropic,
    newSecret: newAnthropicSecret,
    make: anthropicCases,
  },
  { slug: 'deepseek', host: 'api.deepseek.com', provider: deepSeek, newSecret: newDeepSeekSecret, make: deepSeekCases },
  {
    slug: 'gemini',
    host: 'generativelanguage.googleapis.com',
    provider: gemini,
    newSecret: newGeminiSecret,
    make: geminiCases,
  },
  {
    slug: 'slack',
    host: 'slack.com',
    provider: slack,
    newSecret: newSlackToken,
    make: (keys: never) => slackCases(keys, { expect: expectation('accepted') }),
  },
] as const;
const VERSION = { 'anthropic-version': '2023-06-01' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** A provider on the wire with one key, and how to ask it. */
async function aProvider(provider: ApiKeyProvider<never>, newSecret: (kind: never) => string, kind: string) {
  const context = fakeContext();
  const keys = new SandboxKeys(context.db, provider.service, newSecret as () => string);
  const { url, close } = await startProvider(provider as never, keys, context);
  const { id, secret } = keys.create(kind, 'active');
  const ask = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(url + path, { method, headers });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers };
  };
  return { ask, keys, id, secret, context, url, close };
}

describe('sandbox providers', () => {
  describe('Anthropic', () => {
    let it_: Awaited<ReturnType<typeof aProvider>>;
    beforeEach(async () => (it_ = await aProvider(anthropic, newAnthropicSecret, 'admin')));
    afterEach(() => it_.close());

    it('wants its version header, and the key in x-api-key', async () => {
      const { ask, secret } = it_;
      assert.equal((await ask('/v1/models', { 'x-api-key': secret })).status, 400);
      assert.equal((await ask('/v1/models', { authorization: `Bearer ${secret}`, ...VERSION })).status, 401);
      assert.equal((await ask('/v1/models?limit=1', { 'x-api-key': secret, ...VERSION })).status, 200);
    });

    it('shows the organisation to admin keys only, and costs from a day on', async () => {
      const { ask, keys, secret } = it_;
      const plain = keys.create('api', 'active').secret;
      const as = (key: string) => ({ 'x-api-key': key, ...VERSION });
      assert.equal((await ask('/v1/organizations/me', as(plain))).status, 403);
      assert.equal((await ask('/v1/organizations/me', as(secret))).status, 200);
      assert.equal((await ask('/v1/organizations/cost_report', as(secret))).status, 400);
      const day = '/v1/organizations/cost_report?starting_at=2026-11-23T00:00:00Z';
      assert.equal((await ask(day, as(secret))).status, 200);
      assert.equal((await ask(`${day}&limit=31`, as(secret))).status, 200);
      assert.equal((await ask(`${day}&limit=32`, as(secret))).status, 400);
      assert.equal((await ask(day, { 'x-api-key': secret, 'anthropic-version': '2024-01-01' })).status, 400);
      assert.equal((await ask(day, as(secret), 'POST')).status, 405);
    });

    it('stops knowing a key that is revoked', async () => {
      const { ask, keys, id, secret } = it_;
      keys.setState(id, 'revoked');
      assert.equal((await ask('/v1/models', { 'x-api-key': secret, ...VERSION })).status, 401);
    });
  });

  it('Gemini takes a key in its header and refuses one in the URL', async () => {
    const { ask, keys, id, secret, close } = await aProvider(gemini, newGeminiSecret, 'auth');
    assert.equal((await ask('/v1beta/models', { 'x-goog-api-key': secret })).status, 200);
    assert.equal((await ask(`/v1beta/models?key=${secret}`)).status, 400);
    assert.equal((await ask('/v1beta/models')).status, 403);
    assert.equal((await ask('/v1beta/models', { authorization: `Bearer ${secret}` })).status, 401);
    keys.setState(id, 'expired');
    const { status, text } = await ask('/v1beta/models', { 'x-goog-api-key': secret });
    assert(status === 400 && text.includes('API_KEY_INVALID') && text.includes('expired'));
    await close();
  });

  it('DeepSeek tells the balance, and repeats the end of a key that it refuses', async () => {
    const { ask, secret, close } = await aProvider(deepSeek, newDeepSeekSecret, 'api');
    assert((await ask('/user/balance', { authorization: `Bearer ${secret}` })).text.includes('"110.00"'));
    const unknown = newDeepSeekSecret();
    const { status, text } = await ask('/user/balance', { authorization: `Bearer ${unknown}` });
    assert(status === 401 && text.includes(`****${unknown.slice(-4)}`) && !text.includes(unknown));
    assert.equal((await ask('/user/balance', { 'x-api-key': secret })).text, 'Authentication Fails (governor)');
    await close();
  });

  it('Slack answers 200 whatever it thinks of a token, except when it is asked too often', async () => {
    const { ask, keys, id, secret, close } = await aProvider(slack, newSlackToken, 'bot');
    const ofToken = async (token: string) =>
      ask('/api/auth.test', { authorization: `Bearer ${token}`, ...FORM }, 'POST');
    assert.equal(JSON.parse((await ofToken(secret)).text).ok, true);
    const unknown = await ofToken(newSlackToken());
    assert.deepEqual([unknown.status, JSON.parse(unknown.text).error], [200, 'invalid_auth']);
    keys.setState(id, 'ratelimited');
    const errorOf = async (headers: Record<string, string>, method = 'POST') =>
      (JSON.parse((await ask('/api/auth.test', headers, method)).text) as { error: string }).error;
    assert.equal(await errorOf(FORM), 'not_authed');
    assert.equal(await errorOf({ authorization: `Bearer ${secret}` }), 'missing_post_type');
    assert.equal(await errorOf({ ...FORM, 'content-type': 'text/plain' }), 'invalid_post_type');
    assert.equal(await errorOf({ authorization: `Bearer ${secret}` }, 'GET'), 'invalid_post_type');
    const limited = await ofToken(secret);
    assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '30']);
    await close();
  });

  for (const { slug, host, provider, newSecret, make } of CASES) {
    it(`lead our own test of ${slug} to the outcome that each case promises`, async () => {
      const { context, keys, url, close } = await aProvider(provider, newSecret, 'unused');
      const platform = { clock: context.clock, config: { endpoints: { providers: { [host]: url } } } };
      for (const [name, { credentials, expect }] of Object.entries((make as (keys: unknown) => ProviderCases)(keys))) {
        const subject = {
          org: 'acme',
          provider: registry.get(slug),
          credentials: credentials && Secret.of(credentials),
          metadata: {},
          expiresAt: null,
        };
        const { outcome, checks } = await testConnection(subject, askedOnce(platform));
        assert.equal(outcome, expect.outcome, name);
        for (const { status, message, remedy } of checks) assert(status !== 'fail' || (message && remedy), name);
      }
      await close();
    });
  }

  it('keep silent about a key that is unreachable, and fail as they are told to', async () => {
    const { ask, keys, id, secret, context, close } = await aProvider(deepSeek, newDeepSeekSecret, 'api');
    const asked = () => ask('/user/balance', { authorization: `Bearer ${secret}` });
    context.planned.push({ id: 'f', service: 'deepseek', kind: 'error', status: 502, rate: 1, count: 1 });
    assert.equal((await asked()).status, 502);
    keys.setState(id, 'unreachable');
    await assert.rejects(asked());
    await close();
  });
});
