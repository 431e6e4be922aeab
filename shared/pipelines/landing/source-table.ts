import type { BigQuery, TableField } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';
import { customerCall } from './customer-call.ts';
import { EXPORT_KINDS, type ExportKind, shapeOf } from './export-kinds.ts';
import { typeOf } from './column-types.ts';
import { formatTablePath, type TablePath } from './table-path.ts';

/** How the rows of a source are read: partition by partition, all at once, or by queries, which views need. */
export type Reading = 'partitions' | 'whole' | 'queries';

/** A customer's export table as it stands now. */
export interface SourceTable {
  readonly kind: ExportKind;
  readonly path: TablePath;
  /** `project.dataset.table` */
  readonly name: string;
  readonly location: string;
  readonly fields: readonly TableField[];
  readonly reading: Reading;
  /** Length of its partitions. */
  readonly partition?: 'HOUR' | 'DAY' | 'MONTH' | 'YEAR' | undefined;
  /** How long the customer keeps a partition, milliseconds; absent: for ever. */
  readonly expirationMs?: number | undefined;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
  readonly rowCount: number;
}

interface TableDescription {
  readonly type?: string;
  readonly location?: string;
  readonly schema?: { readonly fields?: TableField[] };
  readonly timePartitioning?: { readonly type?: SourceTable['partition']; readonly expirationMs?: string };
  readonly creationTime?: string;
  readonly lastModifiedTime?: string;
  readonly numRows?: string;
}

/**
 * Reads a table's description with the customer's identity.
 *
 * @throws PipelineError `source_unsupported` when it lacks columns of what it is said to be.
 */
export async function introspect(customer: BigQuery, path: TablePath, kind: ExportKind): Promise<SourceTable> {
  const name = formatTablePath(path);
  const table = customer.dataset(path.datasetId, { projectId: path.projectId }).table(path.tableId);
  const metadata = await customerCall(name, async () => (await table.getMetadata())[0] as TableDescription);
  const { timePartitioning: partitioning } = metadata;
  const fields = metadata.schema?.fields ?? [];
  assertExport(name, kind, fields);
  return {
    kind,
    path,
    name,
    fields,
    location: metadata.location ?? 'US',
    // Rows of a table can be listed, which costs nothing; those of views and of what lies outside of BigQuery cannot.
    reading: metadata.type !== 'TABLE' ? 'queries' : partitioning ? 'partitions' : 'whole',
    partition: partitioning && (partitioning.type ?? 'DAY'),
    expirationMs: Number(partitioning?.expirationMs ?? 0) || undefined,
    createdAt: new Date(Number(metadata.creationTime ?? 0)),
    modifiedAt: new Date(Number(metadata.lastModifiedTime ?? 0)),
    rowCount: Number(metadata.numRows ?? 0),
  };
}

function assertExport(name: string, kind: ExportKind, fields: readonly TableField[]): void {
  const { title, required } = EXPORT_KINDS[kind];
  const missing = required.filter((path) => !findField(fields, path));
  if (missing.length === 0) return;
  const columns = missing.length === 1 ? `the column ${missing[0]}` : `the columns ${missing.join(', ')}`;
  throw new PipelineError('source_unsupported', `${name} lacks ${columns} of a ${title}`, {
    remedy: `Name the table that Google writes as ${title} in ${EXPORT_KINDS[kind].field}, with its columns under their own names.`,
  });
}

/** @param path - `invoice.month` is the field `month` of the record `invoice`. */
function findField(fields: readonly TableField[], path: string): TableField | undefined {
  const [first = '', ...rest] = path.split('.');
  const field = fields.find(({ name }) => name?.toLowerCase() === first.toLowerCase());
  return rest.length === 0 || !field ? field : findField(field.fields ?? [], rest.join('.'));
}

/** The column that says on which day Google wrote a row, where the source has it as a time. */
export function exportedAtOf({ kind, fields }: Pick<SourceTable, 'kind' | 'fields'>): TableField | undefined {
  const { exportedAt } = shapeOf(kind);
  const field = exportedAt === undefined ? undefined : findField(fields, exportedAt);
  return field && /^(?:TIMESTAMP|DATETIME|DATE)$/.test(typeOf(field)) && field.mode !== 'REPEATED' ? field : undefined;
}

/** Whether the source falls into days, one or several partitions each. */
export function isDaily({ partition, reading }: Pick<SourceTable, 'partition' | 'reading'>): boolean {
  return reading === 'partitions' && (partition === 'DAY' || partition === 'HOUR');
}

/**
 * A source whose rows are to be told apart by day, however it is stored.
 *
 * @throws PipelineError `source_unsupported` when nothing tells the day of a row.
 */
export function readByDay(source: SourceTable): SourceTable {
  if (isDaily(source)) return source;
  if (exportedAtOf(source)) return { ...source, reading: 'queries' };
  throw new PipelineError('source_unsupported', `${source.name} has no partition for each day and no export_time`, {
    remedy: 'Beside a detailed export, both have to tell the day of each row: name the tables that Google writes.',
  });
}
