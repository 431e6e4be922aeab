import assert from 'node:assert/strict';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { DenyRule } from '../../shared/providers/schema-validator.ts';
import { exampleCredentials, randomText } from './examples.ts';
import { checked, refused, registry } from './fixtures.ts';

interface Field {
  readonly title?: string;
  readonly help?: string;
  readonly example?: unknown;
  readonly secret?: true;
  readonly trim?: true;
  readonly deny?: readonly DenyRule[];
  readonly warn?: readonly { pattern: string; say: string }[];
}

const examples = await exampleCredentials();
const others = await exampleCredentials();
const guid = '11111111-2222-3333-4444-555555555555';

const fieldsOf = (slug: string): [string, Field][] =>
  Object.entries((registry.get(slug).credential?.['properties'] ?? {}) as Record<string, Field>);
const withField = (slug: string, field: string, value: unknown) => ({
  metadata: examples[slug]?.metadata,
  credentials: { ...examples[slug]?.credentials, [field]: value },
});
const pointersOf = ({ faults }: ServiceError): string[] => faults.map(({ pointer }) => pointer);

/** Every secret of every provider; a passphrase can be any text, so nothing tells it from another. */
const SECRETS = Object.entries(others).flatMap(([slug, { credentials = {} }]) =>
  fieldsOf(slug)
    .filter(([name, { secret }]) => (secret ?? name === 'access_key_id') && name !== 'passphrase')
    .map(([name]) => ({ slug, name, value: credentials[name]! })),
);
const STRAYS = [
  ...SECRETS,
  { slug: 'openai', name: 'project key', value: `sk-proj-${randomText(40)}` },
  { slug: 'anthropic', name: 'plain key', value: `sk-ant-api03-${randomText(93)}AA` },
  { slug: 'gemini', name: 'auth key', value: `AQ.Ab8RN6${randomText(40)}` },
  { slug: 'slack', name: 'rotated token', value: `xoxe.xoxb-1-${randomText(40)}` },
  { slug: 'aws-keys', name: 'permanent key id', value: `AKIA${randomText(16, 'upper')}` },
  { slug: 'aws-iam', name: 'role', value: 'arn:aws:iam::123456789012:role/FinOpsReader' },
  { slug: 'google', name: 'access token', value: `ya29.${randomText(60)}` },
  { slug: 'nobody', name: 'quoted key', value: `"sk-${randomText(40)}"` },
];

describe('provider formats', () => {
  const tried = new Map<string, string[]>();
  const attempt = (slug: string, field: string, value: string) => {
    const key = `${slug}/${field}`;
    tried.set(key, [...(tried.get(key) ?? []), value]);
    return checked(slug, withField(slug, field, value));
  };

  for (const { slug, name, setup_steps, docs_url } of registry.providers) {
    describe(`of ${name}`, () => {
      it('accept a well-formed set without a warning', () => {
        assert.deepEqual(checked(slug, examples[slug]!), []);
      });

      it('explain themselves', () => {
        assert(setup_steps.length > 0 && setup_steps.every((step) => step.length > 20));
        assert.equal(new URL(docs_url).protocol, 'https:');
        for (const [field, { title, help, example }] of fieldsOf(slug)) {
          assert(title, field);
          assert(help ?? example, `${field} has neither help nor example`);
        }
      });

      for (const [field, { trim }] of fieldsOf(slug)) {
        it(`take ${field} as text alone`, () => {
          for (const value of [7, true, null, {}, [], ['x']]) {
            assert(pointersOf(refused(slug, withField(slug, field, value))).includes(`/credentials/${field}`));
          }
        });

        it(`refuse blanks as ${field}`, () => {
          if (field === 'passphrase' || slug === 'gcp') return;
          assert(pointersOf(refused(slug, withField(slug, field, ' \n\t'))).includes(`/credentials/${field}`));
        });

        if (trim) {
          it(`take off blanks around ${field}`, () => {
            const value = examples[slug]?.credentials?.[field] ?? 'public';
            assert.deepEqual(checked(slug, withField(slug, field, ` \t${value}\r\n`)), []);
          });
        }
      }

      it('know no other field', () => {
        assert(pointersOf(refused(slug, { ...examples[slug], metadata: { extra: 'x' } })).includes('/metadata/extra'));
        if (slug === 'gcp') return; // Google's file has fields that we do not read
        const { code, faults } = refused(slug, withField(slug, 'extra', 'x'));
        assert.equal(code, 'credential_format');
        assert.match(faults[0]!.pointer, /^\/credentials(\/extra)?$/);
      });
    });
  }

  describe('tell another provider by its secret', () => {
    /** Whose secret may be this provider's as well: random text, or the same beginning. */
    const undecidable = (slug: string, field: string, stray: (typeof STRAYS)[number]): boolean => {
      if (stray.slug === slug || field === 'passphrase') return true;
      if (['secret_access_key', 'session_token'].includes(stray.name)) return true;
      if (stray.slug === 'nobody') return slug === 'azure'; // old secrets of Azure hold any character
      return slug === 'openai' && stray.slug === 'deepseek';
    };
    for (const { slug, credential } of registry.providers) {
      for (const [field, { secret }] of fieldsOf(slug)) {
        if (!credential || !secret) continue;
        it(`in ${field} of ${slug}`, () => {
          for (const stray of STRAYS) {
            const result = attempt(slug, field, stray.value);
            const isRefused = result instanceof ServiceError;
            if (isRefused) assertSilent(result, stray.value);
            if (stray.slug === slug || field === 'passphrase') continue;
            assert(isRefused || result.length > 0, `${stray.slug} ${stray.name} went in without a word`);
            assert(isRefused || undecidable(slug, field, stray), `${stray.slug} ${stray.name} was not refused`);
          }
        });
      }
    }
  });

  describe('refuse what is certainly wrong', () => {
    const arn = (rest: string): string => `arn:${rest}`;
    const wrong: { slug: string; field: string; value: string; say: RegExp }[] = [
      { slug: 'aws-iam', field: 'role_arn', value: 'FinOpsReader-of-the-account', say: /not an ARN/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('amazon:iam::123456789012:role/x'), say: /no such partition/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('aws:sts::123456789012:assumed-role/x/y'), say: /session/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('aws:s3:::a-bucket-of-mine'), say: /another service/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('aws:iam:eu-west-1:123456789012:role/x'), say: /no region/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('aws:iam::1234-5678-9012:role/x'), say: /12 digits/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('aws:iam::123456789012:user/someone'), say: /else than a role/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('aws:iam::123456789012:root'), say: /else than a role/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn('aws:iam::123456789012:role/'), say: /right form/ },
      { slug: 'aws-iam', field: 'role_arn', value: arn(`aws:iam::123456789012:role/${'x'.repeat(65)}`), say: /form/ },
      { slug: 'aws-keys', field: 'access_key_id', value: 'AIDAFAKEFAKEFAKEFAKE', say: /user, role or group/ },
      { slug: 'aws-keys', field: 'access_key_id', value: `${'aB3/'.repeat(10)}`, say: /secret access key/ },
      { slug: 'aws-keys', field: 'access_key_id', value: 'akiafakefakefakefake', say: /small letters/ },
      { slug: 'aws-keys', field: 'access_key_id', value: 'arn:aws:iam::123456789012:role/x', say: /ARN/ },
      { slug: 'aws-keys', field: 'secret_access_key', value: 'AKIAFAKEFAKEFAKEFAKE', say: /access key id/ },
      { slug: 'azure', field: 'client_secret', value: guid, say: /secret id/ },
      { slug: 'azure', field: 'subscription_id', value: `/subscriptions/${guid}`, say: /resource path/ },
      { slug: 'azure', field: 'client_id', value: 'finops-reader', say: /right form/ },
      { slug: 'azure', field: 'tenant_id', value: 'contoso', say: /right form/ },
      { slug: 'azure', field: 'tenant_id', value: 'evil.example/path', say: /right form/ },
      { slug: 'azure', field: 'cloud', value: 'germany', say: /one of/ },
      { slug: 'oci', field: 'tenancy', value: 'ocid1.compartment.oc1..aaaa', say: /else than a tenancy/ },
      { slug: 'oci', field: 'user', value: 'ocid1.tenancy.oc1..aaaa', say: /else than a user/ },
      { slug: 'oci', field: 'user', value: 'ocid1.user.oc1!', say: /right form/ },
      { slug: 'oci', field: 'user', value: `ocid1.user.oc2..${'a'.repeat(60)}`, say: /different realms/ },
      { slug: 'oci', field: 'fingerprint', value: `SHA256:${'a'.repeat(43)}`, say: /SHA-256/ },
      { slug: 'oci', field: 'fingerprint', value: Array(16).fill('AB').join(':'), say: /capital/ },
      { slug: 'oci', field: 'fingerprint', value: 'ab'.repeat(16), say: /no colons/ },
      { slug: 'oci', field: 'fingerprint', value: Array(16).fill('ab').join(':'), say: /not that of private_key/ },
      { slug: 'oci', field: 'private_key', value: 'ssh-rsa AAAAfake', say: /public key/ },
      { slug: 'oci', field: 'private_key', value: '-----BEGIN CERTIFICATE-----', say: /certificate/ },
      { slug: 'oci', field: 'private_key', value: '-----BEGIN OPENSSH PRIVATE KEY-----', say: /not an RSA key/ },
      { slug: 'oci', field: 'private_key', value: '{"private_key": ""}', say: /JSON/ },
      { slug: 'oci', field: 'private_key', value: 'AAAAfake', say: /PEM form/ },
      { slug: 'oci', field: 'passphrase', value: 'another one', say: /does not open/ },
      { slug: 'oci', field: 'region', value: 'IAD', say: /short key/ },
      { slug: 'oci', field: 'region', value: 'evil.example/#', say: /right form/ },
      { slug: 'anthropic', field: 'api_key', value: `sk-ant-oat01-${randomText(60)}`, say: /login/ },
      { slug: 'slack', field: 'token', value: `xoxr-${randomText(40)}`, say: /refresh/ },
      { slug: 'slack', field: 'token', value: 'https://hooks.slack.com/services/T0/B0/fake', say: /webhook/ },
    ];
    for (const { slug, field, value, say } of wrong) {
      it(`as ${field} of ${slug}: ${String(say).slice(1, -1)}`, () => {
        const error = attempt(slug, field, value);
        assert(error instanceof ServiceError);
        assert.equal(error.code, 'credential_format');
        const fault = error.faults.find(({ pointer }) => pointer === `/credentials/${field}`);
        assert(fault, JSON.stringify(error.faults));
        assert.match(fault.message, say);
        assert(fault.hint.length > 10, fault.hint);
        assert(value.length < 5 || !JSON.stringify(error.faults).includes(value));
      });
    }

    it('with every deny rule of the file', () => {
      for (const slug of [
        'aws-iam',
        'aws-keys',
        'azure',
        'oci',
        'openai',
        'anthropic',
        'gemini',
        'deepseek',
        'slack',
      ]) {
        for (const [field, { secret, deny = [] }] of fieldsOf(slug)) {
          if (!secret) for (const { value } of STRAYS) attempt(slug, field, value);
          for (const { pattern, say } of deny) {
            const isHit = tried.get(`${slug}/${field}`)?.some((value) => new RegExp(pattern, 'u').test(value));
            assert(isHit, `nothing was tried that shows "${say}" for ${field} of ${slug}`);
          }
        }
      }
    });
  });

  describe('let the provider decide with a warning', () => {
    const ocid = 'ocid1.user.oc1..aaaaexample';
    const unusual: { slug: string; field: string; value: string; more?: Record<string, string> }[] = [
      { slug: 'aws-keys', field: 'access_key_id', value: 'NEWFORMOFAKEYID12345' },
      { slug: 'aws-keys', field: 'secret_access_key', value: 'a-new-form-of-secret' },
      { slug: 'aws-keys', field: 'session_token', value: 'a-short-session-token' },
      { slug: 'azure', field: 'tenant_id', value: 'contoso.onmicrosoft.com' },
      { slug: 'azure', field: 'client_secret', value: 'an-older-form-of-a-secret' },
      { slug: 'oci', field: 'user', value: ocid },
      { slug: 'oci', field: 'tenancy', value: ocid.replace('user', 'tenancy') },
      { slug: 'openai', field: 'api_key', value: 'a-new-form-of-a-key' },
      { slug: 'openai', field: 'api_key', value: `sk-${randomText(32, 'lower')}` },
      { slug: 'anthropic', field: 'api_key', value: 'a-new-form-of-a-key' },
      { slug: 'gemini', field: 'api_key', value: `IQ.${randomText(40)}` },
      { slug: 'deepseek', field: 'api_key', value: `sk-${randomText(48)}` },
      { slug: 'slack', field: 'token', value: 'a-new-form-of-token' },
    ];
    for (const { slug, field, value } of unusual) {
      it(`about ${field} of ${slug}: ${value.slice(0, 12)}`, () => {
        const warnings = checked(slug, withField(slug, field, value));
        assert(!(warnings instanceof ServiceError), JSON.stringify(warnings));
        assert(warnings.length > 0);
        assert(!JSON.stringify(warnings).includes(value));
      });
    }

    it('once for each warn rule of the file', () => {
      for (const { slug } of registry.providers) {
        for (const [field, { warn = [] }] of fieldsOf(slug)) {
          const values = unusual.filter((row) => row.slug === slug && row.field === field).map(({ value }) => value);
          for (const { pattern, say } of warn)
            assert(
              values.some((value) => !new RegExp(pattern, 'u').test(value)),
              `${slug} ${field}: ${say}`,
            );
        }
      }
    });
  });

  describe('of AWS', () => {
    const key = { secret_access_key: 'x'.repeat(40) };

    it('want a session token with a temporary key and none with a permanent one', () => {
      const temporary = refused('aws-keys', { credentials: { ...key, access_key_id: `ASIA${'A'.repeat(16)}` } });
      assert.deepEqual(pointersOf(temporary), ['/credentials/session_token']);
      assert.match(temporary.faults[0]!.hint, /temporary/);
      const permanent = { ...key, access_key_id: `AKIA${'A'.repeat(16)}` };
      assert.deepEqual(checked('aws-keys', { credentials: permanent }), []);
      const { faults } = refused('aws-keys', { credentials: { ...permanent, session_token: 'x'.repeat(120) } });
      assert.deepEqual(
        faults.map(({ message }) => message),
        ['A key that starts with AKIA has no session token'],
      );
    });

    for (const partition of 'aws aws-cn aws-us-gov aws-eusc aws-iso aws-iso-b aws-iso-e aws-iso-f'.split(' ')) {
      it(`know the partition ${partition}`, () => {
        const role_arn = `arn:${partition}:iam::123456789012:role/team/cost/Fin_Ops+=,.@-Reader`;
        assert.deepEqual(
          checked('aws-iam', { credentials: { role_arn }, metadata: { account_id: '123456789012' } }),
          [],
        );
        const { access_key_id, secret_access_key, session_token } = examples['aws-keys']!.credentials!;
        const credentials = { access_key_id, secret_access_key, session_token };
        assert.deepEqual(checked('aws-keys', { credentials, metadata: { partition } }), []);
      });
    }

    it('judge a hostile ARN in no time', () => {
      const started = performance.now();
      refused('aws-iam', { credentials: { role_arn: `arn:aws:iam::123456789012:role/${'a/'.repeat(900)}!` } });
      assert(performance.now() - started < 200);
    });

    it('hold the trust policy that is filled per organisation', () => {
      const { setup_context } = registry.get('aws-iam');
      const conditions = JSON.stringify(setup_context);
      assert.match(conditions, /"accounts.google.com:oaud":"\{external_id\}"/);
      assert.match(
        conditions,
        /"accounts.google.com:aud":"\{aws_subjects\}","accounts.google.com:sub":"\{aws_subjects\}"/,
      );
    });
  });
});

/** No part of a value that is long enough to be recognised may come back. */
function assertSilent({ message, faults }: ServiceError, value: string): void {
  const text = `${message}${JSON.stringify(faults)}`;
  for (let at = 0; at + 12 <= value.length; at += 12) {
    assert(!text.includes(value.slice(at, at + 12)), `the error repeats ${value.slice(at, at + 12)}`);
  }
}
