import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { ServiceError } from '../../shared/platform/errors.ts';
import { Secret } from '../../shared/platform/secret.ts';
import { checkFormat, type CheckedInput } from '../../shared/providers/format-check.ts';
import { aServiceAccount, PEM, registry } from './fixtures.ts';

function check(slug: string, credentials: unknown, metadata?: unknown, label?: string): CheckedInput {
  const secret = credentials === undefined ? undefined : Secret.of(credentials);
  return checkFormat(registry, registry.get(slug), { credentials: secret, metadata, label: label ?? null });
}

function refusal(slug: string, credentials: unknown, metadata?: unknown, label?: string): ServiceError {
  try {
    check(slug, credentials, metadata, label);
  } catch (err) {
    assert(err instanceof ServiceError, String(err));
    return err;
  }
  return assert.fail('it was accepted');
}

const pem = (type: 'ec' | 'rsa', options: object): string => {
  const { privateKey } = generateKeyPairSync(type as 'rsa', options as { modulusLength: number });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
};

describe('format check', () => {
  describe('of a service account JSON', () => {
    it('accepts what Google hands out and takes project and account from it', () => {
      const { metadata, warnings, credentials } = check('gcp', aServiceAccount(), { region: 'EU' });
      assert.deepEqual(metadata, {
        region: 'EU',
        project_id: 'acme-prod',
        client_email: 'finops-reader@acme-prod.iam.gserviceaccount.com',
      });
      assert.deepEqual(warnings, []);
      assert.equal(credentials?.reveal()['private_key'], PEM);
    });

    it('repeats no name that was sent, lest it be a key pasted in the wrong place', () => {
      const pasted = { [PEM]: 7, 'sk-ant-api03-pasted': [] };
      assert.throws(
        () => check('gcp', { ...aServiceAccount(), ...pasted }),
        ({ faults }: { faults: object[] }) => faults.length > 0 && !/MII|sk-ant/.test(JSON.stringify(faults)),
      );
    });

    it('tolerates a key whose line breaks are escaped twice', () => {
      check('gcp', aServiceAccount({ private_key: PEM.replaceAll('\n', '\\n') }));
    });

    const refused: { name: string; changes: Record<string, unknown>; pointer: string; code: string }[] = [
      {
        name: 'an external account',
        changes: { type: 'external_account' },
        pointer: '/credentials/type',
        code: 'const',
      },
      { name: 'a user', changes: { type: 'authorized_user' }, pointer: '/credentials/type', code: 'const' },
      {
        name: 'no private key',
        changes: { private_key: undefined },
        pointer: '/credentials/private_key',
        code: 'required',
      },
      {
        name: 'a private key that is no text',
        changes: { private_key: 7 },
        pointer: '/credentials/private_key',
        code: 'type',
      },
      {
        name: 'a broken PEM',
        changes: { private_key: PEM.replace(/[A-Z]/g, 'x') },
        pointer: '/credentials/private_key',
        code: 'pem',
      },
      {
        name: 'a cut PEM',
        changes: { private_key: PEM.slice(0, 400) },
        pointer: '/credentials/private_key',
        code: 'pem',
      },
      {
        name: 'a PKCS#1 key',
        changes: { private_key: '-----BEGIN RSA PRIVATE KEY-----\nAA==\n-----END RSA PRIVATE KEY-----\n' },
        pointer: '/credentials/private_key',
        code: 'denied',
      },
      {
        name: 'a short key',
        changes: { private_key: pem('rsa', { modulusLength: 1024 }) },
        pointer: '/credentials/private_key',
        code: 'weak_key',
      },
      {
        name: 'an elliptic key',
        changes: { private_key: pem('ec', { namedCurve: 'P-256' }) },
        pointer: '/credentials/private_key',
        code: 'not_rsa',
      },
      {
        name: 'a foreign mail address',
        changes: { client_email: 'me@example.com' },
        pointer: '/credentials/client_email',
        code: 'pattern',
      },
      {
        name: 'a mail address that goes on',
        changes: { client_email: 'a@b.iam.gserviceaccount.com.evil.example' },
        pointer: '/credentials/client_email',
        code: 'pattern',
      },
      {
        name: 'a foreign token_uri',
        changes: { token_uri: 'https://evil.example/token' },
        pointer: '/credentials/token_uri',
        code: 'enum',
      },
      {
        name: 'a foreign universe',
        changes: { universe_domain: 'evil.example' },
        pointer: '/credentials/universe_domain',
        code: 'const',
      },
      {
        name: 'a project id in capitals',
        changes: { project_id: 'ACME' },
        pointer: '/credentials/project_id',
        code: 'pattern',
      },
    ];
    for (const { name, changes, pointer, code } of refused) {
      it(`refuses ${name} and says where and what to do`, () => {
        const { code: errorCode, faults } = refusal('gcp', aServiceAccount(changes));
        assert.equal(errorCode, 'credential_format');
        assert.deepEqual(
          faults.map((fault) => [fault.pointer, fault.code]),
          [[pointer, code]],
        );
        assert(faults[0]!.hint.length > 10 && faults[0]!.message.length > 5);
      });
    }

    it('refuses more than KMS takes at every protection level', () => {
      const { faults } = refusal(
        'gcp',
        aServiceAccount({ a: 'x'.repeat(2000), b: 'x'.repeat(2000), c: 'x'.repeat(2000) }),
      );
      assert.deepEqual(
        faults.map(({ code }) => code),
        ['too_large'],
      );
    });

    it('names all faults of credential, metadata and label together', () => {
      const metadata = { billing_export_table: '`a.b.c`', additional_billing_accounts: [{ name: 'x' }], bogus: 1 };
      const error = refusal('gcp', aServiceAccount({ type: 'x', token_uri: 'y' }), metadata, `sk-${'a'.repeat(30)}`);
      assert.deepEqual(error.faults.map(({ pointer }) => pointer).toSorted(), [
        '/credentials/token_uri',
        '/credentials/type',
        '/label',
        '/metadata/additional_billing_accounts/0/billing_export_table',
        '/metadata/billing_export_table',
        '/metadata/bogus',
      ]);
    });
  });

  describe('of an API key', () => {
    const foreign = [
      { name: 'an Anthropic key', key: 'sk-ant-api03-abcdefghijklmnop', say: /Anthropic/ },
      { name: 'a Gemini key', key: 'AIzaSyAbcdefghijklmnopqrstuvwxyz', say: /Gemini/ },
      { name: 'an AWS key id', key: 'AKIAABCDEFGHIJKLMNOP', say: /AWS/ },
      { name: 'a Slack token', key: 'xoxb-1234567890-1234567890', say: /Slack/ },
    ];
    for (const { name, key, say } of foreign) {
      it(`tells that it is ${name}`, () => {
        const { faults } = refusal('openai', { api_key: key });
        assert.match(faults[0]!.message, say);
        assert.equal(faults[0]!.pointer, '/credentials/api_key');
        assert(!JSON.stringify(faults).includes(key));
      });
    }

    it('takes off blanks that were pasted along', () => {
      const { credentials } = check('openai', { api_key: '  sk-proj-abcdefghijklmnopqrstuv\n' });
      assert.deepEqual(credentials?.reveal(), { api_key: 'sk-proj-abcdefghijklmnopqrstuv' });
    });

    it('lets the provider decide about an unusual key, with a warning', () => {
      assert.match(check('openai', { api_key: 'new-format-of-a-key' }).warnings.join(), /usual/);
    });

    const wrong: { name: string; credentials: unknown; pointer: string }[] = [
      { name: 'nothing', credentials: undefined, pointer: '/credentials' },
      { name: 'an empty object', credentials: {}, pointer: '/credentials/api_key' },
      { name: 'blanks', credentials: { api_key: '                    ' }, pointer: '/credentials/api_key' },
      {
        name: 'a key with a line break inside',
        credentials: { api_key: 'sk-proj-abc\ndefghijk' },
        pointer: '/credentials/api_key',
      },
      {
        name: 'another field',
        credentials: { api_key: 'sk-proj-abcdefghijkl', extra: 'x' },
        pointer: '/credentials/extra',
      },
    ];
    for (const { name, credentials, pointer } of wrong) {
      it(`refuses ${name}`, () => {
        const { code, faults } = refusal('openai', credentials);
        assert.equal(code, 'credential_format');
        assert.deepEqual(
          faults.map((fault) => fault.pointer),
          [pointer],
        );
      });
    }

    it('does not repeat a field name that may be a secret itself', () => {
      const { faults } = refusal('openai', { api_key: 'sk-proj-abcdefghijkl', 'sk-proj-CANARY123': 'x' });
      assert.deepEqual(
        faults.map(({ pointer }) => pointer),
        ['/credentials'],
      );
      assert(!JSON.stringify(faults).includes('CANARY'));
    });
  });

  describe('of a manual entry', () => {
    const entry = {
      plan: 'Pro',
      seats: 12,
      unit_price: '7.25',
      currency: 'USD',
      billing_cycle: 'monthly',
      start_date: '2026-01-01',
    };

    it('needs no credential', () => {
      assert.equal(check('slack', undefined, entry).credentials, undefined);
    });

    const wrong: { name: string; changes: Record<string, unknown>; pointer: string }[] = [
      { name: 'a price that is a number', changes: { unit_price: 7.25 }, pointer: '/metadata/unit_price' },
      { name: 'no seats', changes: { seats: 0 }, pointer: '/metadata/seats' },
      { name: 'a day that does not exist', changes: { start_date: '2026-02-30' }, pointer: '/metadata/start_date' },
      { name: 'a currency of four letters', changes: { currency: 'EURO' }, pointer: '/metadata/currency' },
      { name: 'a pasted token', changes: { notes: `token xoxb-1234567890-abcdefghij` }, pointer: '/metadata/notes' },
      { name: 'a pasted private key', changes: { notes: PEM }, pointer: '/metadata/notes' },
    ];
    for (const { name, changes, pointer } of wrong) {
      it(`refuses ${name}`, () => {
        const { code, faults } = refusal('slack', undefined, { ...entry, ...changes });
        assert.equal(code, 'metadata_invalid');
        assert(
          faults.some((fault) => fault.pointer === pointer),
          JSON.stringify(faults),
        );
      });
    }

    it('refuses credentials', () => {
      assert.equal(refusal('slack', { token: 'x' }, entry).code, 'credential_format');
    });
  });

  it('accepts derived metadata sent back as it was read, and no other', () => {
    check('gcp', aServiceAccount(), { project_id: 'acme-prod' });
    const { faults } = refusal('gcp', aServiceAccount(), { project_id: 'other-project' });
    assert.deepEqual(
      faults.map(({ pointer }) => pointer),
      ['/metadata/project_id'],
    );
  });

  for (const path of [
    'a.b',
    'acme-prod.billing.t.x',
    'acme-prod..t',
    'acme-prod.b c.t',
    "acme-prod.b.t' OR 1=1",
    'acme-prod.b.t\n',
  ]) {
    it(`refuses the table path ${JSON.stringify(path)}`, () => {
      const { code } = refusal('gcp', aServiceAccount(), { billing_export_table: path });
      assert.equal(code, 'metadata_invalid');
    });
  }
});
