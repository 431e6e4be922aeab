import type { ExportedRow } from '../generator/exports.ts';
import type { Values } from '../generator/names.ts';
import type { FocusRow } from '../oracle/expected-parts.ts';

const ACCOUNT = '0VARIA-000000-000000';

const BASE: Values = {
  billing_account_id: ACCOUNT,
  currency: 'USD',
  'invoice.month': '202602',
  'service.description': 'Compute Engine',
  'sku.id': 'V',
  'usage.amount': 1,
  cost: 1,
  usage_start_time: '2026-02-10T10:00:00Z',
  export_time: '2026-02-11T00:00:00Z',
  'project.id': 'shop',
};

/** One value per column of the export that tells rows apart. */
const CHANGES: readonly Values[] = [
  { billing_account_id: '0VARIB-000000-000000' },
  { 'service.description': 'Cloud Storage' },
  { 'sku.description': 'Class A Operations' },
  { usage_start_time: '2026-02-10T11:00:00Z' },
  { usage_end_time: '2026-02-10T12:00:00Z' },
  { 'project.id': 'data' },
  { labels: [{ key: 'env', value: 'prod' }] },
  { system_labels: [{ key: 'compute.googleapis.com/cores', value: '4' }] },
  { 'location.region': 'us-central1' },
  { 'resource.name': 'queue' },
  { tags: [{ key: 'env', value: 'prod', namespace: 'shop' }] },
  { 'price.tier_start_amount': '1' },
  { export_time: '2026-02-12T00:00:00Z' },
  { cost: 2 },
  { currency: 'EUR' },
  { currency_conversion_rate: 2 },
  { 'usage.unit': 'seconds' },
  { credits: [{ type: 'DISCOUNT', amount: -1 }] },
  { 'invoice.month': '202603' },
  { cost_type: 'tax' },
  { 'adjustment_info.id': 'ADJ-1' },
  { cost_at_list: 2 },
  { transaction_type: 'GOOGLE' },
  { seller_name: 'Acme' },
  { 'subscription.instance_id': 'sub-v' },
  { cost_at_effective_price_default: '2' },
  { cost_at_list_consumption_model: '2' },
  { 'consumption_model.id': 'CM-V' },
];

/** Rows that differ in one column each, and two that are equal but were loaded by different runs. */
export function variants(): ExportedRow[] {
  const rows = [{}, ...CHANGES].map((change) => ({ ...BASE, ...change }));
  return [...rows, { ...BASE, x_run_id: 'run-2', x_loaded_at: '2026-05-05T00:00:00Z' }].map((values) => ({
    values,
    mark: 'variant',
  }));
}

/** Rows are told apart by every column of the export, and by nothing else. */
export function hashFaults(focus: readonly FocusRow[]): string[] {
  const bases = focus.filter((row) => row['x_ProjectNumber'] === 'variant' && row['x_SplitPart'] === 'base');
  const hashes = bases.map((row) => (row['x_SourceRowHash'] as string).replace(/-\d+$/, ''));
  const distinct = new Set(hashes).size;
  return [
    ...(distinct === CHANGES.length + 1 ? [] : [`${distinct} kinds of rows, not ${CHANGES.length + 1}`]),
    ...(new Set(bases.map((row) => row['x_SourceRowHash'])).size === CHANGES.length + 2
      ? []
      : ['equal rows share a key']),
  ];
}
