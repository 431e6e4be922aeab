import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
  type STSServiceException,
} from '@aws-sdk/client-sts';
import { trustPolicy } from '../../local/sandbox/aws/aws-cases.ts';
import type { NewKey } from '../../local/sandbox/aws/identities.ts';
import { OWN, startAws, type AwsBench } from '../providers/aws/fixtures.ts';

const ROLE = 'arn:aws:iam::123456789012:role/finops/CostReader';
const USER = { arn: 'arn:aws:iam::123456789012:user/x', userId: 'AIDAX', allowed: [] };

describe('the AWS stand-in', () => {
  let aws: AwsBench;
  beforeEach(async () => (aws = await startAws()));
  afterEach(() => aws.close());

  const url = (): string => aws.sandbox.endpoints['sts.amazonaws.com']!;
  /** The official client, as anybody uses it. */
  const client = (credentials?: NewKey): STSClient =>
    new STSClient({
      region: 'us-east-1',
      endpoint: url(),
      credentials: credentials ?? { accessKeyId: 'unused', secretAccessKey: 'unused' },
      systemClockOffset: aws.context.clock.now().getTime() - Date.now(),
      maxAttempts: 1,
    });
  const assume = (token: string, seconds = 900) =>
    client().send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: ROLE,
        RoleSessionName: 'test',
        WebIdentityToken: token,
        DurationSeconds: seconds,
      }),
    );
  const refusalOf = async (call: Promise<unknown>): Promise<string> => {
    try {
      await call;
    } catch (err) {
      const { $metadata, name } = err as STSServiceException;
      return `${$metadata?.httpStatusCode} ${name}`;
    }
    throw new Error('it was not refused');
  };
  const post = async (body: string, headers: Record<string, string> = {}) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const response = await fetch(url(), { method: 'POST', headers: { ...type, ...headers }, body });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  it('tells the official client whose key it has', async () => {
    const key = aws.sandbox.identities.createKey(USER);
    const { Account, Arn, UserId } = await client(key).send(new GetCallerIdentityCommand());
    assert.deepEqual({ Account, Arn, UserId }, { Account: '123456789012', Arn: USER.arn, UserId: 'AIDAX' });
  });

  it('gives temporary keys that work until they run out', async () => {
    aws.sandbox.identities.createRole({ arn: ROLE, trust: trustPolicy([aws.subject], 'acme-only'), allowed: [] });
    const { Credentials } = await assume(await aws.iam.idToken(OWN, 'acme-only'));
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '', Expiration } = Credentials!;
    const key = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    assert.equal(Expiration?.getTime(), aws.context.clock.now().getTime() + 900_000);
    const { Arn } = await client(key).send(new GetCallerIdentityCommand());
    assert.equal(Arn, 'arn:aws:sts::123456789012:assumed-role/CostReader/test');
    const { sessionToken: _token, ...bare } = key;
    assert.equal(await refusalOf(client(bare).send(new GetCallerIdentityCommand())), '403 InvalidClientTokenId');
    aws.context.advance(900_000);
    assert.equal(await refusalOf(client(key).send(new GetCallerIdentityCommand())), '403 ExpiredToken');
  });

  it('lets nobody into a role whose token is forged, old, of another account or for another audience', async () => {
    aws.sandbox.identities.createRole({ arn: ROLE, trust: trustPolicy([aws.subject], 'acme-only'), allowed: [] });
    const token = await aws.iam.idToken(OWN, 'acme-only');
    const [head, claims = '', signature] = token.split('.');
    const forged = Buffer.from(Buffer.from(claims, 'base64url').toString().replace(/acme/, 'evil')).toString(
      'base64url',
    );
    assert.equal(await refusalOf(assume([head, forged, signature].join('.'))), '400 InvalidIdentityTokenException');
    assert.equal(await refusalOf(assume(await aws.iam.idToken(OWN, 'others'))), '403 AccessDenied');
    await aws.iam.createServiceAccount('test-project', 'stranger');
    const stranger = await aws.iam.idToken('stranger@test-project.iam.gserviceaccount.com', 'acme-only');
    assert.equal(await refusalOf(assume(stranger)), '403 AccessDenied');
    assert.equal(await refusalOf(assume(token, 60)), '400 ValidationError');
    aws.context.advance(3_601_000);
    assert.equal(await refusalOf(assume(token)), '400 ExpiredTokenException');
  });

  it('answers in XML, and in JSON where that is asked for', async () => {
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const xml = await post(body);
    assert.deepEqual([xml.status, xml.type], [403, 'text/xml']);
    assert.match(
      xml.text,
      /^<ErrorResponse xmlns="[^"]+"><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken<\/Code>/,
    );
    const json = await post(body, { accept: 'application/json' });
    assert.equal((JSON.parse(json.text) as { Error: { Code: string } }).Error.Code, 'MissingAuthenticationToken');
  });

  it('reads only forms that name an action of its version', async () => {
    assert.match((await post('Version=2011-06-15')).text, /MissingAction/);
    assert.match((await post('Action=GetCallerIdentity&Version=2010-01-01')).text, /InvalidAction/);
    assert.match((await post('Action=DropAll&Version=2011-06-15')).text, /InvalidAction/);
    const form = 'Action=GetCallerIdentity&Version=2011-06-15';
    assert.match((await post(form, { 'content-type': 'application/json' })).text, /MissingAction/);
  });

  it('plays the faults that were asked for and keeps a journal', async () => {
    const fault = { id: '1', service: 'aws-keys', rate: 1 };
    const { planned, calls } = aws.context;
    const key = aws.sandbox.identities.createKey(USER);
    const ask = () => client(key).send(new GetCallerIdentityCommand());
    planned.push({ ...fault, kind: 'error', status: 503 });
    assert.equal(await refusalOf(ask()), '503 ServiceUnavailable');
    planned.push({ ...fault, kind: 'error', status: 429, method: 'GetCallerIdentity' });
    assert.equal(await refusalOf(ask()), '400 Throttling');
    planned.push({ ...fault, kind: 'reset' });
    await assert.rejects(ask());
    planned.push({ ...fault, kind: 'garbage' });
    await assert.rejects(ask());
    await ask();
    assert.deepEqual(
      calls.map(({ status }) => status),
      [503, 400, 0, 200, 200],
    );
    assert.equal(calls.at(-1)!.caller, key.accessKeyId);
  });

  it('knows its keys and roles after a restart, and keeps no secret in the clear', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-'));
    const file = join(folder, 'cloud.sqlite');
    const first = await startAws(file);
    const keys = await first.case('aws-keys', 'session');
    const role = await first.case('aws-iam', 'valid');
    await first.close();
    const bytes = (await readFile(file)).toString('latin1');
    for (const name of ['secret_access_key', 'session_token']) assert(!bytes.includes(keys.credentials![name]!), name);
    const second = await startAws(file);
    assert.equal((await second.test('aws-keys', keys)).outcome, 'accepted');
    assert.equal((await second.test('aws-iam', role)).outcome, 'accepted');
    await second.close();
    await rm(folder, { recursive: true });
  });
});
