import assert from 'node:assert/strict';
import { configuredExports } from '../../shared/pipelines/landing/configured-exports.ts';
import type { Metadata } from '../../shared/providers/format-check.ts';

const RESOURCE = 'p.d.gcp_billing_export_resource_v1_A';
const STANDARD = 'p.d.gcp_billing_export_v1_A';

const cases: readonly {
  readonly name: string;
  readonly metadata: Metadata;
  /** `kind path` and the partner where there is one. */
  readonly exports: readonly string[];
  readonly repeated?: Readonly<Record<string, number>>;
}[] = [
  { name: 'one table', metadata: { billing_export_table: 'p.d.s' }, exports: ['standard p.d.s'] },
  {
    name: 'every kind of export',
    metadata: {
      billing_export_table: 'p.d.s',
      detailed_export_table: 'p.d.d',
      pricing_export_table: 'p.d.p',
      committed_use_discount_table: 'p.d.c',
      focus_export_table: 'p.d.f',
    },
    exports: [
      'detailed p.d.d with p.d.s',
      'standard p.d.s with p.d.d',
      'pricing p.d.p',
      'commitments p.d.c',
      'focus p.d.f',
    ],
  },
  {
    name: 'further accounts, each with its own detailed export',
    metadata: {
      billing_export_table: 'p.d.s',
      additional_billing_accounts: [
        { billing_export_table: 'p.d.s1', detailed_export_table: 'p.d.d1' },
        { billing_export_table: 'p.d.s2' },
      ],
    },
    exports: ['detailed p.d.d1 with p.d.s1', 'standard p.d.s', 'standard p.d.s1 with p.d.d1', 'standard p.d.s2'],
  },
  {
    name: 'a table twice',
    metadata: { billing_export_table: 'p.d.s', additional_billing_accounts: [{ billing_export_table: 'p.d.s' }] },
    exports: ['standard p.d.s'],
    repeated: { 'p.d.s': 2 },
  },
  {
    name: 'the detailed export of one account as the standard one of another',
    metadata: {
      billing_export_table: 'p.d.s',
      detailed_export_table: 'p.d.d',
      additional_billing_accounts: [{ billing_export_table: 'p.d.d' }],
    },
    exports: ['detailed p.d.d with p.d.s', 'standard p.d.s with p.d.d'],
    repeated: { 'p.d.d': 2 },
  },
  {
    name: 'both exports of an account as if they were of two',
    metadata: {
      billing_export_table: STANDARD,
      additional_billing_accounts: [{ billing_export_table: 'p.d.s', detailed_export_table: RESOURCE }],
    },
    exports: [`detailed ${RESOURCE} with p.d.s`, `standard ${STANDARD}`, `standard p.d.s with ${RESOURCE}`],
  },
  {
    name: 'a detailed export whose standard one Google named after the same account',
    metadata: { billing_export_table: STANDARD, additional_billing_accounts: [{ detailed_export_table: RESOURCE }] },
    exports: [`detailed ${RESOURCE} with ${STANDARD}`, `standard ${STANDARD} with ${RESOURCE}`],
  },
  { name: 'nothing', metadata: { project_id: 'p' }, exports: [] },
];

describe('the exports of an integration', () => {
  for (const { name, metadata, exports, repeated = {} } of cases) {
    it(`are each there once when the metadata names ${name}`, () => {
      const found = configuredExports(metadata);
      assert.deepEqual(
        found.exports.map(({ kind, path, partner }) => `${kind} ${path}${partner ? ` with ${partner}` : ''}`),
        exports,
      );
      assert.deepEqual(Object.fromEntries(found.repeated.map(({ path, fields }) => [path, fields.length])), repeated);
    });
  }
});
