import assert from 'node:assert/strict';
import type { ServiceError } from '../../shared/platform/errors.ts';
import { exampleCredentials, MANUAL_ENTRY, randomText } from './examples.ts';
import { checked, PEM, refused, registry } from './fixtures.ts';

const examples = await exampleCredentials();
const submit = (slug: string, metadata: unknown) => ({ credentials: examples[slug]?.credentials, metadata });
const pointers = ({ faults }: ServiceError): string[] => faults.map(({ pointer }) => pointer);
const accepts = (slug: string, metadata: unknown): void => assert.deepEqual(checked(slug, submit(slug, metadata)), []);
const refuses = (slug: string, metadata: unknown): string[] => {
  const error = refused(slug, submit(slug, metadata));
  assert.equal(error.code, 'metadata_invalid');
  return pointers(error);
};
const MANUAL = ['canva', 'chatgpt-plus', 'slack'];

/** Texts that a person has in mind when speaking of a secret, in the forms in which it is pasted. */
const PASTED: Readonly<Record<string, readonly string[]>> = {
  gcp: [
    examples['gcp']!.credentials!['private_key']!,
    PEM.replaceAll('\n', '\\n'),
    PEM.split('\n').slice(1, -2).join('\n'),
    Buffer.from(PEM).toString('base64'),
    JSON.stringify(examples['gcp']!.credentials),
    `ya29.${randomText(60)}`,
  ],
  'aws-keys': Object.values(examples['aws-keys']!.credentials!),
  azure: [examples['azure']!.credentials!['client_secret']!],
  oci: [examples['oci']!.credentials!['private_key']!],
  openai: [
    examples['openai']!.credentials!['api_key']!,
    `sk-proj-${randomText(40)}`,
    `sk-${randomText(20)}T3BlbkFJ${randomText(20)}`,
    `sk-newkind-A1${randomText(40)}`,
  ],
  anthropic: [examples['anthropic']!.credentials!['api_key']!, `sk-ant-api03-${randomText(40)}`],
  gemini: [examples['gemini']!.credentials!['api_key']!, `AQ.Ab8RN6${randomText(30)}`],
  deepseek: [examples['deepseek']!.credentials!['api_key']!],
  canva: [`cnvca${randomText(40)}`],
  'chatgpt-plus': [`eyJ${randomText(30)}.eyJ${randomText(60)}.${randomText(40)}`],
  slack: [
    examples['slack']!.credentials!['token']!,
    `xoxe.xoxb-1-${randomText(40)}`,
    `xapp-1-A0FAKE-1-${randomText(40)}`,
    `https://hooks.slack.com/services/T0FAKE/B0FAKE/${randomText(24)}`,
  ],
};

/** What metadata and labels are for. */
const ORDINARY = [
  'acme-prod.billing.gcp_billing_export_v1_0A1B2C_3D4E5F_6A7B8C',
  'acme-prod.billing.gcp_billing_export_resource_v1_0A1B2C_3D4E5F_6A7B8C',
  'sk-production-billing.exports.cloud_pricing_export',
  'acme-risk-assessment-platform-prod-2024.all_exports.billing_of_2024',
  'task-proj-billing-exports-2024',
  'acme-prod.AQ.gcp_billing_export_v1_0A1B2C',
  'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Billing_0123456789abcdef',
  'arn:aws-us-gov:iam::123456789012:role/team/cost/management/FinOpsReaderOfTheWholeOrganization',
  '11111111-2222-3333-4444-555555555555',
  `ocid1.tenancy.oc1..${'a1b2c3d4e5'.repeat(6)}`,
  'org-AbC123dEf456GhI789jKl012',
  'RE-2026/11-000123456789, PO 4500012345, Kto. DE89 3704 0044 0532 0130 00',
  'INV20261124000012345678901234567890123456',
  `commit ${'0123456789abcdef'.repeat(2)}01234567`,
  `sha256 ${'0123456789abcdef'.repeat(4)}`,
  'https://docs.example.com/sheets/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit#gid=0',
  'https://console.cloud.google.com/bigquery?project=acme-prod&ws=!1m5!1m4!4m3!1sacme-prod!2sbilling!3sexport',
  'finops-reader@acme-prod.iam.gserviceaccount.com',
  'Übertrag aus Q3 – Rechnung geprüft ✔',
  'The key is in the vault under finops/openai; ask Anna for access.',
];

describe('metadata', () => {
  describe('refuses a pasted secret', () => {
    for (const { slug } of registry.providers) {
      it(`of any provider for ${slug}`, () => {
        for (const secret of Object.values(PASTED).flat()) {
          for (const text of [secret, `the key is ${secret}, keep it`, `"${secret}"`]) {
            if (text.length > 1900) continue;
            const metadata = slug === 'gcp' ? aGcpNote(text) : { ...examples[slug]?.metadata, notes: text };
            const pointer = slug === 'gcp' ? '/metadata/additional_billing_accounts/0/name' : '/metadata/notes';
            const error = refused(slug, submit(slug, metadata));
            assert(
              error.faults.some((fault) => fault.pointer === pointer && fault.code === 'looks_secret'),
              `${slug} took ${text.slice(0, 30)}`,
            );
            assert(!JSON.stringify(error.faults).includes(secret.slice(0, 30)));
          }
        }
      });
    }

    it('in a label and in the name of a field', () => {
      for (const secret of Object.values(PASTED).flat()) {
        const inLabel = refused('openai', { credentials: examples['openai']!.credentials, label: secret });
        assert.deepEqual(pointers(inLabel), ['/label']);
        const inName = refused('openai', submit('openai', { [secret]: 'x' }));
        assert(!JSON.stringify(inName.faults).includes(secret.slice(0, 20)), secret.slice(0, 20));
      }
    });

    it('of every provider that has one', () => {
      for (const { slug, credential, secret_shapes } of registry.providers) {
        const hasSecret = JSON.stringify(credential ?? {}).includes('"secret":true');
        assert.equal(hasSecret && secret_shapes.length === 0, false, slug);
        for (const shape of secret_shapes) {
          const hit = Object.values(PASTED)
            .flat()
            .some((secret) => new RegExp(shape, 'u').test(secret));
          assert(hit, `nothing was pasted that shows ${shape} of ${slug}`);
        }
      }
    });
  });

  for (const text of ORDINARY) {
    it(`takes ordinary text: ${text.slice(0, 60)}`, () => {
      assert.equal(registry.looksSecret(text), false);
      accepts('openai', { notes: text });
      assert.deepEqual(checked('openai', { ...submit('openai', {}), label: text }), []);
    });
  }

  it('looks through long text in no time', () => {
    const started = performance.now();
    for (const part of ['sk-', 'aB3', 'AKIA', 'a~8Q', 'AIza', 'xox', 'MII', 'eyJ.', '-----BEGIN '])
      registry.looksSecret(part.repeat(20_000));
    assert(performance.now() - started < 2000);
  });

  describe('of Google Cloud', () => {
    const table = (name = 'a') => `acme-prod.billing.export_${name}`;

    it('takes four tables, ten further accounts and a region, and the rest from the key', () => {
      const account = (at: number) => ({
        name: `Account ${at}`,
        billing_export_table: table(`b${at}`),
        detailed_export_table: table(`d${at}`),
        pricing_export_table: table('pricing'),
        committed_use_discount_table: table('cud'),
      });
      accepts('gcp', {
        billing_export_table: table('b'),
        detailed_export_table: table('d'),
        pricing_export_table: table('pricing'),
        committed_use_discount_table: table('cud'),
        additional_billing_accounts: Array.from({ length: 10 }, (_, at) => account(at)),
        region: 'europe-west3',
        project_id: 'fake-prod',
      });
    });

    it('takes tables of a project that belongs to a domain', () => {
      accepts('gcp', { billing_export_table: 'example.com:acme-prod.billing.export' });
    });

    const wrong: { name: string; metadata: unknown; pointer: string }[] = [
      ...[
        '`acme-prod.billing.export`',
        'acme-prod.`billing`.export',
        'ACME-PROD.billing.export',
        'Acme-prod.billing.export',
        'short.billing.export',
        `${'a'.repeat(31)}.billing.export`,
        'acme-prod-.billing.export',
        '1acme-prod.billing.export',
        'acme-prod.billing',
        'acme-prod:billing.export',
        'acme-prod.bill-ing.export',
        'acme-prod.billing.export; DROP TABLE x',
        'acme-prod.billing.export/*x*/',
        'acme-prod.billing.export\n',
        ' acme-prod.billing.export',
        'acme-prod.billing.*',
        '',
      ].map((path) => ({
        name: `the table path ${JSON.stringify(path)}`,
        metadata: { billing_export_table: path },
        pointer: '/metadata/billing_export_table',
      })),
      ...['detailed_export_table', 'pricing_export_table', 'committed_use_discount_table'].map((field) => ({
        name: `backticks in ${field}`,
        metadata: { [field]: '`acme-prod.billing.export`' },
        pointer: `/metadata/${field}`,
      })),
      { name: 'a number as table', metadata: { billing_export_table: 7 }, pointer: '/metadata/billing_export_table' },
      { name: 'an unknown field', metadata: { extra: 'x' }, pointer: '/metadata/extra' },
      { name: 'a region with a path', metadata: { region: 'eu/../x' }, pointer: '/metadata/region' },
      { name: 'another project than the key', metadata: { project_id: 'other-prod' }, pointer: '/metadata/project_id' },
      {
        name: 'an unknown field of a further account',
        metadata: { additional_billing_accounts: [{ billing_export_table: table(), extra: 'x' }] },
        pointer: '/metadata/additional_billing_accounts/0/extra',
      },
      {
        name: 'a further account without a table',
        metadata: { additional_billing_accounts: [{ name: 'x' }] },
        pointer: '/metadata/additional_billing_accounts/0/billing_export_table',
      },
      {
        name: 'backticks in a further account',
        metadata: { additional_billing_accounts: [{ billing_export_table: `\`${table()}\`` }] },
        pointer: '/metadata/additional_billing_accounts/0/billing_export_table',
      },
      {
        name: 'an eleventh account',
        metadata: {
          additional_billing_accounts: Array.from({ length: 11 }, (_, at) => ({
            billing_export_table: table(`x${at}`),
          })),
        },
        pointer: '/metadata/additional_billing_accounts',
      },
      {
        name: 'the same table in two accounts',
        metadata: {
          additional_billing_accounts: [{ billing_export_table: table() }, { billing_export_table: table() }],
        },
        pointer: '/metadata/additional_billing_accounts/1/billing_export_table',
      },
      {
        name: 'the main table again in a further account',
        metadata: { billing_export_table: table(), additional_billing_accounts: [{ billing_export_table: table() }] },
        pointer: '/metadata/additional_billing_accounts/0/billing_export_table',
      },
      {
        name: 'the detailed export as the standard one',
        metadata: { billing_export_table: table(), detailed_export_table: table() },
        pointer: '/metadata/detailed_export_table',
      },
    ];
    for (const { name, metadata, pointer } of wrong) {
      it(`refuses ${name}`, () => assert.deepEqual(refuses('gcp', metadata), [pointer]));
    }

    for (const project_id of ['short', 'a'.repeat(31), 'Acme-prod', 'acme_prod', 'acme-prod-', '9acme-prod']) {
      it(`refuses the project id ${project_id}`, () => {
        const credentials = { ...examples['gcp']!.credentials, project_id };
        assert.deepEqual(pointers(refused('gcp', { credentials })), ['/credentials/project_id']);
      });
    }

    it('takes project ids of 6 and of 30 characters', () => {
      for (const project_id of ['acme-1', `a${'b'.repeat(28)}9`]) {
        assert.deepEqual(checked('gcp', { credentials: { ...examples['gcp']!.credentials, project_id } }), []);
      }
    });
  });

  describe('of what is entered by hand', () => {
    for (const slug of MANUAL) {
      const wrong: { name: string; changes: Record<string, unknown> }[] = [
        ...Object.keys(MANUAL_ENTRY)
          .filter((field) => !['notes', 'renewal_date'].includes(field))
          .map((field) => ({ name: `no ${field}`, changes: { [field]: undefined } })),
        { name: 'a blank plan', changes: { plan: ' ' } },
        { name: 'half a seat', changes: { seats: 1.5 } },
        { name: 'seats as text', changes: { seats: '12' } },
        { name: 'a negative price', changes: { unit_price: '-1' } },
        { name: 'a price with a comma', changes: { unit_price: '12,50' } },
        { name: 'a currency in small letters', changes: { currency: 'eur' } },
        { name: 'a weekly cycle', changes: { billing_cycle: 'weekly' } },
        { name: 'a day that does not exist', changes: { renewal_date: '2027-02-29' } },
      ];
      for (const { name, changes } of wrong) {
        it(`refuses ${name} for ${slug}`, () => {
          const [field] = Object.keys(changes);
          const metadata = JSON.parse(JSON.stringify({ ...MANUAL_ENTRY, ...changes })) as unknown;
          assert.deepEqual(refuses(slug, metadata), [`/metadata/${field}`]);
        });
      }

      it(`takes every cycle for ${slug}`, () => {
        for (const billing_cycle of ['monthly', 'annual', 'custom', 'prepaid_3_months', 'prepaid_12_months'])
          accepts(slug, { ...MANUAL_ENTRY, billing_cycle });
      });
    }

    it('takes a token for Slack alone', () => {
      assert.deepEqual(checked('slack', { metadata: MANUAL_ENTRY }), []);
      for (const slug of ['canva', 'chatgpt-plus']) {
        const { code } = refused(slug, { metadata: MANUAL_ENTRY, credentials: { token: 'xoxb-1' } });
        assert.equal(code, 'credential_format');
      }
    });
  });

  function aGcpNote(name: string) {
    return { additional_billing_accounts: [{ name, billing_export_table: 'acme-prod.billing.export' }] };
  }
});
