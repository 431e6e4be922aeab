import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKey } from '../../../local/sandbox/aws/identities.ts';
import { serve } from '../fixtures.ts';
import { startAws, summary, type AwsBench } from './fixtures.ts';

const WELL = ['format pass', 'identity pass', 'cost_explorer pass', 'cost_reports pass'];

describe('AWS access keys', () => {
  let aws: AwsBench;
  beforeEach(async () => (aws = await startAws()));
  afterEach(() => aws.close());

  const keyOf = (arn: string, allowed: readonly string[] = []) => {
    const { accessKeyId, secretAccessKey } = aws.sandbox.identities.createKey({ arn, userId: 'AIDAEXAMPLE', allowed });
    return { credentials: { access_key_id: accessKeyId, secret_access_key: secretAccessKey } };
  };

  it('are accepted by their signature, and tell account, ARN and user', async () => {
    const result = await aws.test('aws-keys', await aws.case('aws-keys', 'valid'));
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(summary(result), WELL);
    const { account_id, arn, user_id } = result.discovered as Record<string, string>;
    assert.match(account_id!, /^\d{12}$/);
    assert.equal(arn, `arn:aws:iam::${account_id}:user/finops/reader`);
    assert.match(user_id!, /^AIDA/);
  });

  it('are told apart in every state that AWS keeps them in', async () => {
    const cases = await aws.sandbox.cases['aws-keys']!('acme');
    for (const [name, sandboxCase] of Object.entries(cases)) {
      assert.equal((await aws.test('aws-keys', sandboxCase)).outcome, sandboxCase.expect.outcome, name);
    }
  });

  it('stop being accepted when they are deactivated', async () => {
    const { credentials } = await aws.case('aws-keys', 'valid');
    aws.sandbox.identities.setKeyState(credentials!['access_key_id']!, 'inactive');
    assert.equal((await aws.test('aws-keys', { credentials: credentials! })).outcome, 'rejected');
  });

  it('of a moment ago are asked about again until AWS knows them', async () => {
    const made = newKey(false);
    const credentials = { access_key_id: made.accessKeyId, secret_access_key: made.secretAccessKey };
    const known = keyOf('arn:aws:iam::123456789012:user/new', []);
    const pauses: number[] = [];
    const unknown = await aws.test('aws-keys', { credentials }, { wait: async (ms) => void pauses.push(ms) });
    assert.equal(unknown.outcome, 'rejected');
    assert.deepEqual(pauses, [2000, 2000, 2000]);

    const id = known.credentials.access_key_id;
    aws.sandbox.identities.setKeyState(id, 'inactive');
    const wait = async (): Promise<void> => aws.sandbox.identities.setKeyState(id, 'active');
    assert.equal((await aws.test('aws-keys', known, { wait })).outcome, 'accepted');
  });

  it('with a wrong secret are refused at once', async () => {
    const pauses: number[] = [];
    const wrong = await aws.case('aws-keys', 'wrong_secret');
    assert.equal((await aws.test('aws-keys', wrong, { wait: async (ms) => void pauses.push(ms) })).outcome, 'rejected');
    assert.deepEqual(pauses, []);
  });

  it('are not blamed for a clock that is wrong', async () => {
    const valid = await aws.case('aws-keys', 'valid');
    for (const skewMs of [-16 * 60_000, 16 * 60_000]) {
      const { outcome, checks } = await aws.test('aws-keys', valid, { skewMs });
      assert.equal(outcome, 'provider_error');
      assert.match(checks.at(-1)!.message, /clock/);
    }
    assert.equal((await aws.test('aws-keys', valid, { skewMs: 14 * 60_000 })).outcome, 'accepted');
  });

  it('of the root user are accepted with a warning', async () => {
    const result = await aws.test('aws-keys', await aws.case('aws-keys', 'root_user'));
    assert.deepEqual(summary(result), [
      'format pass',
      'identity pass',
      'root_user warn',
      'cost_explorer skip',
      'cost_reports pass',
    ]);
  });

  it('without a right to costs are accepted with the policy to attach', async () => {
    const result = await aws.test('aws-keys', await aws.case('aws-keys', 'no_cost_access'));
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(summary(result).slice(2), ['cost_explorer warn', 'cost_reports warn']);
    const { arn } = result.discovered as { arn: string };
    assert(result.checks[2]!.remedy!.includes(arn));
    assert(result.checks[2]!.remedy!.includes('"ce:GetCostAndUsage"'));
  });

  it('that may not ask IAM are told how to have that tested', async () => {
    const arn = 'arn:aws:iam::123456789012:user/modest';
    const { checks } = await aws.test('aws-keys', keyOf(arn, ['ce:GetCostAndUsage']));
    const check = checks.find(({ id }) => id === 'cost_explorer')!;
    assert.equal(check.status, 'skip');
    assert(check.remedy!.includes(`"Action":"iam:SimulatePrincipalPolicy","Resource":"${arn}"`));
  });

  it('are never asked at Cost Explorer, which charges', async () => {
    const { url, close } = await serve((_req, res) => void res.writeHead(500).end());
    const asked: string[] = [];
    const endpoints = { 'ce.*.amazonaws.com': url };
    await aws.test('aws-keys', await aws.case('aws-keys', 'valid'), { endpoints });
    for (const { service, method } of aws.context.calls) asked.push(`${service} ${method}`);
    assert.deepEqual(asked.toSorted(), [
      'aws-keys DescribeReportDefinitions',
      'aws-keys GetCallerIdentity',
      'aws-keys SimulatePrincipalPolicy',
    ]);
    await close();
  });

  it('are not worse for hosts of IAM and cost reports that are not there', async () => {
    const { close, url } = await serve(() => undefined);
    await close();
    const pauses: number[] = [];
    const endpoints = { 'iam.amazonaws.com': url, 'cur.*.amazonaws.com': url };
    const wait = async (ms: number): Promise<void> => void pauses.push(ms);
    const result = await aws.test('aws-keys', await aws.case('aws-keys', 'valid'), { endpoints, wait });
    assert.equal(result.outcome, 'accepted');
    assert.deepEqual(summary(result).slice(2), ['cost_explorer skip', 'cost_reports skip']);
    assert.deepEqual(pauses, []);
  });

  it('are asked at the global host when the account has switched the regional one off', async () => {
    const { url, close } = await serve((_req, res) => {
      const code = '<Error><Type>Sender</Type><Code>RegionDisabledException</Code><Message>off</Message></Error>';
      res.writeHead(403, { 'content-type': 'text/xml' }).end(`<ErrorResponse>${code}</ErrorResponse>`);
    });
    const valid = await aws.case('aws-keys', 'valid');
    const endpoints = { 'sts.us-east-1.amazonaws.com': url };
    assert.equal((await aws.test('aws-keys', valid, { endpoints })).outcome, 'accepted');
    const none = await aws.test('aws-keys', valid, { endpoints: { ...endpoints, 'sts.amazonaws.com': url } });
    assert.equal(none.outcome, 'insufficient_permission');
    await close();
  });

  for (const { partition, region, checks } of [
    { partition: 'aws-cn', region: 'cn-north-1', checks: ['cost_explorer warn', 'cost_reports warn'] },
    { partition: 'aws-us-gov', region: 'us-gov-west-1', checks: ['cost_explorer skip', 'cost_reports skip'] },
    { partition: 'aws-eusc', region: 'eusc-de-east-1', checks: ['cost_explorer warn', 'cost_reports skip'] },
  ]) {
    it(`of ${partition} are asked there, and nowhere else`, async () => {
      const key = keyOf(`arn:${partition}:iam::123456789012:user/x`, ['iam:SimulatePrincipalPolicy']);
      assert.equal((await aws.test('aws-keys', key)).outcome, 'rejected');
      const result = await aws.test('aws-keys', { ...key, metadata: { partition } });
      assert.equal(result.outcome, 'accepted', region);
      assert.deepEqual(summary(result).slice(2), checks);
    });
  }

  it('leave no trace of their secrets in what is told and in the addresses that are asked', async () => {
    const seen: string[] = [];
    const { url, close } = await serve((req, res) => {
      seen.push(req.url ?? '', JSON.stringify(req.headers));
      const text = `${JSON.stringify(req.headers)}`;
      res
        .writeHead(403)
        .end(`<ErrorResponse><Error><Code>AccessDenied</Code><Message>${text}</Message></Error></ErrorResponse>`);
    });
    const { credentials } = await aws.case('aws-keys', 'session');
    const { secret_access_key, session_token } = credentials as Record<string, string>;
    const told = JSON.stringify(
      await aws.test(
        'aws-keys',
        { credentials: credentials! },
        { endpoints: { 'sts.*.amazonaws.com': url, 'sts.amazonaws.com': url } },
      ),
    );
    assert(!told.includes(secret_access_key!) && !told.includes(session_token!));
    assert(seen.length > 0 && !seen.join('').includes(secret_access_key!));
    assert(!seen[0]!.includes(session_token!) && seen[1]!.includes(session_token!));
    await close();
  });

  it('are never taken from the machine, nor is any other setting', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-'));
    const trap = 'http://127.0.0.1:9/trap';
    const profile = `region = eu-west-1\nendpoint_url = ${trap}\naws_access_key_id = AKIATRAP\naws_secret_access_key = trap\n`;
    for (const name of ['config', 'credentials']) await writeFile(join(folder, name), `[default]\n${profile}`);
    const traps = {
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      AWS_ACCESS_KEY_ID: 'AKIATRAP',
      AWS_SECRET_ACCESS_KEY: 'trap',
      AWS_SESSION_TOKEN: 'trap',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: trap,
      AWS_ENDPOINT_URL_STS: trap,
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_MAX_ATTEMPTS: '9',
      AWS_LAMBDA_FUNCTION_NAME: 'trap',
      _X_AMZN_TRACE_ID: 'trap',
      AWS_EXECUTION_ENV: 'trap',
    };
    const before = { ...process.env };
    Object.assign(process.env, traps);
    try {
      const headers: string[] = [];
      const { url, close } = await serve((req, res) => {
        headers.push(JSON.stringify(req.headers));
        res.writeHead(503).end();
      });
      assert.deepEqual(summary(await aws.test('aws-keys', await aws.case('aws-keys', 'valid'))), WELL);
      assert.equal((await aws.test('aws-iam', await aws.case('aws-iam', 'valid'))).outcome, 'accepted');
      const endpoints = { 'sts.us-east-1.amazonaws.com': url };
      await aws.test('aws-keys', await aws.case('aws-keys', 'valid'), { endpoints });
      assert.equal(headers.length, 1);
      assert(!/trap|eu-west-1/i.test(headers[0]!), headers[0]);
      await close();
    } finally {
      for (const name of Object.keys(traps)) delete process.env[name];
      Object.assign(process.env, before);
      await rm(folder, { recursive: true });
    }
  });
});
