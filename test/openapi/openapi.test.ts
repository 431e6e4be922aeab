import assert from 'node:assert/strict';
import { openApiDocument } from '../../functions/providers/openapi.ts';
import { registry } from '../providers/fixtures.ts';
import { exchangeChecker } from './checker.ts';
import type { OpenApiDocument } from './document.ts';
import { documentFaults } from './document-faults.ts';

const document = () => JSON.parse(JSON.stringify(openApiDocument(registry))) as OpenApiDocument;
const COMMON = { 'x-request-id': 'r-1', vary: 'Origin, Accept', 'cache-control': 'no-store' };

describe('the API description', () => {
  it('keeps the rules of OpenAPI 3.1', () => {
    assert.deepEqual(documentFaults(document()), []);
  });

  it('would be caught breaking them', () => {
    const text = JSON.stringify(document());
    const broken = (from: string, to: string) => documentFaults(JSON.parse(text.replace(from, to)) as OpenApiDocument);
    assert.match(broken('schemas/IntegrationList"', 'schemas/Nothing"').join('\n'), /Nothing: refers to nothing/);
    assert.match(broken('"getHealth"', '"listProviders"').join('\n'), /used twice/);
    assert.match(broken('/integrations/{org}"', '/integrations/{organisation}"').join('\n'), /path parameters/);
    assert.match(broken('"type":"integer"', '"type":"intger"').join('\n'), /intger|type/);
    assert.match(broken('"examples":["wait=10"]', '"examples":[10]').join('\n'), /example 10/);
  });
});

describe('a checked exchange', () => {
  const check = exchangeChecker(document());
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
    status,
    headers: new Headers({ ...COMMON, 'content-type': 'application/json', ...headers }),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const problem = (status: number, code: string) => ({
    ...{ type: 'urn:x', title: 'No', detail: 'No', request_id: 'r-1' },
    ...{ status, code },
  });
  const refused = (status: number, code: string, headers = {}) =>
    answer(status, problem(status, code), { 'content-type': 'application/problem+json', ...headers });
  const get = (path: string, method = 'GET') => ({ method, path, headers: { authorization: 'Bearer x' } });

  it('passes when all is as described', () => {
    check(get('/health'), answer(200, { status: 'ok' }));
    check(get('/health', 'HEAD'), answer(200, ''));
    check(get('/nowhere'), refused(404, 'not_found'));
    check(get('/health', 'PATCH'), refused(405, 'method_not_allowed', { allow: 'GET' }));
    check(get('/integrations/acme/gcp'), refused(404, 'not_configured'));
    check(get('/integrations/acme?status=VALID'), answer(200, { integrations: [] }));
  });

  for (const [what, request, response, message] of [
    ['a status that is not described', get('/health'), refused(409, 'version_conflict'), /status 409/],
    ['a property that is not described', get('/health'), answer(200, { status: 'ok', more: 1 }), /more/],
    [
      'another content type',
      get('/health'),
      answer(200, { status: 'ok' }, { 'content-type': 'text/html' }),
      /text\/html/,
    ],
    ['a header that is wrong', get('/health'), answer(200, { status: 'ok' }, { 'x-request-id': '<>' }), /X-Request-Id/],
    ['a header that is missing', get('/health', 'PATCH'), refused(405, 'method_not_allowed'), /Allow is missing/],
    ['a code of another status', get('/integrations/acme/gcp'), refused(404, 'forbidden'), /allowed values/],
    ['a strange path that answers', get('/nowhere'), answer(200, {}), /404 is expected/],
    ['a strange method that answers', get('/health', 'PATCH'), answer(200, {}), /405/],
    [
      'a query that should be refused',
      get('/integrations/acme?status=odd'),
      answer(200, { integrations: [] }),
      /query status/,
    ],
    ['an organisation that cannot be', get('/integrations/Acme'), answer(200, { integrations: [] }), /path org/],
    [
      'a call without a token',
      { ...get('/integrations/acme'), headers: {} },
      answer(200, { integrations: [] }),
      /Authorization/,
    ],
    [
      'a body that should be refused',
      {
        ...get('/integrations/acme/gcp', 'DELETE'),
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: '{"x":1}',
      },
      answer(202, {}, { etag: '"1"' }),
      /body: .*\(x\)/,
    ],
  ] as const) {
    it(`fails for ${what}`, () => {
      assert.throws(() => check(request, response), message);
    });
  }
});
