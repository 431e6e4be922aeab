import type { FieldSchema, TableInfo, TimePartitioning } from '../contracts.ts';
import { invalid } from '../errors.ts';
import { quoted } from '../values/types.ts';

type Unit = TimePartitioning['type'];

const FORMATS: Readonly<Record<Unit, string>> = { HOUR: '%Y%m%d%H', DAY: '%Y%m%d', MONTH: '%Y%m', YEAR: '%Y' };
const LENGTHS: Readonly<Record<Unit, number>> = { HOUR: 10, DAY: 8, MONTH: 6, YEAR: 4 };

export const INGESTION_COLUMN = '_PARTITIONTIME';
export const NULL_PARTITION = '__NULL__';

/** The physical column by which a table is partitioned. */
export function partitionColumn({ timePartitioning }: TableInfo): string | undefined {
  return timePartitioning && (timePartitioning.field ?? INGESTION_COLUMN);
}

export const isIngestionPartitioned = (info: TableInfo): boolean =>
  info.timePartitioning !== undefined && info.timePartitioning.field === undefined;

/** SQL for the partition id of a row. */
export function partitionIdSql(info: TableInfo): string | undefined {
  const column = partitionColumn(info);
  if (column === undefined || !info.timePartitioning) return undefined;
  return `coalesce(strftime(${quoted(column)}, '${FORMATS[info.timePartitioning.type]}'), '${NULL_PARTITION}')`;
}

/** SQL condition that holds for the rows of one partition, written so that DuckDB skips the others. */
export function partitionFilterSql(info: TableInfo, partitionId: string): string {
  const column = partitionColumn(info);
  if (column === undefined || !info.timePartitioning) throw invalid('The table is not partitioned.');
  if (partitionId === NULL_PARTITION) return `${quoted(column)} IS NULL`;
  const { start, end } = partitionRange(info, partitionId);
  return `${quoted(column)} >= ${boundLiteral(info, start)} AND ${quoted(column)} < ${boundLiteral(info, end)}`;
}

/** A partition's bound in the type of its column, so that DuckDB compares without casting each row. */
export function boundLiteral(info: TableInfo, at: Date): string {
  const { field } = info.timePartitioning ?? {};
  const isDate = info.fields.find(({ name }) => name === field)?.type === 'DATE';
  return isDate ? `DATE '${at.toISOString().slice(0, 10)}'` : timeLiteral(at);
}

/** First instant of a partition and of the next. */
export function partitionRange(info: TableInfo, id: string): { start: Date; end: Date } {
  const type = info.timePartitioning?.type ?? 'DAY';
  const [year, month, day, hour] = [id.slice(0, 4), id.slice(4, 6), id.slice(6, 8), id.slice(8, 10)].map(Number);
  const at = (offset: number): Date =>
    new Date(
      Date.UTC(
        (year ?? 0) + (type === 'YEAR' ? offset : 0),
        (month || 1) - 1 + (type === 'MONTH' ? offset : 0),
        (day || 1) + (type === 'DAY' ? offset : 0),
        (hour ?? 0) + (type === 'HOUR' ? offset : 0),
      ),
    );
  return { start: at(0), end: at(1) };
}

/** `20261101` and the like, or undefined for a table without decorator; checked against the table. */
export function checkedPartition(info: TableInfo, partitionId: string): string {
  const { timePartitioning } = info;
  if (!timePartitioning) {
    throw invalid(`Cannot use a partition decorator on the table ${info.ref.tableId}, which is not partitioned.`);
  }
  if (partitionId === NULL_PARTITION && timePartitioning.field) return partitionId;
  const isWell = /^\d+$/.test(partitionId) && partitionId.length === LENGTHS[timePartitioning.type];
  if (!isWell || partitionIdAt(info, partitionRange(info, partitionId).start) !== partitionId) {
    throw invalid(`Invalid time partitioning key or date partition key: ${partitionId}.`);
  }
  return partitionId;
}

export function partitionIdAt(info: TableInfo, at: Date): string {
  return at
    .toISOString()
    .replaceAll(/[-T:]/g, '')
    .slice(0, LENGTHS[info.timePartitioning?.type ?? 'DAY']);
}

/** Splits `table$20261101`. */
export function splitDecorator(tableId: string): { tableId: string; partitionId?: string } {
  const [name = '', partitionId] = tableId.split('$', 2);
  return partitionId === undefined ? { tableId: name } : { tableId: name, partitionId };
}

export const timeLiteral = (at: Date): string => `TIMESTAMP '${at.toISOString().replace('T', ' ').replace('Z', '')}'`;

/** Refuses a partitioning that names no suitable column. */
export function checkPartitioning(partitioning: TimePartitioning | undefined, fields: readonly FieldSchema[]): void {
  if (!partitioning) return;
  if (!(partitioning.type in FORMATS)) throw invalid(`Invalid time partitioning type ${String(partitioning.type)}`);
  if (partitioning.field === undefined) return;
  const field = fields.find(({ name }) => name.toLowerCase() === partitioning.field?.toLowerCase());
  if (!field) throw invalid(`The field specified for partitioning cannot be found in the schema`);
  const isTime = /^(DATE|TIMESTAMP|DATETIME)$/i.test(field.type) && field.mode !== 'REPEATED';
  if (!isTime) {
    throw invalid(
      `The field specified for time partitioning can only be of type TIMESTAMP, DATE or DATETIME. The type found is: ${field.type}.`,
    );
  }
  if (partitioning.type === 'HOUR' && field.type.toUpperCase() === 'DATE') {
    throw invalid('Hourly partitioning is not supported on a DATE column.');
  }
}
