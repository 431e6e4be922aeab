import type { FieldSchema, PartitionRow } from '../contracts.ts';
import type { Duck } from '../duck.ts';
import { ALL_PARTITIONS } from './catalog-store.ts';
import { partitionIdSql } from './partitions.ts';
import { physicalName } from './physical.ts';
import type { TableEntry } from './resources.ts';

/** INFORMATION_SCHEMA.PARTITIONS of one table; an unpartitioned one is a single row without partition id. */
export async function partitionRows(
  duck: Duck,
  { info, modifiedMs, createdMs }: TableEntry,
  times: ReadonlyMap<string, number>,
): Promise<PartitionRow[]> {
  const id = partitionIdSql(info);
  const width = rowWidth(info.fields);
  const table = info.ref.tableId;
  const rows = await duck.rows(
    `SELECT ${id ?? 'NULL'}, count(*) FROM ${physicalName(info.ref)}${id ? ' GROUP BY 1 ORDER BY 1' : ''}`,
  );
  return rows.map(([partition, count]) => {
    const partitionId = partition as string | null;
    const changedMs = Math.max(times.get(partitionId ?? '') ?? createdMs, times.get(ALL_PARTITIONS) ?? 0);
    return {
      table,
      partitionId,
      totalRows: count as bigint,
      totalLogicalBytes: (count as bigint) * width,
      lastModified: new Date(partitionId === null ? modifiedMs : changedMs),
    };
  });
}

const STRING_BYTES = 18n;

/** Estimated logical size of a row: 8 bytes a number, and what strings are long on the average. */
export function rowWidth(fields: readonly FieldSchema[]): bigint {
  return fields.reduce((sum, field) => sum + (field.fields ? rowWidth(field.fields) : cellWidth(field)), 0n);
}

function cellWidth({ type }: FieldSchema): bigint {
  if (/^(STRING|BYTES|JSON)$/.test(type)) return STRING_BYTES;
  if (type.endsWith('NUMERIC')) return type === 'NUMERIC' ? 16n : 32n;
  return type === 'BOOLEAN' ? 1n : 8n;
}
