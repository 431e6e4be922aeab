import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { loadConfig } from '../../shared/platform/config.ts';
import { testConnection } from '../../shared/providers/connection-test.ts';
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
        ['format', 'usage_read'],
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
      ['format pass', 'authentication pass', 'usage_read warn'],
    );
  });

  it('calls a refused key expired when its stated expiry has passed', async () => {
    const { outcome } = await testOpenAi(answer(401, { error: {} }), { expiresAt: '2026-11-01T00:00:00.000Z' });
    assert.equal(outcome, 'expired');
  });

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

function endless(res: Parameters<RequestListener>[1]): void {
  res.writeHead(200);
  const more = (): void => {
    if (!res.destroyed && res.write('x'.repeat(16_384))) setImmediate(more);
    else res.once('drain', more);
  };
  more();
}
