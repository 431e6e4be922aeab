import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { PassThroughClient } from 'google-auth-library';
import { create as createGet } from '../../functions/integrations/get.ts';
import { create as createSetup } from '../../functions/integrations/setup.ts';
import { createLogger } from '../../shared/platform/log.ts';
import { serve } from '../providers/fixtures.ts';
import { aPlatform, anIssuer, canary, host } from './fixtures.ts';

const silence: RequestListener = () => undefined;
const reset: RequestListener = (req) => void req.socket.destroy();
const garbage: RequestListener = (_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json' }).end('\u0000<garbage');
};
const noRows: RequestListener = (_req, res) => {
  const schema = { fields: [{ name: 'org_slug', type: 'STRING' }] };
  const body = {
    jobComplete: true,
    schema,
    rows: [],
    totalRows: '0',
    queryId: 'q',
    jobReference: { projectId: 'p', jobId: 'j' },
  };
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** Every caller has to be told within 10 s, whatever it is that does not answer. */
describe('a backend that does not answer', function () {
  this.timeout(15_000);
  let issuer: Awaited<ReturnType<typeof anIssuer>>;
  before(async () => void (issuer = await anIssuer()));
  after(() => issuer.close());

  async function timed(
    create: typeof createSetup,
    backends: { kms: RequestListener; bigquery: RequestListener },
    method: string,
  ) {
    const [kms, bigquery] = await Promise.all([serve(backends.kms), serve(backends.bigquery)]);
    const lines: string[] = [];
    const environment = {
      OIDC_JWKS_URI: issuer.jwksUri,
      KMS_ENDPOINT: kms.url,
      BIGQUERY_ENDPOINT: bigquery.url,
      PUBSUB_ENDPOINT: '127.0.0.1:1',
    };
    const platform = {
      ...aPlatform([], environment),
      log: createLogger({}, (line) => void lines.push(line)),
      auth: new PassThroughClient(),
    };
    const { url, close } = await host(create(platform));
    const secret = canary();
    const started = performance.now();
    const response = await fetch(`${url}/integrations/acme/openai${method === 'POST' ? '/setup' : ''}`, {
      method,
      headers: { authorization: `Bearer ${await issuer.token()}`, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: JSON.stringify({ credentials: { api_key: `sk-proj-${secret}` } }) } : {}),
    });
    const text = await response.text();
    const took = performance.now() - started;
    await Promise.all([close(), kms.close(), bigquery.close()]);
    assert(!`${text}${lines.join('')}`.includes(secret));
    return { status: response.status, retryAfter: response.headers.get('retry-after'), took };
  }

  it('leads to 503 with Retry-After within 10 s', async () => {
    const results = await Promise.all([
      timed(createGet, { kms: silence, bigquery: silence }, 'GET'),
      timed(createSetup, { kms: silence, bigquery: silence }, 'POST'),
      timed(createSetup, { kms: silence, bigquery: noRows }, 'POST'),
      timed(createSetup, { kms: reset, bigquery: noRows }, 'POST'),
      timed(createSetup, { kms: silence, bigquery: reset }, 'POST'),
      timed(createSetup, { kms: garbage, bigquery: noRows }, 'POST'),
      timed(createSetup, { kms: silence, bigquery: garbage }, 'POST'),
      timed(createGet, { kms: silence, bigquery: garbage }, 'GET'),
    ]);
    for (const { status, retryAfter, took } of results) {
      assert.deepEqual([status, retryAfter], [503, '5']);
      assert(took < 10_000, `${took} ms`);
    }
  });
});
