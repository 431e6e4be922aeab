import type { Metadata } from '../format-check.ts';

/** What a table of an export is about. */
export type ExportKind =
  | 'billing_export_table'
  | 'detailed_export_table'
  | 'pricing_export_table'
  | 'committed_use_discount_table'
  | 'focus_export_table';

/** A table of a billing export, and the metadata field that names it. */
export interface ExportTable {
  /** `billing_export_table`, or `additional_billing_accounts/0/billing_export_table`. */
  readonly field: string;
  readonly kind: string;
  readonly projectId: string;
  readonly datasetId: string;
  readonly tableId: string;
}

const TABLE_FIELD = /_table$/;

/** Every table that the metadata names, those of further billing accounts included. */
export function exportTables(metadata: Metadata): ExportTable[] {
  const further = (metadata['additional_billing_accounts'] ?? []) as Metadata[];
  return [
    ...tablesOf(metadata, ''),
    ...further.flatMap((account, index) => tablesOf(account, `additional_billing_accounts/${index}/`)),
  ];
}

function tablesOf(fields: Metadata, prefix: string): ExportTable[] {
  return Object.entries(fields)
    .filter(([name, path]) => TABLE_FIELD.test(name) && typeof path === 'string')
    .map(([name, path]) => ({ field: `${prefix}${name}`, kind: name, ...parseTablePath(path as string) }));
}

/** Splits `project.dataset.table` from the right: old project ids hold a domain with dots. */
export function parseTablePath(path: string): Omit<ExportTable, 'field' | 'kind'> {
  const parts = path.split('.');
  const tableId = parts.pop() ?? '';
  const datasetId = parts.pop() ?? '';
  return { projectId: parts.join('.'), datasetId, tableId };
}

export function tablePath({ projectId, datasetId, tableId }: ExportTable): string {
  return `${projectId}.${datasetId}.${tableId}`;
}

/** Columns by which each export is recognised; Google adds others without notice. */
const COLUMNS: Readonly<Record<ExportKind, readonly string[]>> = {
  billing_export_table: ['billing_account_id', 'service', 'sku', 'usage_start_time', 'cost', 'currency'],
  detailed_export_table: ['billing_account_id', 'service', 'sku', 'usage_start_time', 'cost', 'currency', 'resource'],
  pricing_export_table: ['billing_account_id', 'service', 'sku', 'pricing_unit', 'list_price'],
  committed_use_discount_table: ['billing_account_id', 'cud_product', 'subscription'],
  focus_export_table: ['BillingAccountId', 'BilledCost', 'BillingCurrency', 'ChargePeriodStart'],
};

/** Columns that an export of this kind has and the table has not. */
export function missingColumns({ kind }: ExportTable, columns: readonly string[]): string[] {
  const known = new Set(columns);
  return (COLUMNS[kind as ExportKind] ?? []).filter((name) => !known.has(name));
}

/** Only the detailed export tells resources apart. */
export function isDetailedInstead({ kind }: ExportTable, columns: readonly string[]): boolean {
  return kind === 'billing_export_table' && columns.includes('resource');
}

/** Google names an export's tables after the billing account: `..._01A2B3_C4D5E6_F7A8B9`. */
export function billingAccountOf({ tableId }: ExportTable): string | undefined {
  return /_([0-9A-F]{6}_[0-9A-F]{6}_[0-9A-F]{6})$/i.exec(tableId)?.[1]?.replaceAll('_', '-').toUpperCase();
}
