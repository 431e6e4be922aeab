import type { Metadata } from '../format-check.ts';

/** A table of a billing export, and the metadata field that names it. */
export interface ExportTable {
  /** `billing_export_table`, or `additional_billing_accounts/0/billing_export_table`. */
  readonly field: string;
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
    .map(([name, path]) => ({ field: `${prefix}${name}`, ...parseTablePath(path as string) }));
}

/** Splits `project.dataset.table` from the right: old project ids hold a domain with dots. */
export function parseTablePath(path: string): Omit<ExportTable, 'field'> {
  const parts = path.split('.');
  const tableId = parts.pop() ?? '';
  const datasetId = parts.pop() ?? '';
  return { projectId: parts.join('.'), datasetId, tableId };
}
