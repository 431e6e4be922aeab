import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { fillNames } from '../warehouse.ts';
import { PipelineError, toPipelineError } from '../pipeline-error.ts';
import { LIST_SOURCE_PARTITIONS } from './landing-statements.ts';
import { formatTablePath, type TablePath } from './table-path.ts';

/** A customer's export table as it stands now. */
export interface SourceTable {
  readonly path: TablePath;
  /** `project.dataset.table` */
  readonly name: string;
  readonly location: string;
  readonly fields: readonly TableField[];
  readonly isPartitioned: boolean;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly rowCount: number;
}

/** One day of a source table: what is replaced as a whole. */
export interface SourceUnit {
  readonly source: SourceTable;
  /** Day of the partitions; of an unpartitioned table the day it was created. */
  readonly day: string;
  /** Table ids to read, with partition decorator where there are partitions; none when the day is gone. */
  readonly tableIds: readonly string[];
  /** ISO 8601 in microseconds, as the source says it. */
  readonly lastModified: string;
  readonly rowCount: number;
}

/** Reads a table's description with the customer's identity. */
export async function introspect(customer: BigQuery, path: TablePath): Promise<SourceTable> {
  const name = formatTablePath(path);
  const table = customer.dataset(path.datasetId, { projectId: path.projectId }).table(path.tableId);
  const metadata = await customerCall(name, async () => (await table.getMetadata())[0] as TableDescription);
  if (metadata.type !== 'TABLE') {
    throw new PipelineError(
      'source_unsupported',
      `${name} is a ${metadata.type?.toLowerCase() ?? 'thing'} that cannot be read row by row`,
    );
  }
  return {
    path,
    name,
    location: metadata.location ?? 'US',
    fields: metadata.schema?.fields ?? [],
    isPartitioned: metadata.timePartitioning !== undefined,
    createdAt: new Date(Number(metadata.creationTime ?? 0)),
    modifiedAt: new Date(Number(metadata.lastModifiedTime ?? 0)),
    rowCount: Number(metadata.numRows ?? 0),
  };
}

interface TableDescription {
  readonly type?: string;
  readonly location?: string;
  readonly schema?: { readonly fields?: TableField[] };
  readonly timePartitioning?: object;
  readonly creationTime?: string;
  readonly lastModifiedTime?: string;
  readonly numRows?: string;
}

/** The units that a source has now. */
export async function listUnits(customer: BigQuery, source: SourceTable): Promise<SourceUnit[]> {
  if (!source.isPartitioned) return [wholeTable(source)];
  const partitions = await customerCall(source.name, () => readPartitions(customer, source));
  const byDay = new Map<string, SourceUnit>();
  for (const partition of partitions) {
    const day = dayOf(partition.id, source);
    if (day === undefined) continue;
    byDay.set(day, joined(byDay.get(day), source, day, partition));
  }
  return [...byDay.values()].sort((a, b) => a.day.localeCompare(b.day));
}

function wholeTable(source: SourceTable): SourceUnit {
  return {
    source,
    day: source.createdAt.toISOString().slice(0, 10),
    tableIds: [source.path.tableId],
    lastModified: source.modifiedAt.toISOString(),
    rowCount: source.rowCount,
  };
}

interface Partition {
  readonly id: string;
  readonly rowCount: number;
  readonly lastModified: string;
}

async function readPartitions(customer: BigQuery, { path, location }: SourceTable): Promise<Partition[]> {
  const [rows] = await customer.query({
    query: fillNames(LIST_SOURCE_PARTITIONS.sql, { project: path.projectId, integrations: '', org: path.datasetId }),
    params: { table_name: path.tableId },
    types: { table_name: 'STRING' },
    location,
    labels: { stmt: LIST_SOURCE_PARTITIONS.name },
  });
  return rows.map((row: Record<string, unknown>) => ({
    id: row['partition_id'] as string,
    rowCount: Number(row['total_rows'] ?? 0),
    lastModified: (row['last_modified_time'] as { value: string }).value,
  }));
}

/** Hourly partitions share their day; monthly and yearly ones count as their first day. */
function dayOf(partitionId: string | null, { name }: SourceTable): string | undefined {
  // Rows in the streaming buffer get their partition within minutes, and are read then.
  if (partitionId === '__UNPARTITIONED__') return undefined;
  const match = /^(\d{4})(\d\d)?(\d\d)?(\d\d)?$/.exec(partitionId ?? '');
  if (match) return `${match[1]}-${match[2] ?? '01'}-${match[3] ?? '01'}`;
  throw new PipelineError('source_unsupported', `${name} holds rows outside of its day partitions`);
}

function joined(unit: SourceUnit | undefined, source: SourceTable, day: string, partition: Partition): SourceUnit {
  const { id, rowCount, lastModified } = partition;
  const tableId = `${source.path.tableId}$${id}`;
  if (!unit) return { source, day, tableIds: [tableId], lastModified, rowCount };
  return {
    ...unit,
    tableIds: [...unit.tableIds, tableId].sort(),
    lastModified: lastModified > unit.lastModified ? lastModified : unit.lastModified,
    rowCount: unit.rowCount + rowCount,
  };
}

/** Names what the customer can mend: a table that is not there, a role that is missing. */
export async function customerCall<T>(table: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (err) {
    switch ((err as { code?: unknown }).code) {
      case 403:
        if (toPipelineError(err).retryable) throw err; // a quota, not a role
        throw new PipelineError('source_access_denied', `The service account may not read ${table}`, { cause: err });
      case 404:
        throw new PipelineError('source_not_found', `${table} does not exist`, { cause: err });
      default:
        throw err;
    }
  }
}
