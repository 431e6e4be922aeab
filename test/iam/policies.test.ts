import assert from 'node:assert/strict';
import type { Caller } from '../../local/kit/contracts.ts';
import { roleAllows } from '../../local/iam/roles.ts';
import { CLOUD_PLATFORM, iamBench, PROJECT, type IamBench } from './fixtures.ts';

const TABLE = `projects/${PROJECT}/datasets/integrations/tables/t`;

describe('access policy', () => {
  let bench: IamBench;
  let caller: Caller;

  before(async () => {
    bench = await iamBench();
  });
  after(() => bench.close());
  beforeEach(async () => {
    const present = bench.iam.findServiceAccount(`reader@${PROJECT}.iam.gserviceaccount.com`);
    if (present) bench.iam.deleteServiceAccount(present.email);
    const { email } = await bench.iam.createServiceAccount(PROJECT, 'reader');
    caller = { email, scopes: [CLOUD_PLATFORM] };
  });

  const reads = (resource = TABLE, who = caller) => bench.iam.allows(who, 'bigquery.tables.getData', resource);

  it('lets a role hold for everything below the resource it is granted on, and nothing beside', () => {
    bench.iam.grant(`projects/${PROJECT}/datasets/integrations`, 'roles/bigquery.dataViewer', caller.email);
    assert.ok(reads());
    assert.ok(!reads(`projects/${PROJECT}/datasets/integrations_copy/tables/t`));
    assert.ok(!reads(`projects/${PROJECT}`));
    assert.ok(!bench.iam.allows(caller, 'bigquery.tables.updateData', TABLE));
  });

  it('takes a role away again', () => {
    bench.iam.grant(`projects/${PROJECT}`, 'roles/bigquery.dataViewer', caller.email);
    bench.iam.revoke(`projects/${PROJECT}`, 'roles/bigquery.dataViewer', caller.email);
    assert.ok(!reads());
  });

  it('gives the operator everything everywhere', () => {
    const operator = { email: bench.iam.operator.email, scopes: [CLOUD_PLATFORM] };
    assert.ok(reads('projects/any-other-project/datasets/d/tables/t', operator));
  });

  it('lets an owner do everything in the project, which includes decryption', () => {
    bench.iam.grant('projects/customer-project', 'roles/owner', caller.email);
    const key = 'projects/customer-project/locations/l/keyRings/r/cryptoKeys/k';
    assert.ok(bench.iam.allows(caller, 'cloudkms.cryptoKeyVersions.useToDecrypt', key));
    assert.ok(!reads());
  });

  it('does not go beyond the scopes of the token', () => {
    bench.iam.grant(`projects/${PROJECT}`, 'roles/owner', caller.email);
    const readOnly = { ...caller, scopes: ['https://www.googleapis.com/auth/bigquery.readonly'] };
    assert.ok(reads(TABLE, readOnly));
    assert.ok(bench.iam.allows(readOnly, 'bigquery.jobs.create', `projects/${PROJECT}`));
    assert.ok(!bench.iam.allows(readOnly, 'bigquery.tables.updateData', TABLE));
    assert.ok(!bench.iam.allows(readOnly, 'cloudkms.cryptoKeyVersions.useToDecrypt', `projects/${PROJECT}`));
    assert.ok(!reads(TABLE, { ...caller, scopes: [] }));
  });

  it('opens to callers without a name what allUsers may', () => {
    const resource = `projects/${PROJECT}/topics/public`;
    bench.iam.setBindings(resource, [{ role: 'roles/pubsub.publisher', members: ['allUsers'] }]);
    const anonymous = { email: 'anonymous', scopes: [CLOUD_PLATFORM] };
    assert.ok(bench.iam.allows(anonymous, 'pubsub.topics.publish', resource));
    assert.ok(!bench.iam.allows(anonymous, 'pubsub.topics.delete', resource));
  });

  it('does not hand the rights of a deleted account to its successor, but back to itself', async () => {
    bench.iam.grant(`projects/${PROJECT}`, 'roles/bigquery.dataViewer', caller.email);
    const { uniqueId } = bench.iam.findServiceAccount(caller.email)!;
    bench.iam.deleteServiceAccount(caller.email);
    const successor = await bench.iam.createServiceAccount(PROJECT, 'reader');
    assert.ok(!reads());
    bench.iam.deleteServiceAccount(successor.email);
    bench.iam.undeleteServiceAccount(uniqueId);
    assert.ok(reads());
  });

  for (const { name, role, member } of [
    { name: 'an unknown role', role: 'roles/bigquery.superUser', member: 'allUsers' },
    { name: 'a member of an unknown kind', role: 'roles/viewer', member: 'robot:r2d2@example.com' },
    {
      name: 'an account that does not exist',
      role: 'roles/viewer',
      member: 'serviceAccount:x@p-1.iam.gserviceaccount.com',
    },
  ]) {
    it(`refuses ${name}`, () => {
      const resource = `projects/${PROJECT}/topics/refused`;
      assert.throws(() => bench.iam.setBindings(resource, [{ role, members: [member] }]), { httpStatus: 400 });
      assert.deepEqual(bench.iam.bindings(resource), []);
    });
  }

  for (const { role, can, cannot } of [
    { role: 'bigquery.jobUser', can: 'bigquery.jobs.create', cannot: 'bigquery.tables.getData' },
    { role: 'bigquery.dataEditor', can: 'bigquery.tables.updateData', cannot: 'bigquery.jobs.create' },
    { role: 'bigquery.metadataViewer', can: 'bigquery.tables.get', cannot: 'bigquery.tables.getData' },
    { role: 'bigquery.dataViewer', can: 'bigquery.tables.export', cannot: 'bigquery.readsessions.create' },
    { role: 'viewer', can: 'bigquery.jobs.create', cannot: 'bigquery.tables.getData' },
    {
      role: 'cloudkms.admin',
      can: 'cloudkms.cryptoKeyVersions.destroy',
      cannot: 'cloudkms.cryptoKeyVersions.useToDecrypt',
    },
    {
      role: 'cloudkms.cryptoKeyEncrypter',
      can: 'cloudkms.cryptoKeyVersions.useToEncrypt',
      cannot: 'cloudkms.cryptoKeyVersions.useToDecrypt',
    },
    {
      role: 'cloudkms.cryptoKeyDecrypter',
      can: 'cloudkms.cryptoKeyVersions.useToDecrypt',
      cannot: 'cloudkms.cryptoKeys.get',
    },
    { role: 'run.invoker', can: 'run.jobs.run', cannot: 'run.jobs.runWithOverrides' },
    { role: 'pubsub.publisher', can: 'pubsub.topics.publish', cannot: 'pubsub.topics.get' },
    { role: 'billing.viewer', can: 'billing.accounts.get', cannot: 'billing.accounts.setIamPolicy' },
    { role: 'iam.serviceAccountUser', can: 'iam.serviceAccounts.actAs', cannot: 'iam.serviceAccounts.getAccessToken' },
  ]) {
    it(`lets roles/${role} ${can} and not ${cannot}`, () => {
      assert.ok(roleAllows(`roles/${role}`, can));
      assert.ok(!roleAllows(`roles/${role}`, cannot));
    });
  }
});
