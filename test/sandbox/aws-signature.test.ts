import assert from 'node:assert/strict';
import { AwsError } from '../../local/sandbox/aws/aws-error.ts';
import { hashOf, type AwsKey } from '../../local/sandbox/aws/identities.ts';
import { hmac, signingKey, stringToSign, verifiedKey, type SignedCall } from '../../local/sandbox/aws/signature.ts';

const TOKEN = 'IQoJb3JpZ2luX2VjEXAMPLE//////////token==';
const NOW = new Date('2026-11-24T12:00:00Z');
const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'x-amz-date': '20261124T120000Z' };
const WHO = 'Action=GetCallerIdentity&Version=2011-06-15';

/** Requests that were signed by botocore with the example keys of AWS's documentation. */
const vectors: readonly Vector[] = [
  {
    name: 'a form',
    host: 'sts.us-east-1.amazonaws.com',
    headers: FORM,
    body: WHO,
    scope: 'us-east-1/sts',
    signed: 'content-type;host;x-amz-date',
    signature: 'b59340716b6b0e5ace3e2dda9bb1c735e8be019fa14b48ea5aebdc39756631d2',
  },
  {
    name: 'a session token',
    host: 'sts.cn-north-1.amazonaws.com.cn',
    headers: { ...FORM, 'x-amz-security-token': TOKEN },
    body: WHO,
    scope: 'cn-north-1/sts',
    signed: 'content-type;host;x-amz-date;x-amz-security-token',
    signature: '581722cfbfde8c15f81dda499955d8704db48ad89e2f1b0f1eabb1400312f473',
    token: TOKEN,
  },
  {
    name: 'a query out of order',
    method: 'GET',
    host: 'sts.us-east-1.amazonaws.com',
    query: 'Version=2011-06-15&Action=GetCallerIdentity&a-b=2&a=1&x=%20~%2F',
    headers: { accept: '*/*', 'x-amz-date': '20261124T120000Z' },
    body: '',
    scope: 'us-east-1/sts',
    signed: 'accept;host;x-amz-date',
    signature: 'b14773381b21a112cb37251bad187952eada634663739e345b9f2d0070ef7a4b',
  },
  {
    name: 'JSON at a port, with blanks in a header',
    host: '127.0.0.1:4321',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSOrigamiServiceGatewayService.DescribeReportDefinitions',
      'x-amz-note': '  two   blanks  ',
      'x-amz-date': '20261124T120000Z',
    },
    body: '{}',
    scope: 'us-east-1/cur',
    signed: 'content-type;host;x-amz-date;x-amz-note;x-amz-target',
    signature: 'e40053209a01efceeb4ac901a3db77b85df58e6bda0c4a69d516c23df5bc750a',
  },
];

interface Vector {
  readonly name: string;
  readonly method?: string;
  readonly host: string;
  readonly query?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly scope: string;
  readonly signed: string;
  readonly signature: string;
  readonly token?: string;
}

function callOf({ method = 'POST', host, query = '', headers, body, scope, signed, signature }: Vector): SignedCall {
  const credential = `AKIAIOSFODNN7EXAMPLE/20261124/${scope}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`;
  const all = Object.entries({ host, ...headers, authorization }).map(([name, value]) => [name, [value]]);
  return { method, path: '/', query, headers: Object.fromEntries(all), body: Buffer.from(body) };
}

function keyOf({ token }: Pick<Vector, 'token'>): AwsKey {
  return {
    id: 'AKIAIOSFODNN7EXAMPLE',
    secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    tokenHash: token === undefined ? null : hashOf(token),
    expiresAt: null,
    state: 'active',
    arn: 'arn:aws:iam::123456789012:user/x',
    userId: 'AIDA',
    allowed: [],
  };
}

function verify(call: SignedCall, { service = 'sts', now = NOW, key = keyOf({}), isKnown = true } = {}): AwsKey {
  return verifiedKey(call, { service, now, find: () => (isKnown ? key : undefined) });
}

function refusal(call: SignedCall, options: Parameters<typeof verify>[1] = {}): string {
  try {
    verify(call, options);
  } catch (err) {
    if (err instanceof AwsError) return `${err.status} ${err.code}: ${err.message}`;
  }
  throw new Error('it was not refused');
}

describe('the signature check of the AWS stand-in', () => {
  for (const vector of vectors) {
    it(`takes ${vector.name} that another signer has signed`, () => {
      const service = vector.scope.split('/')[1]!;
      assert.equal(verify(callOf(vector), { service, key: keyOf(vector) }).id, 'AKIAIOSFODNN7EXAMPLE');
    });

    it(`refuses ${vector.name} when one letter of its body, its host or its date is another`, () => {
      const service = vector.scope.split('/')[1]!;
      const changes = [
        { ...vector, body: `${vector.body} ` },
        { ...vector, host: `${vector.host}.evil.example` },
        { ...vector, headers: { ...vector.headers, 'x-amz-date': '20261124T120001Z' } },
        { ...vector, signature: vector.signature.replace(/.$/, (last) => (last === '0' ? '1' : '0')) },
      ];
      for (const changed of changes) {
        assert.match(
          refusal(callOf(changed), { service, key: keyOf(vector) }),
          /^403 SignatureDoesNotMatch: The request/,
        );
      }
    });
  }

  it('follows the example of the documentation', () => {
    const scope = ['20150830', 'us-east-1', 'iam', 'aws4_request'];
    const canonical = [
      'GET',
      '/',
      'Action=ListUsers&Version=2010-05-08',
      'content-type:application/x-www-form-urlencoded; charset=utf-8',
      'host:iam.amazonaws.com',
      'x-amz-date:20150830T123600Z',
      '',
      'content-type;host;x-amz-date',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    ].join('\n');
    const text = stringToSign(canonical, '20150830T123600Z', scope);
    assert(text.endsWith('f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59'));
    const signature = hmac(signingKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', scope), text).toString('hex');
    assert.equal(signature, '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7');
  });

  const [form, session] = vectors as [Vector, Vector];
  const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
  const refusals: readonly { name: string; call: SignedCall; options?: Parameters<typeof verify>[1]; says: RegExp }[] =
    [
      { name: 'of an unknown key', call: callOf(form), options: { isKnown: false }, says: /InvalidClientTokenId/ },
      {
        name: 'of a key that is switched off',
        call: callOf(form),
        options: { key: { ...keyOf({}), state: 'inactive' } },
        says: /InvalidClientTokenId/,
      },
      {
        name: 'of another secret',
        call: callOf(form),
        options: { key: { ...keyOf({}), secret: 'x'.repeat(40) } },
        says: /^403 SignatureDoesNotMatch: The request/,
      },
      { name: '16 minutes old', call: callOf(form), options: { now: minutes(16) }, says: /Signature expired: / },
      { name: '16 minutes ahead', call: callOf(form), options: { now: minutes(-16) }, says: /not yet current/ },
      { name: 'for another service', call: callOf(form), options: { service: 'iam' }, says: /correct service: 'iam'/ },
      {
        name: 'for no region',
        call: callOf({ ...form, scope: 'nowhere/sts' }),
        says: /valid region/,
      },
      {
        name: 'without the host among its signed headers',
        call: callOf({ ...form, signed: 'content-type;x-amz-date' }),
        says: /'host' must be/,
      },
      {
        name: 'with a header of AWS that is not signed',
        call: callOf({ ...form, headers: { ...form.headers, 'x-amz-target': 'X' } }),
        says: /'x-amz-target' must be/,
      },
      {
        name: 'of a temporary key without its token',
        call: callOf(form),
        options: { key: keyOf(session) },
        says: /InvalidClientTokenId/,
      },
      {
        name: 'of a temporary key that has run out',
        call: callOf(session),
        options: { key: { ...keyOf(session), expiresAt: NOW } },
        says: /^403 ExpiredToken:/,
      },
      { name: 'without a date', call: callOf({ ...form, headers: {} }), says: /^400 IncompleteSignature/ },
      { name: 'that is cut off', call: callOf({ ...form, signature: 'abc' }), says: /^400 IncompleteSignature/ },
      {
        name: 'that is not there',
        call: { ...callOf(form), headers: { host: ['x'] } },
        says: /^403 MissingAuthenticationToken/,
      },
    ];
  for (const { name, call, options, says } of refusals) {
    it(`refuses a signature ${name}`, () => assert.match(refusal(call, options), says));
  }
});
