import type { FieldSchema } from '../../local/bigquery/contracts.ts';
import type { Cell } from '../sql/google-values.ts';

export type RawRow = Readonly<Record<string, Cell>>;

/** What every landed row has, and an account and a month to be billed in. */
export const LANDED: Readonly<Record<string, Cell>> = {
  billing_account_id: '0000AA-1111BB-2222CC',
  'invoice.month': '202602',
  currency: 'USD',
  ingestion_date: '2026-02-11',
  x_source_table: 'customer.billing.gcp_billing_export_v1_0000AA_1111BB_2222CC',
  x_org_slug: 'acme',
  x_pipeline: 'cloud/gcp/cost/billing',
  x_run_id: 'run-1',
  x_credential_id: 'credential-1',
  x_loaded_at: '2026-02-11T05:00:00Z',
};

/** A row of the raw table from dotted paths; what is not named is null, arrays are empty. */
export function rawRow(values: Readonly<Record<string, Cell>>, fields: readonly FieldSchema[]): RawRow {
  return recordOf({ ...LANDED, ...values }, fields, '');
}

function recordOf(
  values: Readonly<Record<string, Cell>>,
  fields: readonly FieldSchema[],
  prefix: string,
): Record<string, Cell> {
  return Object.fromEntries(fields.map((field) => [field.name, cellOf(values, field, prefix + field.name)]));
}

function cellOf(values: Readonly<Record<string, Cell>>, field: FieldSchema, path: string): Cell {
  if (values[path] !== undefined) return items(values[path], field);
  if (field.mode === 'REPEATED') return [];
  if (field.fields) return recordOf(values, field.fields, `${path}.`);
  return null;
}

/** Items of an array may leave out fields too. */
function items(value: Cell, field: FieldSchema): Cell {
  if (field.mode !== 'REPEATED' || !Array.isArray(value) || !field.fields) return value;
  return (value as Record<string, Cell>[]).map((item) => recordOf(item, field.fields!, ''));
}
