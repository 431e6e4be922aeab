import assert from 'node:assert/strict';
import { generateKeyPair } from 'jose';
import { authenticator } from '../../shared/http/authentication.ts';
import { httpFunction, type ProviderCall } from '../../shared/http/edge.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import { registry } from '../providers/fixtures.ts';
import { aPlatform, anIssuer, canary, host } from './fixtures.ts';

const PATH = '/integrations/acme/openai/setup';

interface CallOptions {
  readonly method?: string;
  readonly token?: string;
  readonly body?: string | Uint8Array<ArrayBuffer> | null;
  readonly headers?: Record<string, string>;
}

describe('HTTP edge', () => {
  let issuer: Awaited<ReturnType<typeof anIssuer>>;
  let server: Awaited<ReturnType<typeof host>>;
  let admin: string;
  const lines: string[] = [];
  let answer: (call: ProviderCall) => Promise<unknown>;

  before(async () => {
    issuer = await anIssuer();
    admin = await issuer.token();
    const platform = aPlatform(lines, { OIDC_JWKS_URI: issuer.jwksUri });
    const endpoint = {
      path: '/integrations/{org}/{provider}/setup',
      scope: 'provider',
      handle: async (call: ProviderCall) => ({ status: 200, body: await answer(call) }),
    } as const;
    server = await host(httpFunction('integrations-setup', platform, { registry }, [endpoint]), {
      isDescribed: false, // its answers show what the edge made of a request
    });
  });
  beforeEach(() => {
    answer = async ({ org, provider, request }) => ({ org, key: provider.key, body: await readJsonBody(request) });
  });
  after(async () => {
    await server.close();
    await issuer.close();
  });

  async function call(path = PATH, { method = 'POST', token = admin, body = '{}', headers = {} }: CallOptions = {}) {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      ...(method === 'GET' ? {} : { body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text ? JSON.parse(text) : undefined };
  }

  it('hands a checked call to its endpoint', async () => {
    const { status, body, headers } = await call('/integrations/acme/OPENAI/setup', {
      headers: { 'x-request-id': 'my-id' },
    });
    assert.deepEqual([status, body], [200, { org: 'acme', key: 'OPENAI', body: {} }]);
    assert.equal(headers.get('x-request-id'), 'my-id');
    assert.match(headers.get('vary') ?? '', /Accept/);
  });

  describe('checks in the order of the contract', () => {
    const steps: {
      name: string;
      path?: string;
      method?: string;
      token?: 'none' | 'viewer' | 'bad';
      status: number;
      code: string;
    }[] = [
      {
        name: 'path before token',
        path: '/integrations/acme/openai/nope',
        token: 'none',
        status: 404,
        code: 'not_found',
      },
      {
        name: 'token before organisation',
        path: '/integrations/other/nope/setup',
        token: 'none',
        status: 401,
        code: 'unauthenticated',
      },
      { name: 'a bad token like none', token: 'bad', status: 401, code: 'unauthenticated' },
      { name: 'organisation before provider', path: '/integrations/other/nope/setup', status: 403, code: 'forbidden' },
      {
        name: 'provider before method',
        path: '/integrations/acme/nope/setup',
        method: 'DELETE',
        status: 404,
        code: 'unknown_provider',
      },
      {
        name: 'method before role',
        path: '/integrations/globex/openai/setup',
        method: 'DELETE',
        status: 405,
        code: 'method_not_allowed',
      },
      { name: 'role before body', path: '/integrations/globex/openai/setup', status: 403, code: 'forbidden' },
      {
        name: 'a reserved word like a foreign organisation',
        path: '/integrations/genai/openai/setup',
        status: 403,
        code: 'forbidden',
      },
      {
        name: 'a prototype name like a foreign organisation',
        path: '/integrations/__proto__/openai/setup',
        status: 403,
        code: 'forbidden',
      },
    ];
    for (const { name, path, method = 'POST', token, status, code } of steps) {
      it(name, async () => {
        const bearer = { none: '', bad: `${admin}x`, viewer: admin }[token ?? 'viewer'];
        const result = await call(path, { method, token: bearer, body: method === 'POST' ? '{' : null });
        assert.deepEqual([result.status, result.body.code], [status, code]);
        assert.equal(result.headers.get('content-type'), 'application/problem+json');
        assert.equal(result.body.request_id, result.headers.get('x-request-id'));
        if (status === 405) assert.equal(result.headers.get('allow'), 'POST, OPTIONS');
        if (status === 401) assert.match(result.headers.get('www-authenticate') ?? '', /^Bearer/);
      });
    }

    it('an existing and an unknown organisation look the same', async () => {
      const headers = { 'x-request-id': 'same' };
      const [one, other] = [
        await call('/integrations/umbrella/gcp/setup', { headers }),
        await call('/integrations/initech/gcp/setup', { headers }),
      ];
      assert.equal(one.text, other.text);
    });
  });

  describe('refuses a token', () => {
    const past = { exp: Date.UTC(2026, 10, 24, 11) / 1000 };
    const claims = {
      'of another issuer': { iss: 'https://evil.example' },
      'for another audience': { aud: 'x' },
      'that has run out': past,
    };
    for (const [name, changes] of Object.entries(claims)) {
      it(name, async () => assert.equal((await call(PATH, { token: await issuer.token(changes) })).status, 401));
    }

    it('of another key, without asking the issuer each time', async () => {
      const { privateKey } = await generateKeyPair('RS256');
      const before = issuer.state.requests;
      for (let i = 0; i < 5; i += 1) {
        const token = await issuer.token({}, { key: privateKey, kid: `unknown-${i}` });
        assert.equal((await call(PATH, { token })).status, 401);
      }
      assert(issuer.state.requests - before <= 1);
    });

    it('without algorithm', async () => {
      const [, payload] = admin.split('.');
      const none = Buffer.from('{"alg":"none"}').toString('base64url');
      assert.equal((await call(PATH, { token: `${none}.${payload}.` })).status, 401);
    });

    it('with a role that does not exist', async () => {
      assert.equal((await call(PATH, { token: await issuer.token({ orgs: { acme: 'owner' } }) })).status, 403);
    });

    it('and says 503 when the issuer cannot be asked', async () => {
      const platform = aPlatform([], { OIDC_JWKS_URI: 'http://127.0.0.1:1/jwks' });
      await assert.rejects(authenticator(platform.config, platform.clock)(`Bearer ${admin}`), {
        code: 'backend_unavailable',
      });
    });
  });

  describe('refuses a body', () => {
    const bodies: {
      name: string;
      body: string | Uint8Array<ArrayBuffer>;
      headers?: Record<string, string>;
      status: number;
      code: string;
    }[] = [
      { name: 'that is broken JSON', body: '{"a":', status: 400, code: 'malformed_json' },
      { name: 'that is not UTF-8', body: new Uint8Array([0x22, 0xff, 0x22]), status: 400, code: 'malformed_json' },
      {
        name: 'of another type',
        body: 'a=b',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        status: 415,
        code: 'unsupported_media_type',
      },
      {
        name: 'of another charset',
        body: '{}',
        headers: { 'content-type': 'application/json; charset=utf-16' },
        status: 415,
        code: 'unsupported_media_type',
      },
      {
        name: 'that is compressed',
        body: '{}',
        headers: { 'content-encoding': 'gzip' },
        status: 415,
        code: 'unsupported_media_type',
      },
      { name: 'of more than 64 KiB', body: `"${'x'.repeat(65_536)}"`, status: 413, code: 'body_too_large' },
      { name: 'of several MiB', body: `"${'x'.repeat(5_000_000)}"`, status: 413, code: 'body_too_large' },
      { name: 'that is too deep', body: '['.repeat(1_000), status: 413, code: 'body_too_large' },
    ];
    for (const { name, body, headers, status, code } of bodies) {
      it(name, async () => {
        const result = await call(PATH, { body, headers: headers ?? {} });
        assert.deepEqual([result.status, result.body.code], [status, code]);
      });
    }

    it('that is sent without a length and does not end at 64 KiB', async () => {
      const body = new ReadableStream({
        start(controller) {
          for (let i = 0; i < 40; i += 1) controller.enqueue(new TextEncoder().encode('x'.repeat(4_096)));
          controller.close();
        },
      });
      const response = await fetch(server.url + PATH, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body,
        duplex: 'half',
      });
      assert.equal(response.status, 413);
      await response.text();
    });
  });

  it('answers preflights of our own pages before asking for a token', async () => {
    const ask = (origin: string) =>
      call(PATH, {
        method: 'OPTIONS',
        token: '',
        body: null,
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const ours = await ask('https://console.example');
    assert.equal(ours.status, 204);
    assert.equal(ours.headers.get('access-control-allow-origin'), 'https://console.example');
    assert.match(ours.headers.get('access-control-allow-methods') ?? '', /POST/);
    assert.equal((await ask('https://evil.example')).headers.get('access-control-allow-origin'), null);
  });

  it('lets our own pages read problem documents', async () => {
    const { headers } = await call(PATH, { token: '', headers: { origin: 'https://console.example' } });
    assert.equal(headers.get('access-control-allow-origin'), 'https://console.example');
  });

  it('shows and logs nothing of an unexpected failure but name and code', async () => {
    const secret = canary();
    answer = () => Promise.reject(Object.assign(new TypeError('boom'), { request: { body: secret } }));
    const { status, body, text } = await call(PATH, { body: JSON.stringify({ a: secret }) });
    assert.deepEqual([status, body.code], [500, 'internal']);
    assert(!text.includes('boom'));
    assert(lines.some((line) => line.includes('request-failed')) && !lines.join('').includes(secret));
  });

  it('says when to come back', async () => {
    answer = () => Promise.reject(new ServiceError('backend_unavailable', 'KMS is away', { retryAfterSeconds: 5 }));
    const { status, headers } = await call();
    assert.deepEqual([status, headers.get('retry-after')], [503, '5']);
  });
});

describe('verified tokens', () => {
  it('are believed without another look until they run out, and refused ones never kept', async () => {
    let now = Date.parse('2026-11-24T12:00:00Z');
    const issuer = await anIssuer();
    const authenticate = authenticator(aPlatform([], { OIDC_JWKS_URI: issuer.jwksUri }).config, {
      now: () => new Date(now),
    });
    const token = `Bearer ${await issuer.token({ exp: now / 1000 + 60 })}`;
    const principal = await authenticate(token);
    assert.equal(await authenticate(token), principal);
    const forged = `${token.slice(0, -6)}AAAAAA`;
    await assert.rejects(authenticate(forged), { code: 'unauthenticated' });
    await assert.rejects(authenticate(forged), { code: 'unauthenticated' });
    now += 66_000;
    await assert.rejects(authenticate(token), { code: 'unauthenticated' });
    await issuer.close();
  });
});
