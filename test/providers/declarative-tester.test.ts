import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../shared/platform/config.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
import { loadRegistry } from '../../shared/providers/registry.ts';
import { ADDED_PROVIDER, registryFileWith } from './added-provider.ts';
import { aKey, askedOnce, registry, serve } from './fixtures.ts';

const clock = { now: () => new Date('2026-11-24T12:00:00Z') };

async function testOpenAi(
  listener: RequestListener,
  { key = 'sk-admin-abcdefghijklmnopqrstuv', expiresAt = null as string | null } = {},
) {
  const { url, close } = await serve(listener);
  const config = loadConfig({
    PROJECT_ID: 'test-project',
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    PROVIDER_ENDPOINTS: JSON.stringify({ 'api.openai.com': url }),
  });
  const subject = { org: 'acme', provider: registry.get('openai'), credentials: aKey(key), metadata: {}, expiresAt };
  try {
    return await testConnection(subject, askedOnce({ config, clock }));
  } finally {
    await close();
  }
}

const answer = (status: number, body: unknown): RequestListener => {
  return (_req, res) => void res.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
};

describe('declarative connection test', () => {
  const cases: { name: string; listener: RequestListener; outcome: string }[] = [
    { name: 'accepts', listener: answer(200, { object: 'page', data: [] }), outcome: 'accepted' },
    {
      name: 'does not know the key',
      listener: answer(401, { error: { code: 'invalid_api_key', message: 'sk-...' } }),
      outcome: 'rejected',
    },
    {
      name: 'misses a scope (401)',
      listener: answer(401, {
        error: { message: 'You have insufficient permissions for this operation. Missing scopes: api.usage.read' },
      }),
      outcome: 'insufficient_permission',
    },
    {
      name: 'misses a scope (403)',
      listener: answer(403, { error: { message: 'Missing scopes: api.usage.read' } }),
      outcome: 'insufficient_permission',
    },
    { name: 'is used up', listener: answer(429, { error: { type: 'insufficient_quota' } }), outcome: 'accepted' },
    {
      name: 'limits the rate',
      listener: answer(429, { error: { code: 'rate_limit_exceeded' } }),
      outcome: 'rate_limited',
    },
    { name: 'limits the rate without a word', listener: answer(429, ''), outcome: 'rate_limited' },
    { name: 'fails', listener: answer(503, { error: {} }), outcome: 'provider_error' },
    {
      name: 'answers a page of something in between',
      listener: answer(200, '<html>sign in</html>'),
      outcome: 'provider_error',
    },
    {
      name: 'sends elsewhere',
      listener: (_req, res) => void res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      outcome: 'provider_error',
    },
    { name: 'hangs up', listener: (req) => void req.socket.destroy(), outcome: 'unreachable' },
    { name: 'never ends its answer', listener: (_req, res) => endless(res), outcome: 'provider_error' },
  ];
  for (const { name, listener, outcome } of cases) {
    it(`says ${outcome} when the provider ${name}`, async () => {
      const result = await testOpenAi(listener);
      assert.equal(result.outcome, outcome);
      assert.deepEqual(
        result.checks.map(({ id }) => id),
        ['format', 'key_kind', 'usage_read'],
      );
    });
  }

  it('warns when the account is used up', async () => {
    const { checks } = await testOpenAi(answer(429, { error: { code: 'credit_balance_exhausted' } }));
    assert.equal(checks.at(-1)?.status, 'warn');
  });

  it('only warns when a project key cannot read costs', async () => {
    const result = await testOpenAi(
      (req, res) => {
        const isModels = req.url === '/v1/models';
        res
          .writeHead(isModels ? 200 : 403)
          .end(JSON.stringify(isModels ? { data: [] } : { error: { message: 'Missing scopes: api.usage.read' } }));
      },
      { key: 'sk-proj-abcdefghijklmnopqrstuvwxyz' },
    );
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(
      result.checks.map(({ id, status }) => `${id} ${status}`),
      ['format pass', 'key_kind pass', 'authentication pass', 'usage_read warn'],
    );
  });

  it('calls a refused key expired when its stated expiry has passed', async () => {
    const refusal = answer(401, { error: { code: 'invalid_api_key' } });
    const { outcome } = await testOpenAi(refusal, { expiresAt: '2026-11-01T00:00:00.000Z' });
    assert.equal(outcome, 'expired');
  });

  const missing = (scope: string) => ({ error: { message: `Missing scopes: ${scope}` } });
  for (const { name, costs, outcome, checks } of [
    {
      name: 'accepts a restricted key that reads costs',
      costs: [200, { data: [] }] as const,
      outcome: 'accepted',
      checks: ['authentication pass', 'usage_read pass'],
    },
    {
      name: 'wants a restricted key to read costs when it may do nothing else',
      costs: [403, missing('api.usage.read')] as const,
      outcome: 'insufficient_permission',
      checks: ['authentication pass', 'usage_read fail'],
    },
  ]) {
    it(name, async () => {
      const result = await testOpenAi(
        (req, res) => {
          const [status, body] = req.url === '/v1/models' ? [403, missing('api.model.read')] : costs;
          res.writeHead(status).end(JSON.stringify(body));
        },
        { key: 'sk-proj-abcdefghijklmnopqrstuvwxyz' },
      );
      assert.equal(result.outcome, outcome);
      assert.deepEqual(
        result.checks.slice(2).map(({ id, status }) => `${id} ${status}`),
        checks,
      );
      const accepted = { key_kind: 'project', is_restricted: true, reads_costs: true };
      assert.deepEqual(result.discovered, outcome === 'accepted' ? accepted : undefined);
    });
  }

  for (const { key, kind } of [
    { key: 'sk-admin-abcdefghijklmnopqrstuv', kind: 'admin' },
    { key: 'sk-proj-abcdefghijklmnopqrstuvwxyz', kind: 'project' },
    { key: 'sk-svcacct-abcdefghijklmnopqrstuvwxyz', kind: 'service_account' },
    { key: 'sk-abcdefghijklmnopqrstT3BlbkFJabcdefghijklmnopqrst', kind: 'legacy_user' },
    { key: 'sk-abcdefghijklmnopqrstuvwxyzabcdef', kind: undefined },
  ]) {
    it(`tells a key of ${kind ?? 'no certain kind'} by its look`, async () => {
      const { checks, discovered } = await testOpenAi(answer(200, { data: [] }), { key });
      assert.equal(discovered?.['key_kind'], kind);
      assert.equal(checks.filter(({ id }) => id === 'key_kind').length, kind ? 1 : 0);
    });
  }

  it('never passes on what the provider wrote', async () => {
    const result = await testOpenAi(answer(401, { error: { message: 'CANARY sk-admin-abcdefghijklmnopqrstuv' } }));
    assert(!/CANARY|abcdefghijklmnop/.test(JSON.stringify(result)));
  });

  it('sends the key in a header and asks for costs since yesterday', async () => {
    let seen: unknown;
    await testOpenAi((req, res) => {
      seen = [req.headers.authorization, req.url];
      res.end('{}');
    });
    const yesterday = Date.UTC(2026, 10, 23) / 1000;
    assert.deepEqual(seen, [
      'Bearer sk-admin-abcdefghijklmnopqrstuv',
      `/v1/organization/costs?start_time=${yesterday}&limit=1`,
    ]);
  });
});

describe('registry of declared tests', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'registry-'))));
  after(() => rm(folder, { recursive: true }));

  const WITH_KINDS = ADDED_PROVIDER.replace(
    '      requests:',
    `      kinds:
        - { field: api_key, pattern: '^ac-live-old-', name: old, check: warn, message: It is old., remedy: Make a new one. }
        - { field: api_key, pattern: '^ac-live-', name: live, message: It is live. }
      requests:`,
  );

  it('lets an entry tell the kinds of its keys', async () => {
    const provider = loadRegistry({ file: await registryFileWith(WITH_KINDS, folder) }).get('acme-ai');
    const { url, close } = await serve(answer(200, { account: { plan: 'pro' } }));
    const config = { endpoints: { providers: { 'api.acme.example': url } } };
    const kindOf = async (key: string) => {
      const subject = { org: 'acme', provider, credentials: aKey(key), metadata: {}, expiresAt: null };
      const { checks, discovered } = await testConnection(subject, askedOnce({ config, clock }));
      return [checks.find(({ id }) => id === 'key_kind')?.status, discovered?.['key_kind']];
    };
    assert.deepEqual(await kindOf('ac-live-0123456789'), ['pass', 'live']);
    assert.deepEqual(await kindOf('ac-live-old-0123456789'), ['warn', 'old']);
    assert.deepEqual(await kindOf('something else'), [undefined, undefined]);
    await close();
  });

  for (const { name, entry, fault } of [
    {
      name: 'a kind by a field that nobody declares',
      entry: WITH_KINDS.replace("{ field: api_key, pattern: '^ac-live-',", "{ field: secret, pattern: '^ac-live-',"),
      fault: /the kind live uses credentials\.secret, which is not declared/,
    },
    {
      name: 'a kind that warns without a remedy',
      entry: WITH_KINDS.replace(', remedy: Make a new one.', ''),
      fault: /kinds\/0 must have property remedy/,
    },
    {
      name: 'a rule that requires a request which does not follow',
      entry: ADDED_PROVIDER.replace('outcome: accepted }', 'outcome: accepted, requires: authentication }'),
      fault: /authentication requires authentication, which is no request after it/,
    },
  ]) {
    it(`refuses ${name}`, async () => {
      const file = await registryFileWith(entry, folder);
      assert.throws(() => loadRegistry({ file }), fault);
    });
  }
});

function endless(res: Parameters<RequestListener>[1]): void {
  res.writeHead(200);
  const more = (): void => {
    if (!res.destroyed && res.write('x'.repeat(16_384))) setImmediate(more);
    else res.once('drain', more);
  };
  more();
}
