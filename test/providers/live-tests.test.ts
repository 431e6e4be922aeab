import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { loadConfig } from '../../shared/platform/config.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { testConnection, type TestResult } from '../../shared/providers/connection-test.ts';
import type { Credentials } from '../../shared/providers/format-check.ts';
import { MANUAL_ENTRY, randomText } from './examples.ts';
import { askedOnce, registry, serve } from './fixtures.ts';

const clock = { now: () => new Date('2026-11-24T12:00:00Z') };
const HOSTS = {
  openai: 'api.openai.com',
  anthropic: 'api.anthropic.com',
  gemini: 'generativelanguage.googleapis.com',
  deepseek: 'api.deepseek.com',
  slack: 'slack.com',
} as const;
type Slug = keyof typeof HOSTS;

const KEYS: Readonly<Record<string, Credentials>> = {
  openai: { api_key: `sk-admin-${randomText(60)}` },
  'openai project key': { api_key: `sk-proj-${randomText(60)}` },
  anthropic: { api_key: `sk-ant-api03-${randomText(60)}` },
  'anthropic admin key': { api_key: `sk-ant-admin01-${randomText(60)}` },
  gemini: { api_key: `AQ.Ab8${randomText(40)}` },
  'gemini standard key': { api_key: `AIzaSy${randomText(33)}` },
  deepseek: { api_key: `sk-${randomText(32, 'lower')}` },
  slack: { token: `xoxb-1234567890-1234567890-${randomText(24)}` },
};

type Answer = readonly [status: number, body: unknown];
type Seen = { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers'] };

/** Tests a key against a provider that says `answers`: for a path that begins so, else for `*`. */
async function ask(slug: Slug, key: string, answers: Readonly<Record<string, Answer>>) {
  const seen: Seen[] = [];
  const { url, close } = await serve((req, res) => {
    seen.push({ method: req.method, url: req.url, headers: req.headers });
    const path = Object.keys(answers).find((prefix) => req.url?.startsWith(prefix)) ?? '*';
    const [status, body] = answers[path] ?? [500, ''];
    res.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const config = loadConfig({
    PROJECT_ID: 'test-project',
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    PROVIDER_ENDPOINTS: JSON.stringify({ [HOSTS[slug]]: url }),
  });
  const credentials = Secret.of(KEYS[key]!);
  const subject = { org: 'acme', provider: registry.get(slug), credentials, metadata: {}, expiresAt: null };
  try {
    return { seen, result: await testConnection(subject, askedOnce({ config, clock })) };
  } finally {
    await close();
  }
}

const last = ({ checks }: TestResult) => checks.at(-1)!;
const openAiError = (error: object): object => ({ error: { param: null, ...error } });
const ofDeepSeek = (message: string, type: string) => openAiError({ message, type, code: 'invalid_request_error' });
const anthropicError = (type: string, more: object = {}) => ({ type: 'error', error: { type, message: '', ...more } });
const googleError = (status: string, message = '', details: object[] = []) => ({ error: { status, message, details } });
const reason = (text: string) => [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: text }];
const quota = (quotaId: string) => [
  { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '43s' },
  { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId: 'Other' }, { quotaId }] },
];
const ok = { data: [], object: 'list', has_more: false };
const organization = { id: 'org-id', name: 'Acme', type: 'organization' };
const models = { models: [{ name: 'models/gemini-pro' }] };
const balance = (is_available: boolean) => ({
  is_available,
  balance_infos: [
    { currency: 'CNY', total_balance: '110.00', granted_balance: '10.00', topped_up_balance: '100.00' },
    { currency: 'USD', total_balance: '0.00' },
  ],
});
const slackSays = (error: string): Answer => [200, { ok: false, error }];

interface Case {
  readonly slug: Slug;
  readonly key?: string;
  readonly name: string;
  readonly answer: Answer;
  readonly outcome: string;
  readonly check?: string;
  readonly say?: RegExp;
}

const CASES: readonly Case[] = [
  ...rows('openai', [
    ['a page of costs', [200, ok], 'accepted', 'pass'],
    ['an unknown key', [401, openAiError({ code: 'invalid_api_key' })], 'rejected', 'fail'],
    ['a missing scope, as 401', [401, openAiError({ message: 'Missing scopes: x' })], 'insufficient_permission'],
    ['a missing scope, as 403', [403, openAiError({ message: 'Missing scopes: x' })], 'insufficient_permission'],
    [
      'an address that is not allowed',
      [403, openAiError({ code: 'ip_not_authorized' })],
      'rejected',
      'fail',
      /address/,
    ],
    ['a spent limit by its type', [429, openAiError({ type: 'insufficient_quota' })], 'accepted', 'warn', /limit/],
    ['a spent limit', [429, openAiError({ code: 'project_spend_limit_exceeded' })], 'accepted', 'warn'],
    ['used up credit', [429, openAiError({ code: 'credit_balance_exhausted' })], 'accepted', 'warn', /credit/],
    ['a spent organization', [429, openAiError({ code: 'organization_usage_limit_exceeded' })], 'accepted', 'warn'],
    ['too many requests', [429, openAiError({ code: 'slow_down' })], 'rate_limited'],
    ['an overload', [503, openAiError({ code: 'server_is_overloaded' })], 'provider_error'],
    ['a wrong path', [404, openAiError({ message: 'Invalid URL' })], 'provider_error'],
  ]),
  ...rows('anthropic', [
    ['a list of models', [200, ok], 'accepted', 'pass'],
    ['an unknown key', [401, anthropicError('authentication_error')], 'rejected', 'fail'],
    ['a disabled key', [404, anthropicError('not_found_error')], 'rejected', 'fail', /disabled/],
    ['a missing permission', [403, anthropicError('permission_error')], 'insufficient_permission'],
    [
      'a spend limit of the customer',
      [400, anthropicError('invalid_request_error', { message: 'You have reached your specified API usage limits.' })],
      'accepted',
      'warn',
    ],
    [
      'no credit',
      [400, anthropicError('invalid_request_error', { message: 'Your credit balance is too low' })],
      'accepted',
      'warn',
    ],
    [
      'an organization on hold',
      [400, anthropicError('invalid_request_error', { details: { error_code: 'organization_on_hold' } })],
      'insufficient_permission',
      'fail',
      /on hold/,
    ],
    ['a request that is wrong', [400, anthropicError('invalid_request_error')], 'provider_error'],
    ['an unpaid bill', [402, anthropicError('billing_error')], 'accepted', 'warn'],
    [
      'a spent contract',
      [429, anthropicError('rate_limit_error', { details: { error_code: 'contract_spend_limit_reached' } })],
      'accepted',
      'warn',
    ],
    [
      'a ramp',
      [429, anthropicError('rate_limit_error', { details: { error_code: 'ramp_limit_exceeded' } })],
      'rate_limited',
    ],
    ['too many requests', [429, anthropicError('rate_limit_error')], 'rate_limited'],
    ['an overload', [529, anthropicError('overloaded_error')], 'provider_error'],
  ]),
  ...rows('gemini', [
    ['a list of models', [200, models], 'accepted', 'pass'],
    [
      'an unknown key',
      [
        400,
        googleError('INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', reason('API_KEY_INVALID')),
      ],
      'rejected',
    ],
    [
      'a deleted key',
      [400, googleError('INVALID_ARGUMENT', 'API Key not found. Please pass one.', reason('API_KEY_INVALID'))],
      'rejected',
    ],
    [
      'an expired key',
      [400, googleError('INVALID_ARGUMENT', 'API key expired. Please renew the API key.', reason('API_KEY_INVALID'))],
      'expired',
    ],
    [
      'a location',
      [400, googleError('FAILED_PRECONDITION', 'User location is not supported')],
      'rejected',
      'fail',
      /loc/,
    ],
    ['a wrong request', [400, googleError('INVALID_ARGUMENT', 'pageSize')], 'provider_error'],
    ['a kind of key', [401, googleError('UNAUTHENTICATED', '', reason('ACCESS_TOKEN_TYPE_UNSUPPORTED'))], 'rejected'],
    [
      'a leak',
      [403, googleError('PERMISSION_DENIED', 'Your API key was reported as leaked.')],
      'rejected',
      'fail',
      /public/,
    ],
    ...(
      [
        ['SERVICE_DISABLED', /switched off/],
        ['API_KEY_SERVICE_BLOCKED', /leave out the Gemini API/],
        ['API_KEY_IP_ADDRESS_BLOCKED', /restrictions do not let/],
        ['API_KEY_HTTP_REFERRER_BLOCKED', /restrictions do not let/],
        ['CONSUMER_SUSPENDED', /suspended/],
        ['SOMETHING_NEW', /may not use/],
      ] as const
    ).map(([code, say]): Row => [
      code,
      [403, googleError('PERMISSION_DENIED', '', [{ '@type': 'other' }, ...reason(code)])],
      'insufficient_permission',
      'fail',
      say,
    ]),
    ['an empty balance', [402, googleError('RESOURCE_EXHAUSTED')], 'accepted', 'warn', /balance/],
    ['a rate', [429, googleError('RESOURCE_EXHAUSTED', '', quota('RequestsPerMinutePerProject'))], 'rate_limited'],
    [
      'a day',
      [429, googleError('RESOURCE_EXHAUSTED', '', quota('RequestsPerDayPerProject'))],
      'accepted',
      'warn',
      /day/,
    ],
    ['an outage', [503, googleError('UNAVAILABLE')], 'provider_error'],
  ]),
  ...rows('deepseek', [
    ['a balance', [200, balance(true)], 'accepted', 'pass'],
    ['a used up balance', [200, balance(false)], 'accepted', 'warn', /used up/],
    ['an unknown key', [401, ofDeepSeek('Authentication Fails', 'authentication_error')], 'rejected'],
    ['no balance', [402, ofDeepSeek('Insufficient Balance', 'unknown_error')], 'accepted', 'warn'],
    ['too many requests', [429, openAiError({})], 'rate_limited'],
    ['a bad request', [422, openAiError({})], 'provider_error'],
    ['an outage', [503, openAiError({})], 'provider_error'],
  ]),
  ...rows('slack', [
    ['ok', [200, { ok: true, team: 'Acme', team_id: 'T0FAKE' }], 'accepted', 'pass'],
    ...['not_authed', 'invalid_auth', 'token_revoked', 'account_inactive'].map((error): Row => [
      error,
      slackSays(error),
      'rejected',
    ]),
    ['token_expired', slackSays('token_expired'), 'expired'],
    ...['missing_scope', 'accesslimited', 'org_login_required', 'ekm_access_denied', 'enterprise_is_restricted'].map(
      (error): Row => [error, slackSays(error), 'insufficient_permission'],
    ),
    ['ratelimited', [429, { ok: false, error: 'ratelimited' }], 'rate_limited'],
    ['ratelimited, as 200', slackSays('ratelimited'), 'rate_limited'],
    ...['internal_error', 'fatal_error', 'request_timeout', 'service_unavailable', 'something_new'].map(
      (error): Row => [error, slackSays(error), 'provider_error'],
    ),
  ]),
];

type Row = readonly [name: string, answer: Answer, outcome: string, check?: string, say?: RegExp];

function rows(slug: Slug, list: readonly Row[]): Case[] {
  return list.map(([name, answer, outcome, check, say]) => ({
    slug,
    name,
    answer,
    outcome,
    ...(check ? { check } : {}),
    ...(say ? { say } : {}),
  }));
}

describe('live tests', () => {
  for (const { slug, name, answer, outcome, check, say } of CASES) {
    it(`say ${outcome} when ${slug} answers with ${name}`, async () => {
      const { result } = await ask(slug, slug, { '/v1/organizations/cost_report': [200, ok], '*': answer });
      assert.equal(result.outcome, outcome, JSON.stringify(result.checks));
      const found = result.checks.find(({ id }) => id === 'authentication') ?? last(result);
      if (check) assert.equal(found.status, check);
      if (say) assert.match(found.message, say);
      if (found.status !== 'pass' && outcome !== 'provider_error' && outcome !== 'rate_limited') assert(found.remedy);
    });
  }

  describe('take no answer but the provider’s own', () => {
    const STRANGE: Readonly<Record<string, string>> = {
      'a page': '<html>Request blocked</html>',
      nothing: '',
      'JSON without its envelope': '{}',
      'a list': '[]',
      null: 'null',
      'another error': '{"message":"Forbidden"}',
      'an empty envelope': '{"error":{}}',
      'an envelope of another': '{"error":{"type":"forbidden","code":"denied","message":"Blocked by the proxy"}}',
    };
    for (const slug of Object.keys(HOSTS) as Slug[]) {
      it(`from ${slug}`, async () => {
        for (const [name, body] of Object.entries(STRANGE)) {
          for (const status of [200, 204, 301, 302, 400, 401, 402, 403, 404, 407, 451, 500, 502, 520]) {
            const { result } = await ask(slug, slug, { '*': [status, body] });
            assert.equal(result.outcome, 'provider_error', `${status} ${name}`);
          }
        }
      });
    }
  });

  it('send each key in a header, never in the address', async () => {
    for (const [key, credentials] of Object.entries(KEYS)) {
      const { seen } = await ask(key.split(' ')[0] as Slug, key, { '*': [200, { ...ok, ...organization }] });
      const secret = Object.values(credentials)[0]!;
      assert(seen.length > 0);
      for (const { url, headers } of seen) {
        assert(!url?.includes(secret));
        assert(JSON.stringify(headers).includes(secret));
      }
    }
  });

  it('ask as the providers want to be asked', async () => {
    const call = async (slug: Slug, key: string = slug) => {
      const { seen } = await ask(slug, key, { '*': [200, { ...ok, ...organization, ...models, ...balance(true) }] });
      return seen.map(({ method, url }) => `${method} ${url}`);
    };
    assert.deepEqual(await call('anthropic'), [
      'GET /v1/models?limit=1',
      'GET /v1/organizations/cost_report?starting_at=2026-11-23T00:00:00Z&limit=1',
    ]);
    assert.equal((await call('anthropic', 'anthropic admin key'))[0], 'GET /v1/organizations/me');
    assert.deepEqual(await call('gemini'), ['GET /v1beta/models?pageSize=1']);
    assert.deepEqual(await call('deepseek'), ['GET /user/balance']);
    assert.deepEqual(await call('slack'), ['POST /api/auth.test']);
    const [slack] = (await ask('slack', 'slack', { '*': [200, { ok: true }] })).seen;
    assert.equal(slack!.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(slack!.headers['content-length'], '0');
    const { seen } = await ask('anthropic', 'anthropic', { '*': [200, ok] });
    assert.equal(seen[0]!.headers['anthropic-version'], '2023-06-01');
  });

  it('warn of a kind of key that is on its way out', async () => {
    const { result } = await ask('gemini', 'gemini standard key', { '*': [200, models] });
    const kind = result.checks.find(({ id }) => id === 'key_kind');
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual([kind?.status, result.discovered?.['key_kind']], ['warn', 'standard_key']);
    assert.match(kind?.remedy ?? '', /AQ\./);
  });

  it('say what to do wherever something is not well', () => {
    for (const slug of Object.keys(HOSTS)) {
      const test = registry.get(slug).connection_test;
      const requests = test && 'requests' in test ? test.requests : [];
      for (const { id, outcomes } of requests) {
        for (const { outcome, check, message, remedy } of outcomes) {
          const isWell = outcome === 'accepted' && check === undefined;
          const isNobodysFault = outcome === 'rate_limited' || outcome === 'provider_error';
          assert(message, `${slug} ${id} ${outcome}`);
          assert(isWell || isNobodysFault || remedy, `${slug} ${id}: ${message}`);
        }
      }
    }
  });

  it('only warn when a plain key of Anthropic cannot read costs', async () => {
    const { result } = await ask('anthropic', 'anthropic', {
      '/v1/models': [200, ok],
      '/v1/organizations': [403, anthropicError('permission_error')],
    });
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(
      result.checks.map(({ id, status }) => `${id} ${status}`),
      ['format pass', 'key_kind pass', 'authentication pass', 'usage_read warn'],
    );
    assert.match(last(result).message, /only an admin key/);
    assert.match(last(result).remedy ?? '', /Create an admin key/);
  });

  it('find the organization of an admin key', async () => {
    const { result } = await ask('anthropic', 'anthropic admin key', {
      '/v1/organizations/me': [200, organization],
      '/v1/organizations/cost_report': [200, ok],
    });
    assert.deepEqual(result.discovered, {
      key_kind: 'admin',
      organization_id: 'org-id',
      organization_name: 'Acme',
      reads_costs: true,
    });
    assert.equal(last(result).status, 'pass');
  });

  it('keep the balance of DeepSeek, exact and without more', async () => {
    const { result } = await ask('deepseek', 'deepseek', { '*': [200, balance(true)] });
    assert.deepEqual(result.discovered, {
      is_available: true,
      balances: [
        { currency: 'CNY', total_balance: '110.00', granted_balance: '10.00', topped_up_balance: '100.00' },
        { currency: 'USD', total_balance: '0.00' },
      ],
    });
  });

  it('keep nothing that repeats the key, is no plain value or has no end', async () => {
    const secret = KEYS['slack']!['token']!;
    const { result } = await ask('slack', 'slack', { '*': [200, { ok: true, team: `x${secret}`, team_id: {} }] });
    assert.deepEqual([result.outcome, result.discovered], ['accepted', { key_kind: 'bot' }]);
    const long = Array.from({ length: 200 }, () => ({ currency: 'USD', total_balance: '9'.repeat(201) }));
    const many = await ask('deepseek', 'deepseek', { '*': [200, { is_available: true, balance_infos: long }] });
    assert.equal((many.result.discovered!['balances'] as unknown[]).length, 50);
    assert(!JSON.stringify(many.result.discovered).includes('99'));
  });

  it('have nothing to ask about an entry by hand without a token', async () => {
    const config = loadConfig({
      PROJECT_ID: 'test-project',
      KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    });
    for (const slug of ['canva', 'chatgpt-plus', 'slack']) {
      const subject = {
        org: 'acme',
        provider: registry.get(slug),
        credentials: undefined,
        metadata: MANUAL_ENTRY,
        expiresAt: null,
      };
      assert.equal((await testConnection(subject, askedOnce({ config, clock }))).outcome, 'accepted');
    }
  });
});
