import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { fillNames } from '../warehouse.ts';
import { typeOf } from './column-types.ts';
import { LIST_SOURCE_PARTITIONS } from './landing-statements.ts';
import { exportedAtOf, type SourceTable } from './source-table.ts';
import { formatTablePath } from './table-path.ts';

/** A query that runs as the customer, where the source lies; the names in it were checked before they got there. */
export interface SourceQuery {
  readonly name: string;
  readonly sql: string;
  readonly types: Readonly<Record<string, string>>;
}

/** Rows of each day of a view, and when the newest of them was exported. */
export function countQuery(source: SourceTable): SourceQuery {
  const column = quoted(exportedAtOf(source));
  return {
    name: 'source-count-by-day',
    sql: `SELECT CAST(${column} AS DATE) AS day, COUNT(*) AS row_count, CAST(MAX(${column}) AS TIMESTAMP) AS last_exported
FROM ${tableOf(source)}
GROUP BY day
ORDER BY day`,
    types: {},
  };
}

/**
 * The rows of one unit of a view, all in one snapshot.
 *
 * @param columns - Names that fit BigQuery's rules for ours.
 */
export function rowsQuery(
  source: SourceTable,
  columns: readonly TableField[],
  where: 'all' | 'day' | 'no day',
): SourceQuery {
  const exportedAt = exportedAtOf(source);
  const select = `SELECT ${columns.map(quoted).join(', ')}\nFROM ${tableOf(source)}`;
  if (where === 'all' || !exportedAt) return { name: 'source-read-all', sql: select, types: {} };
  const column = quoted(exportedAt);
  if (where === 'no day') return { name: 'source-read-dayless', sql: `${select}\nWHERE ${column} IS NULL`, types: {} };
  // Compared as it stands, so that a view over a partitioned table reads that day alone.
  const type = typeOf(exportedAt);
  return {
    name: 'source-read-day',
    sql: `${select}\nWHERE ${column} >= @from AND ${column} < @until`,
    types: { from: type, until: type },
  };
}

/** The ends of a day, written as the column's type wants them. */
export function dayParameters({ types }: SourceQuery, from: string, until: string): Record<string, string> {
  if (types['from'] === undefined) return {};
  const suffix = { DATE: '', DATETIME: 'T00:00:00' }[types['from']] ?? 'T00:00:00Z';
  return { from: from + suffix, until: until + suffix };
}

function tableOf({ path }: SourceTable): string {
  return `\`${formatTablePath(path)}\``;
}

const quoted = (field: TableField | undefined): string => `\`${field?.name ?? ''}\``;

export interface DayCount {
  /** null for rows that say no day. */
  readonly day: string | null;
  readonly rowCount: number;
  readonly lastExported: string;
}

export async function countByDay(customer: BigQuery, source: SourceTable): Promise<DayCount[]> {
  const rows = await ask(customer, source, countQuery(source));
  return rows.map((row) => ({
    day: textOf(row['day']),
    rowCount: Number(row['row_count']),
    lastExported: textOf(row['last_exported']) ?? source.modifiedAt.toISOString(),
  }));
}

export interface Partition {
  readonly id: string;
  readonly rowCount: number;
  readonly lastModified: string;
}

/** Partitions of a table, without reading a row: `tables.get` is enough for it. */
export async function listPartitions(customer: BigQuery, source: SourceTable): Promise<Partition[]> {
  const { projectId: project, datasetId: org, tableId } = source.path;
  const { name, sql } = LIST_SOURCE_PARTITIONS;
  const query = { name, sql: fillNames(sql, { project, integrations: '', org }), types: { table_name: 'STRING' } };
  const rows = await ask(customer, source, query, { table_name: tableId });
  return rows.map((row) => ({
    id: row['partition_id'] as string,
    rowCount: Number(row['total_rows'] ?? 0),
    lastModified: textOf(row['last_modified_time']) ?? source.modifiedAt.toISOString(),
  }));
}

async function ask(
  customer: BigQuery,
  { location }: SourceTable,
  { name, sql, types }: SourceQuery,
  params: Record<string, unknown> = {},
): Promise<Record<string, unknown>[]> {
  const [rows] = await customer.query({ query: sql, params, types, location, labels: { stmt: name } });
  return rows as Record<string, unknown>[];
}

/** The client wraps days and times. */
function textOf(cell: unknown): string | null {
  return (cell as { value: string } | null)?.value ?? null;
}
