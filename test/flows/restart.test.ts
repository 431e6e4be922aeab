import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../harness/cloud.ts';
import { spawnServer, type ServerProcess } from '../harness/server.ts';

interface Case {
  readonly credentials?: object;
  readonly metadata?: object;
}

describe('a server that is killed', function () {
  this.timeout(120_000);
  let dataDir: string;
  let server: ServerProcess;
  let token: string;

  const api = async (verb: string, path: string, body?: object) => {
    const response = await fetch(server.url + path, {
      method: verb,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape
    return { status: response.status, body: (await response.json()) as any };
  };

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'restart-'));
    server = await spawnServer(dataDir);
    token = (await api('POST', '/local/token', { orgs: { acme: 'admin' } })).body.token;
  });

  after(async () => {
    await server.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  it('brings every accepted setup to a verdict after the restart, without help', async () => {
    const { providers } = (await api('GET', '/local/sandbox?org=acme')).body;
    const valid: Record<string, Case> = { gcp: providers.gcp.valid, openai: providers.openai.valid };
    for (const [slug, { credentials, metadata }] of Object.entries(valid)) {
      const { status } = await api('POST', `/integrations/acme/${slug}/setup`, { credentials, metadata });
      assert.equal(status, 202);
    }
    await server.kill('SIGKILL');

    server = await spawnServer(dataDir);
    for (const slug of Object.keys(valid)) {
      const verdict = await eventually(async () => {
        const { body } = await api('GET', `/integrations/acme/${slug}`);
        return body.validation_status === 'PENDING' ? undefined : body;
      }, 60_000);
      assert.equal(verdict.validation_status, 'VALID');
    }
  });

  it('accepts tokens that were issued before', async () => {
    assert.equal((await api('GET', '/integrations/acme')).status, 200);
  });

  it('stops cleanly on SIGTERM', async () => {
    await server.kill('SIGTERM');
    assert.deepEqual(
      server.output.filter((line) => /error|failed|unhandled/i.test(line)),
      [],
    );
  });
});
