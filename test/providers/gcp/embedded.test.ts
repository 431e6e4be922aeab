import assert from 'node:assert/strict';
import type { SandboxCase } from '../../../local/sandbox/cases.ts';
import { emailOf } from '../../../local/topology.ts';
import { orgPrincipal } from '../../../shared/gcp/org-principal.ts';
import { startTestCloud, type Answer, type TestCloud } from '../../harness/cloud.ts';

interface Check {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly remedy?: string;
}

describe('Google Cloud on the embedded cloud', function () {
  this.timeout(60_000);
  let cloud: TestCloud;
  before(async () => (cloud = await startTestCloud()));
  after(() => cloud.close());

  const caseOf = async (org: string, name: string): Promise<SandboxCase> =>
    (await cloud.sandboxCases(org)).providers['gcp']![name]!;

  async function setUp(org: string, { credentials, metadata }: Omit<SandboxCase, 'expect'>): Promise<Answer> {
    const headers = { prefer: 'wait=20' };
    return cloud.call('POST', `/integrations/${org}/gcp/setup`, { body: { credentials, metadata }, headers });
  }

  async function dryRun(org: string, { credentials, metadata }: Omit<SandboxCase, 'expect'>): Promise<Answer> {
    return cloud.call('POST', `/integrations/${org}/gcp/setup?dry_run=true`, { body: { credentials, metadata } });
  }

  const byId = ({ body }: Answer): Record<string, Check> => {
    const { checks } = (body.last_check ?? body) as { checks: Check[] };
    return Object.fromEntries(checks.map((check) => [check.id, check]));
  };

  it('proves every capability that is granted', async () => {
    const answer = await dryRun('caps', await caseOf('caps', 'every_capability'));
    assert.equal(answer.body.outcome, 'accepted', answer.text);
    const statuses = Object.values(byId(answer)).map(({ id, status }) => `${id} ${status}`);
    assert.deepEqual(statuses, [
      'format pass',
      'token pass',
      'key_state pass',
      // What the account reads is granted on the dataset.
      'iam_permissions pass',
      'job_user pass',
      'table_access:billing_export_table pass',
      'billing_viewer pass',
      'inventory:billing_accounts pass',
      'inventory:compute_instances pass',
      'inventory:storage_buckets pass',
      'inventory:iam_service_accounts pass',
      'genai_metrics pass',
    ]);
  });

  it('says how to switch on an API that is off', async () => {
    const answer = await dryRun('caps', await caseOf('caps', 'service_disabled'));
    const checks = byId(answer);
    assert.equal(answer.body.outcome, 'accepted');
    assert.equal(checks['inventory:iam_service_accounts']?.status, 'pass');
    for (const [id, label] of [
      ['inventory:compute_instances', 'compute'],
      ['inventory:storage_buckets', 'storage'],
      ['genai_metrics', 'monitoring'],
    ] as const) {
      assert.equal(checks[id]?.status, 'warn');
      assert.match(
        checks[id]?.remedy ?? '',
        new RegExp(`gcloud services enable ${label}\\.googleapis\\.com --project=\\d+`),
      );
    }
  });

  it('tells a deleted key from a disabled account', async () => {
    const says = async (name: string) => byId(await dryRun('caps', await caseOf('caps', name)))['token']?.message ?? '';
    assert.match(await says('revoked'), /deleted or disabled/);
    assert.match(await says('wrong'), /deleted or disabled/);
    assert.match(await says('disabled_account'), /finops-disabled-account@.* is disabled/);
    assert.match(await says('deleted_account'), /does not exist any more/);
  });

  it('tells a private key that is not that of its id', async () => {
    const [valid, wrong] = [await caseOf('caps', 'valid'), await caseOf('caps', 'wrong')];
    const credentials = { ...valid.credentials, private_key: wrong.credentials!['private_key']! };
    const answer = await dryRun('caps', { ...valid, credentials });
    assert.match(byId(answer)['token']?.message ?? '', /does not belong to private_key_id/);
  });

  it('calls a key expired that an earlier test has seen the end of', async () => {
    const { iam } = cloud.cloud;
    const { credentials, metadata } = await caseOf('ends', 'every_capability');
    const soon = new Date(cloud.cloud.context.clock.now().getTime() + 3_600_000);
    const key = await iam.createKey(credentials!['client_email']!, { validBefore: soon });
    const { body } = await setUp('ends', { credentials: { ...key }, metadata: metadata! });
    assert.equal(body.validation_status, 'VALID');
    assert.equal(body.discovered.key_valid_before, soon.toISOString().replace(/\.\d+Z$/, 'Z'));
  });

  describe('without a key', () => {
    it('is set up by what was granted to the identity of the organisation', async () => {
      const { body } = await setUp('keyless', await caseOf('keyless', 'keyless'));
      assert.equal(body.validation_status, 'VALID', JSON.stringify(body.last_check));
      const principal = orgPrincipal('keyless', cloud.cloud.context.projectId);
      assert.equal(body.setup_context.principal, principal);
      assert.equal(body.discovered.principal, principal);
      assert.match(byId({ body } as Answer)['token']?.message ?? '', new RegExp(principal));
    });

    it('acts as the account that the customer names', async () => {
      const sandboxCase = await caseOf('acting', 'keyless_impersonation');
      const { body } = await setUp('acting', sandboxCase);
      assert.equal(body.validation_status, 'VALID', JSON.stringify(body.last_check));
      assert.equal(body.metadata.client_email, sandboxCase.credentials!['service_account']);
    });

    it('says which command lets it act as that account', async () => {
      const sandboxCase = await caseOf('acting', 'keyless_not_granted');
      const answer = await dryRun('acting', sandboxCase);
      assert.equal(answer.body.outcome, 'insufficient_permission');
      const principal = orgPrincipal('acting', cloud.cloud.context.projectId);
      const account = sandboxCase.credentials!['service_account'];
      assert.ok(
        byId(answer)['token']?.remedy?.startsWith(
          `gcloud iam service-accounts add-iam-policy-binding ${account} --member="serviceAccount:${principal}" --role="roles/iam.serviceAccountTokenCreator"`,
        ),
      );
    });

    it('lets no organisation use what was granted to another', async () => {
      for (const name of ['keyless', 'keyless_impersonation']) {
        const answer = await dryRun('thief', await caseOf('keyless', name));
        assert.equal(answer.body.outcome, 'insufficient_permission', name);
      }
    });

    it('takes no account of this platform for a customer’s', async () => {
      const { projectId } = cloud.cloud.context;
      const own = [orgPrincipal('keyless', projectId), emailOf('validation', projectId)];
      for (const service_account of own) {
        const credentials = { type: 'workload_identity', project_id: 'acme-prod', service_account };
        const { status, body } = await dryRun('thief', { credentials });
        assert.deepEqual([status, body.code], [422, 'credential_format']);
        assert.deepEqual(
          body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
          [['/credentials/service_account', 'denied']],
        );
      }
    });

    it('takes nothing secret beside it', async () => {
      const credentials = { type: 'workload_identity', project_id: 'acme-prod', private_key: 'x' };
      const { status, body } = await dryRun('thief', { credentials });
      assert.deepEqual([status, body.errors[0].code], [422, 'unknown_field']);
    });

    it('shows its identity to an organisation before anything is set up', async () => {
      const { body } = await cloud.call('GET', '/integrations/newcomer');
      const gcp = body.integrations.find(({ provider }: { provider: string }) => provider === 'gcp');
      assert.match(gcp.setup_context.principal, /^integration-newcomer@/);
      assert.ok(gcp.setup_context.keyless.grant[0].includes(gcp.setup_context.principal));
    });

    it('is read from by the billing job', async () => {
      await setUp('keyless', await caseOf('keyless', 'keyless')); // there already when all tests run
      assert.equal(await cloud.jobs.run({ job: 'billing', args: ['--org', 'keyless'] }), 0);
    });
  });
});
