import assert from 'node:assert/strict';
import { trustPolicy } from '../../../local/sandbox/aws/aws-cases.ts';
import type { TrustPolicy } from '../../../local/sandbox/aws/trust-policy.ts';
import { externalId, setupContext } from '../../../shared/credentials/setup-context.ts';
import { loadConfig } from '../../../shared/platform/config.ts';
import { registry } from '../fixtures.ts';
import { OWN, startAws, summary, type AwsBench } from './fixtures.ts';

const ROLE = 'arn:aws:iam::123456789012:role/finops/CostReader';
const ALL = ['ce:GetCostAndUsage', 'cur:DescribeReportDefinitions', 'iam:SimulatePrincipalPolicy'];
const WELL = ['format pass', 'assume_role pass', 'trust pass', 'cost_explorer pass', 'cost_reports pass'];

describe('an AWS role', () => {
  let aws: AwsBench;
  beforeEach(async () => (aws = await startAws()));
  afterEach(() => aws.close());

  const makeRole = (trust: TrustPolicy, { arn = ROLE, allowed = ALL } = {}) => {
    aws.sandbox.identities.createRole({ arn, trust, allowed });
    return { credentials: { role_arn: arn } };
  };
  /** The trust policy that our own setup shows to an organisation. */
  const shown = (org: string, env: Record<string, string> = {}): TrustPolicy => {
    const base = { PROJECT_ID: 'test-project', KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' };
    const config = loadConfig({ ...base, AWS_SUBJECTS: aws.subject, ...env });
    const context = setupContext(registry.get('aws-iam'), org, config)!;
    assert.deepEqual(Object.keys(context), ['external_id', 'trust_policy']);
    return context['trust_policy'] as TrustPolicy;
  };

  it('that trusts what the setup shows is assumed, closed to others, and read with', async () => {
    const result = await aws.test('aws-iam', makeRole(shown('acme')));
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(summary(result), WELL);
    assert.deepEqual(result.discovered, {
      account_id: '123456789012',
      arn: 'arn:aws:sts::123456789012:assumed-role/CostReader/integration-acme',
    });
  });

  it('comes to what every case of the sandbox promises', async () => {
    for (const [name, sandboxCase] of Object.entries(await aws.sandbox.cases['aws-iam']!('acme'))) {
      assert.equal((await aws.test('aws-iam', sandboxCase)).outcome, sandboxCase.expect.outcome, name);
    }
  });

  it('of one organisation is closed to another', async () => {
    const role = makeRole(shown('acme'));
    const { outcome, checks } = await aws.test('aws-iam', role, { org: 'globex' });
    assert.equal(outcome, 'insufficient_permission');
    assert.match(checks.at(-1)!.remedy!, /CostReader.*Trust relationships.*trust policy/s);
  });

  it('that was made a moment ago is asked again until it lets us in', async () => {
    const role = makeRole(trustPolicy([]));
    const pauses: number[] = [];
    const result = await aws.test('aws-iam', role, {
      wait: async (ms) => {
        pauses.push(ms);
        aws.sandbox.identities.setTrust(ROLE, shown('acme'));
      },
    });
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(pauses, [2000]);
  });

  it('that is open to all our organisations is accepted with a warning', async () => {
    const result = await aws.test('aws-iam', makeRole(trustPolicy([aws.subject])));
    assert.equal(result.outcome, 'accepted');
    assert.equal(summary(result)[2], 'trust warn');
    assert.match(result.checks[2]!.remedy!, /Condition/);
  });

  it('without a right to costs is named in the policy to attach', async () => {
    const { checks } = await aws.test('aws-iam', makeRole(shown('acme'), { allowed: ['iam:SimulatePrincipalPolicy'] }));
    const check = checks.find(({ id }) => id === 'cost_explorer')!;
    assert.equal(check.status, 'warn');
    assert(check.remedy!.includes(ROLE), 'with its path, which the session does not tell');
  });

  it('in China asks for Google as an identity provider', async () => {
    const arn = 'arn:aws-cn:iam::123456789012:role/CostReader';
    const { outcome, checks } = await aws.test('aws-iam', makeRole(shown('acme'), { arn }));
    assert.equal(outcome, 'insufficient_permission');
    assert.match(checks.at(-1)!.remedy!, /Identity providers/);
  });

  it('in GovCloud is assumed there', async () => {
    const arn = 'arn:aws-us-gov:iam::123456789012:role/CostReader';
    const result = await aws.test('aws-iam', makeRole(shown('acme'), { arn }));
    assert.deepEqual(summary(result).slice(1), [
      'assume_role pass',
      'trust pass',
      'cost_explorer skip',
      'cost_reports skip',
    ]);
  });

  it('is not blamed when we have no identity at Google', async () => {
    const role = makeRole(shown('acme'));
    aws.iam.setAccountDisabled(OWN, true);
    const { outcome, checks } = await aws.test('aws-iam', role);
    assert.equal(outcome, 'provider_error');
    assert.equal(checks.at(-1)!.id, 'platform_identity');
    assert.deepEqual(aws.context.calls, []);
  });

  it('gives temporary keys only, which nobody is told', async () => {
    const result = await aws.test('aws-iam', makeRole(shown('acme')));
    assert(!/ASIA|IQoJ/.test(JSON.stringify(result)));
  });

  describe('with keys of this platform', () => {
    const platformKeys = (principal_arn?: string): Record<string, string> => {
      const user = { arn: 'arn:aws:iam::999988887777:user/integration-setup', userId: 'AIDAOWN', allowed: [] };
      const { accessKeyId, secretAccessKey } = aws.sandbox.identities.createKey(user);
      const keys = {
        access_key_id: accessKeyId,
        secret_access_key: secretAccessKey,
        principal_arn: principal_arn ?? user.arn,
      };
      return { AWS_PLATFORM_CREDENTIALS: JSON.stringify(keys) };
    };

    it('is assumed with the external id that the setup shows', async () => {
      const env = platformKeys();
      const trust = shown('acme', env);
      assert.deepEqual(trust.Statement, [
        {
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::999988887777:user/integration-setup' },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': externalId('test-project', 'acme') } },
        },
      ]);
      const role = makeRole(trust);
      assert.deepEqual(summary(await aws.test('aws-iam', role, { env })), WELL);
      assert.equal((await aws.test('aws-iam', role, { env, org: 'globex' })).outcome, 'insufficient_permission');
      assert.equal((await aws.test('aws-iam', role)).outcome, 'insufficient_permission');
    });

    it('in another partition is not asked, as these keys are unknown there', async () => {
      const arn = 'arn:aws-us-gov:iam::123456789012:role/CostReader';
      const { checks } = await aws.test('aws-iam', { credentials: { role_arn: arn } }, { env: platformKeys() });
      assert.deepEqual([checks.at(-1)!.id, aws.context.calls.length], ['platform_identity', 0]);
      assert.match(checks.at(-1)!.remedy!, /aws-keys/);
    });

    it('that asks for no external id is accepted with a warning', async () => {
      const env = platformKeys('arn:aws:iam::999988887777:root');
      const { Version, Statement } = shown('acme', env);
      const { Condition: _tie, ...open } = Statement[0]!;
      const result = await aws.test('aws-iam', makeRole({ Version, Statement: [open] }), { env });
      assert.equal(summary(result)[2], 'trust warn');
    });

    it('is not blamed when those keys are not valid any more', async () => {
      const env = platformKeys();
      const role = makeRole(shown('acme', env));
      const { access_key_id } = JSON.parse(env['AWS_PLATFORM_CREDENTIALS']!) as { access_key_id: string };
      aws.sandbox.identities.setKeyState(access_key_id, 'inactive');
      const { outcome, checks } = await aws.test('aws-iam', role, { env });
      assert.equal(outcome, 'provider_error');
      assert.match(checks.at(-1)!.message, /identity of this platform/);
    });
  });
});
