import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { announceServer, findServer, withdrawServer } from '../../local/host/server-file.ts';

describe('the server of a store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'server-file-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is found while it answers, and not when its process lives on without it', async () => {
    const server = createServer((_req, res) => res.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    announceServer(folder, url);
    assert.deepEqual(await findServer(folder), { pid: process.pid, url });
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    assert.equal(await findServer(folder), undefined);
  });

  it('is not there before it is announced, nor after it is withdrawn', async () => {
    assert.equal(await findServer(folder), undefined);
    announceServer(folder, 'http://127.0.0.1:1');
    withdrawServer(folder);
    assert.equal(await findServer(folder), undefined);
  });
});
