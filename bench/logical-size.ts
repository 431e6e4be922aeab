import type { Table, TableField } from '@google-cloud/bigquery';

/** A cell as `tabledata.list` writes it. */
type Cell = string | null | readonly { readonly v: Cell }[] | { readonly f: readonly { readonly v: Cell }[] };

const SAMPLE_ROWS = 2_000;

/** What a row of a table is billed as on the average, bytes, by its first rows. */
export async function logicalBytesPerRow(table: Table): Promise<number> {
  const [{ schema }] = (await table.getMetadata()) as unknown as [{ schema: { fields: TableField[] } }];
  const qs = { maxResults: SAMPLE_ROWS };
  const [{ rows }] = (await table.request({ uri: '/data', qs })) as unknown as [{ rows: { f: { v: Cell }[] }[] }];
  return rows.reduce((sum, row) => sum + recordBytes(schema.fields, row), 0) / rows.length;
}

/** Bytes of each type's values. */
const WIDTHS: Readonly<Record<string, number>> = {
  INTEGER: 8,
  INT64: 8,
  FLOAT: 8,
  FLOAT64: 8,
  TIMESTAMP: 8,
  DATE: 8,
  DATETIME: 8,
  BOOLEAN: 1,
  BOOL: 1,
  NUMERIC: 16,
  BIGNUMERIC: 32,
};

/**
 * The size of a cell by BigQuery's rules: NULL is 0, a text 2 bytes more than its UTF-8, a list or record what it holds.
 *
 * @see https://cloud.google.com/bigquery/pricing#data
 */
export function logicalBytes(field: TableField, cell: Cell): number {
  if (cell === null) return 0;
  if (Array.isArray(cell)) return cell.reduce((sum, { v }) => sum + logicalBytes({ ...field, mode: 'NULLABLE' }, v), 0);
  if (typeof cell === 'object') return recordBytes(field.fields ?? [], cell as { f: { v: Cell }[] });
  return WIDTHS[field.type?.toUpperCase() ?? ''] ?? 2 + Buffer.byteLength(cell);
}

function recordBytes(fields: readonly TableField[], { f }: { readonly f: readonly { readonly v: Cell }[] }): number {
  return fields.reduce((sum, field, index) => sum + logicalBytes(field, f[index]?.v ?? null), 0);
}
