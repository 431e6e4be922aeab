import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, verify, X509Certificate } from 'node:crypto';
import type { KeyFile } from '../../local/iam/keys.ts';
import { assertionBy, CLOUD_PLATFORM, iamBench, PROJECT, type IamBench } from './fixtures.ts';

const HOME = 'projects/customer-project';

describe('IAM over REST', () => {
  let bench: IamBench;
  let stranger: string;
  let count = 0;

  before(async () => {
    bench = await iamBench();
    stranger = (await bench.iam.createServiceAccount(PROJECT, 'stranger')).email;
  });
  after(() => bench.close());

  async function newAccount(): Promise<{ name: string; email: string; uniqueId: string }> {
    const body = { accountId: `account-${count++}`, serviceAccount: { displayName: 'Billing reader' } };
    const answer = await bench.call('POST', `/v1/${HOME}/serviceAccounts`, { body });
    assert.equal(answer.status, 200);
    return answer.body;
  }

  async function newKey(name: string): Promise<{ file: KeyFile; name: string }> {
    const { body } = await bench.call('POST', `/v1/${name}/keys`, { body: {} });
    return { name: body.name, file: JSON.parse(Buffer.from(body.privateKeyData, 'base64').toString()) as KeyFile };
  }

  describe('service accounts', () => {
    it('are found by e-mail address, by unique id and without their project', async () => {
      const { name, email, uniqueId } = await newAccount();
      for (const path of [name, `${HOME}/serviceAccounts/${uniqueId}`, `projects/-/serviceAccounts/${email}`]) {
        const { body } = await bench.call('GET', `/v1/${path}`);
        assert.deepEqual([body.name, body.displayName, body.projectId], [name, 'Billing reader', 'customer-project']);
      }
    });

    it('are listed page by page', async () => {
      await newAccount();
      await newAccount();
      const first = await bench.call('GET', `/v1/${HOME}/serviceAccounts?pageSize=1`);
      const second = await bench.call(
        'GET',
        `/v1/${HOME}/serviceAccounts?pageSize=1&pageToken=${first.body.nextPageToken}`,
      );
      assert.equal(first.body.accounts.length, 1);
      assert.notEqual(first.body.accounts[0].email, second.body.accounts[0].email);
    });

    it('exist once a name', async () => {
      const { email } = await newAccount();
      const body = { accountId: email.split('@')[0] };
      const { status, body: refusal } = await bench.call('POST', `/v1/${HOME}/serviceAccounts`, { body });
      assert.deepEqual([status, refusal.error.status], [409, 'ALREADY_EXISTS']);
    });

    for (const accountId of ['short', 'Upper-case', 'has space', 'x'.repeat(31), '']) {
      it(`cannot be called "${accountId}"`, async () => {
        const { status } = await bench.call('POST', `/v1/${HOME}/serviceAccounts`, { body: { accountId } });
        assert.equal(status, 400);
      });
    }

    it('change what an update mask names, and nothing else', async () => {
      const { name } = await newAccount();
      const fields = { displayName: 'Renamed', description: 'ignored' };
      const body = { serviceAccount: fields, updateMask: 'displayName' };
      const { body: changed } = await bench.call('PATCH', `/v1/${name}`, { body });
      assert.deepEqual([changed.displayName, changed.description], ['Renamed', undefined]);
    });

    it('are disabled, enabled, deleted and brought back', async () => {
      const { name, email, uniqueId } = await newAccount();
      await bench.call('POST', `/v1/${name}:disable`);
      assert.equal((await bench.call('GET', `/v1/${name}`)).body.disabled, true);
      await bench.call('POST', `/v1/${name}:enable`);
      await bench.call('DELETE', `/v1/${name}`);
      assert.equal((await bench.call('GET', `/v1/${name}`)).status, 404);
      await bench.call('POST', `/v1/${HOME}/serviceAccounts/${uniqueId}:undelete`);
      assert.equal((await bench.call('GET', `/v1/${name}`)).body.email, email);
    });

    it('say nothing to strangers, not even whether they exist', async () => {
      const { name, email } = await newAccount();
      const nobody = `projects/-/serviceAccounts/nobody@customer-project.iam.gserviceaccount.com`;
      for (const path of [name, `projects/-/serviceAccounts/${email}`, nobody]) {
        const { status, body } = await bench.call('GET', `/v1/${path}`, { as: stranger });
        assert.equal(status, 403);
        assert.equal(body.error.details[0].reason, 'IAM_PERMISSION_DENIED');
      }
    });

    it('never include the operator among what can be deleted', async () => {
      const { status } = await bench.call('DELETE', `/v1/projects/-/serviceAccounts/${bench.iam.operator.email}`);
      assert.equal(status, 400);
    });
  });

  describe('keys', () => {
    it('come as the file that Google gives out, which then gets tokens', async () => {
      const { name, email, uniqueId } = await newAccount();
      const { file } = await newKey(name);
      const { private_key: privateKey, private_key_id: id, ...rest } = file;
      assert.deepEqual(rest, {
        type: 'service_account',
        project_id: 'customer-project',
        client_email: email,
        client_id: uniqueId,
        auth_uri: 'https://accounts.google.com/o/oauth2/auth',
        token_uri: 'https://oauth2.googleapis.com/token',
        auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
        client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(email)}`,
        universe_domain: 'googleapis.com',
      });
      assert.match(privateKey, /^-----BEGIN PRIVATE KEY-----\n/);
      assert.match(id, /^[0-9a-f]{40}$/);
      assert.equal((await bench.exchange(await assertionBy(file))).status, 200);
    });

    it('have their public halves published as certificates and as JWKs until they are disabled', async () => {
      const { name, email } = await newAccount();
      const key = await newKey(name);
      const published = async (path: string) => (await fetch(bench.apiUrl + path + encodeURIComponent(email))).json();
      const certificates = (await published('/robot/v1/metadata/x509/')) as Record<string, string>;
      const certificate = new X509Certificate(certificates[key.file.private_key_id] ?? '');
      assert.ok(certificate.verify(certificate.publicKey));
      const publicKey = createPublicKey(createPrivateKey(key.file.private_key));
      assert.ok(certificate.publicKey.equals(publicKey));
      const jwks = (await published('/service_accounts/v1/jwk/')) as { keys: { kid: string; n: string }[] };
      assert.equal(jwks.keys[0]?.n, publicKey.export({ format: 'jwk' }).n);

      await bench.call('POST', `/v1/${key.name}:disable`, { body: {} });
      assert.deepEqual(await published('/robot/v1/metadata/x509/'), {});
      assert.equal((await bench.call('GET', `/v1/${key.name}`)).body.disabled, true);
    });

    it('stop working when they are deleted', async () => {
      const { name } = await newAccount();
      const key = await newKey(name);
      await bench.call('DELETE', `/v1/${key.name}`);
      assert.equal((await bench.exchange(await assertionBy(key.file))).status, 400);
      assert.deepEqual((await bench.call('GET', `/v1/${name}/keys?keyTypes=USER_MANAGED`)).body, {});
    });

    it('of another account are not found under this one', async () => {
      const [mine, other] = [await newAccount(), await newAccount()];
      const id = (await newKey(other.name)).file.private_key_id;
      assert.equal((await bench.call('DELETE', `/v1/${mine.name}/keys/${id}`)).status, 404);
    });
  });

  describe('impersonation', () => {
    const act = (email: string, verb: string, body: object, as?: string) =>
      bench.call('POST', `/v1/projects/-/serviceAccounts/${email}:${verb}`, { body, ...(as ? { as } : {}) });

    it('is for token creators alone', async () => {
      const { name, email } = await newAccount();
      const scope = [CLOUD_PLATFORM];
      assert.equal((await act(email, 'generateAccessToken', { scope }, stranger)).status, 403);
      bench.iam.grant(name, 'roles/iam.serviceAccountTokenCreator', stranger);
      const { status, body } = await act(email, 'generateAccessToken', { scope, lifetime: '600s' }, stranger);
      assert.equal(status, 200);
      assert.equal((await bench.iam.authenticate(`Bearer ${body.accessToken}`)).email, email);
      assert.ok(Math.abs(Date.parse(body.expireTime) - Date.now() - 600_000) < 5000);
    });

    it('gives tokens of an hour at most', async () => {
      const { email } = await newAccount();
      const { status } = await act(email, 'generateAccessToken', { scope: [CLOUD_PLATFORM], lifetime: '3601s' });
      assert.equal(status, 400);
    });

    it('signs with a key that is published', async () => {
      const { email } = await newAccount();
      const payload = Buffer.from('to be signed');
      const { body } = await act(email, 'signBlob', { payload: payload.toString('base64') });
      const certificates = await (await fetch(`${bench.apiUrl}/robot/v1/metadata/x509/${email}`)).json();
      const { publicKey } = new X509Certificate((certificates as Record<string, string>)[body.keyId] ?? '');
      assert.ok(verify('sha256', payload, publicKey, Buffer.from(body.signedBlob, 'base64')));
    });

    it('signs a JWT that the APIs take', async () => {
      const { email } = await newAccount();
      const iat = Math.floor(Date.now() / 1000);
      const claims = { iss: email, sub: email, aud: 'https://iam.googleapis.com/', iat, exp: iat + 600 };
      const { body } = await act(email, 'signJwt', { payload: JSON.stringify(claims) });
      assert.equal((await bench.iam.authenticate(`Bearer ${body.signedJwt}`)).email, email);
    });

    it('names the address in an ID token when asked', async () => {
      const { email } = await newAccount();
      const claims = async (includeEmail: boolean) => {
        const { body } = await act(email, 'generateIdToken', { audience: 'https://a.example', includeEmail });
        return JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString());
      };
      assert.equal((await claims(true)).email, email);
      assert.equal((await claims(false)).email, undefined);
    });
  });

  describe('projects', () => {
    it('come into being when the operator asks for them, with one number in both versions', async () => {
      const v1 = await bench.call('GET', '/v1/projects/brand-new-project');
      const v3 = await bench.call('GET', '/v3/projects/brand-new-project');
      assert.equal(v1.body.lifecycleState, 'ACTIVE');
      assert.equal(v3.body.name, `projects/${v1.body.projectNumber}`);
      assert.equal(
        (await bench.call('GET', `/v1/projects/${v1.body.projectNumber}`)).body.projectId,
        'brand-new-project',
      );
    });

    it('do not come into being for anyone else', async () => {
      const body = { permissions: ['bigquery.jobs.create'] };
      const path = '/v1/projects/unknown-project:testIamPermissions';
      assert.equal((await bench.call('POST', path, { as: stranger, body })).status, 403);
    });

    it('tell a caller which permissions it has, and leave the field out when there is none', async () => {
      const permissions = ['bigquery.jobs.create', 'bigquery.tables.getData'];
      const test = async () =>
        (await bench.call('POST', `/v3/${HOME}:testIamPermissions`, { as: stranger, body: { permissions } })).body;
      assert.deepEqual(await test(), {});
      bench.iam.grant(HOME, 'roles/bigquery.jobUser', stranger);
      assert.deepEqual(await test(), { permissions: ['bigquery.jobs.create'] });
      bench.iam.revoke(HOME, 'roles/bigquery.jobUser', stranger);
    });

    it('refuse wildcards in a permission test', async () => {
      const body = { permissions: ['bigquery.*'] };
      assert.equal((await bench.call('POST', `/v1/${HOME}:testIamPermissions`, { body })).status, 400);
    });

    it('take a policy when its etag is of the policy that stands, and 409 when not', async () => {
      const { body: policy } = await bench.call('POST', `/v1/${HOME}:getIamPolicy`, { body: {} });
      const bindings = [{ role: 'roles/viewer', members: [`serviceAccount:${stranger}`] }];
      const write = () => bench.call('POST', `/v1/${HOME}:setIamPolicy`, { body: { policy: { ...policy, bindings } } });
      assert.deepEqual((await write()).body.bindings, bindings);
      const late = await write();
      assert.deepEqual([late.status, late.body.error.status], [409, 'ABORTED']);
    });

    it('refuse unknown roles and conditions', async () => {
      const write = async (binding: object) =>
        (await bench.call('POST', `/v1/${HOME}:setIamPolicy`, { body: { policy: { bindings: [binding] } } })).status;
      assert.equal(await write({ role: 'roles/unheardOf', members: ['allUsers'] }), 400);
      assert.equal(
        await write({ role: 'roles/viewer', members: ['allUsers'], condition: { expression: 'true' } }),
        501,
      );
      assert.equal(await write({ role: 'roles/viewer', members: 'allUsers' }), 400);
    });

    it('have every service enabled', async () => {
      const { body } = await bench.call('GET', `/v1/${HOME}/services/bigquery.googleapis.com`);
      assert.deepEqual([body.state, body.config.name], ['ENABLED', 'bigquery.googleapis.com']);
    });

    it('cannot have their policy changed by who may only read', async () => {
      bench.iam.grant(HOME, 'roles/viewer', stranger);
      const body = { policy: { bindings: [{ role: 'roles/owner', members: [`serviceAccount:${stranger}`] }] } };
      assert.equal((await bench.call('POST', `/v1/${HOME}:setIamPolicy`, { as: stranger, body })).status, 403);
    });
  });
});
