import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { anIssuer, canary, ENVIRONMENT } from './fixtures.ts';

const BINARY = fileURLToPath(import.meta.resolve('@google-cloud/functions-framework')).replace('index.js', 'main.js');
const ENTRY = fileURLToPath(new URL('../../functions/main.ts', import.meta.url));

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The official runtime, in a process of its own as on Cloud Run. */
describe('a deployed function', function () {
  this.timeout(30_000);
  let child: ChildProcess;
  let url: string;
  let output = '';
  let issuer: Awaited<ReturnType<typeof anIssuer>>;
  let token: string;

  before(async () => {
    issuer = await anIssuer();
    const now = Math.floor(Date.now() / 1000);
    token = await issuer.token({ iat: now, exp: now + 600 });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const gone = '127.0.0.1:1';
    child = spawn(process.execPath, [BINARY, '--source', ENTRY, '--port', String(port)], {
      env: {
        PATH: process.env['PATH'],
        ...ENVIRONMENT,
        FUNCTION_TARGET: 'integrations-setup',
        OIDC_JWKS_URI: issuer.jwksUri,
        KMS_ENDPOINT: `http://${gone}`,
        BIGQUERY_ENDPOINT: `http://${gone}`,
        PUBSUB_ENDPOINT: gone,
        METADATA_SERVER_DETECTION: 'none',
      },
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(output)));
      child.stdout?.on('data', () => output.includes('Serving function') && resolve());
    });
  });
  after(async () => {
    child.removeAllListeners('exit');
    const ended = once(child, 'exit');
    child.kill();
    await ended;
    await issuer.close();
  });

  async function post(body: string, contentType: string, path = '/integrations/acme/gcp/setup') {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      body,
    });
    return { status: response.status, text: await response.text() };
  }

  const types = [
    'application/json',
    'application/cloudevents+json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=bogus',
  ];
  for (const type of types) {
    it(`leaves no trace of a secret in a broken body of type ${type}`, async () => {
      const secret = canary();
      const { status, text } = await post(`{"credentials":{"private_key":"${secret}",}`, type);
      assert([400, 415].includes(status), `${status}`);
      assert.match(text, /"code":"(malformed_json|unsupported_media_type)"/);
      assert(!text.includes(secret) && !output.includes(secret));
    });
  }

  it('leaves no trace of a secret in a refused credential, nor in one it cannot store', async () => {
    const secret = canary();
    const refused = await post(JSON.stringify({ credentials: { type: secret, [secret]: secret } }), 'application/json');
    assert.equal(refused.status, 422);
    const good = JSON.stringify({ credentials: { api_key: `sk-proj-${secret}` } });
    const started = performance.now();
    const failed = await post(good, 'application/json', '/integrations/acme/openai/setup');
    assert.equal(failed.status, 503);
    assert(performance.now() - started < 10_000);
    assert(![refused.text, failed.text, output].join('').includes(secret));
  });

  it('answers a path that does not decode itself', async () => {
    const { status, text } = await post('{}', 'application/json', '/integrations/%E0%A4%A/gcp/setup');
    assert.equal(status, 404);
    assert.match(text, /"code":"not_found"/);
  });
});
