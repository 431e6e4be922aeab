import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { iamBench, PROJECT, type IamBench } from './fixtures.ts';

const run = promisify(execFile);
const CHILD = `
  const { GoogleAuth } = await import('google-auth-library');
  const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' });
  const client = await auth.getClient();
  const idTokens = await auth.getIdTokenClient('https://example.run.app');
  console.log(JSON.stringify({
    project: await auth.getProjectId(),
    email: (await auth.getCredentials()).client_email,
    token: (await client.getAccessToken()).token,
    idToken: await idTokens.idTokenProvider.fetchIdToken('https://example.run.app'),
  }));`;

describe('metadata server', () => {
  let bench: IamBench;
  let email: string;
  let host: string;

  before(async () => {
    bench = await iamBench();
    email = (await bench.iam.createServiceAccount(PROJECT, 'job-billing')).email;
    const server = await bench.metadata(email);
    host = `${server.host}:${server.port}`;
  });
  after(() => bench.close());

  const get = (path: string, headers: Record<string, string> = { 'Metadata-Flavor': 'Google' }) =>
    fetch(`http://${host}/computeMetadata/v1/${path}`, { headers });
  const textOf = async (path: string) => (await get(path)).text();

  it('gives a child process exactly the identity of its account', async () => {
    const env = { PATH: process.env['PATH'], GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: 'assume-present' };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', CHILD], { env });
    const found = JSON.parse(stdout) as Record<'project' | 'email' | 'token' | 'idToken', string>;
    assert.deepEqual([found.project, found.email], [PROJECT, email]);
    assert.equal((await bench.iam.authenticate(`Bearer ${found.token}`)).email, email);
    assert.equal((await bench.iam.internals.signer.claims(found.idToken))?.['email'], email);
  });

  it('is recognised by its header, in answers and refusals alike', async () => {
    for (const path of ['instance/', 'project/project-id', 'no/such/thing']) {
      assert.equal((await get(path)).headers.get('metadata-flavor'), 'Google');
    }
  });

  it('refuses who does not ask by the header, and who was forwarded', async () => {
    assert.equal((await get('project/project-id', {})).status, 403);
    const forwarded = { 'Metadata-Flavor': 'Google', 'X-Forwarded-For': '10.0.0.1' };
    assert.equal((await get('instance/service-accounts/default/token', forwarded)).status, 403);
  });

  it('names project, place and account', async () => {
    assert.equal(await textOf('project/project-id'), PROJECT);
    assert.match(await textOf('project/numeric-project-id'), /^\d{12}$/);
    assert.match(await textOf('instance/region'), /^projects\/\d{12}\/regions\/us-central1$/);
    assert.equal(await textOf('instance/service-accounts/default/email'), email);
    assert.deepEqual(await (await get(`instance/service-accounts/${email}/?recursive=true`)).json(), {
      aliases: ['default'],
      email,
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    });
  });

  it('has no other account', async () => {
    assert.equal((await get(`instance/service-accounts/${bench.iam.operator.email}/token`)).status, 404);
  });

  it('gives no token of a disabled account', async () => {
    const fallen = (await bench.iam.createServiceAccount(PROJECT, 'fallen')).email;
    const server = await bench.metadata(fallen);
    bench.iam.setAccountDisabled(fallen, true);
    const path = 'computeMetadata/v1/instance/service-accounts/default/token';
    const headers = { 'Metadata-Flavor': 'Google' };
    assert.equal((await fetch(`http://${server.host}:${server.port}/${path}`, { headers })).status, 404);
  });
});
