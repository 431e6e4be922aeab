import type { FieldSchema, TableInfo } from '../../contracts.ts';
import { ApiError } from '../../../kit/api-error.ts';
import { fieldType, scalar, typeName, type ScalarKind } from '../../values/types.ts';
import type { Path } from '../parse/ast.ts';
import type { Binder } from './binder.ts';
import { constant, nullOf } from './literals.ts';
import { unsupported } from './scope.ts';
import type { BoundTable } from './tables.ts';
import { cast } from './coercion.ts';

type Row = readonly (string | bigint | null)[];
interface View {
  readonly columns: readonly (readonly [name: string, kind: ScalarKind])[];
  rows(dataset: DatasetRef, binder: Binder): readonly Row[];
}
interface DatasetRef {
  readonly projectId: string;
  readonly datasetId: string;
}

export const datasetKey = ({ projectId, datasetId }: DatasetRef): string => `${projectId}.${datasetId}`;

const identity = ({ ref }: TableInfo): string[] => [ref.projectId, ref.datasetId, ref.tableId];

const VIEWS: Readonly<Record<string, View>> = {
  TABLES: {
    columns: [
      ['table_catalog', 'STRING'],
      ['table_schema', 'STRING'],
      ['table_name', 'STRING'],
      ['table_type', 'STRING'],
      ['is_insertable_into', 'STRING'],
    ],
    rows: ({ projectId, datasetId }, { catalog }) =>
      catalog
        .listTables(projectId, datasetId)
        .map((table) => [
          ...identity(table),
          table.type === 'VIEW' ? 'VIEW' : 'BASE TABLE',
          table.type === 'VIEW' ? 'NO' : 'YES',
        ]),
  },
  COLUMNS: {
    columns: [
      ['table_catalog', 'STRING'],
      ['table_schema', 'STRING'],
      ['table_name', 'STRING'],
      ['column_name', 'STRING'],
      ['ordinal_position', 'INT64'],
      ['is_nullable', 'STRING'],
      ['data_type', 'STRING'],
      ['is_partitioning_column', 'STRING'],
      ['clustering_ordinal_position', 'INT64'],
    ],
    rows: ({ projectId, datasetId }, { catalog }) => catalog.listTables(projectId, datasetId).flatMap(columnRows),
  },
  PARTITIONS: {
    columns: [
      ['table_catalog', 'STRING'],
      ['table_schema', 'STRING'],
      ['table_name', 'STRING'],
      ['partition_id', 'STRING'],
      ['total_rows', 'INT64'],
      ['total_logical_bytes', 'INT64'],
      ['last_modified_time', 'TIMESTAMP'],
      ['storage_tier', 'STRING'],
    ],
    rows: (dataset, { partitions }) =>
      (partitions.get(datasetKey(dataset)) ?? []).map((row) => [
        dataset.projectId,
        dataset.datasetId,
        row.table,
        row.partitionId,
        row.totalRows,
        row.totalLogicalBytes,
        row.lastModified.toISOString(),
        'ACTIVE',
      ]),
  },
};

function columnRows(table: TableInfo): Row[] {
  return table.fields.map((field: FieldSchema, index) => {
    const clustering = (table.clustering ?? []).indexOf(field.name);
    return [
      ...identity(table),
      field.name,
      BigInt(index + 1),
      field.mode === 'REQUIRED' ? 'NO' : 'YES',
      typeName(fieldType(field)),
      table.timePartitioning?.field === field.name ? 'YES' : 'NO',
      clustering < 0 ? null : BigInt(clustering + 1),
    ];
  });
}

/** A view of INFORMATION_SCHEMA of one dataset, as rows written out. */
export function bindInformationSchema(qualifier: Path, name: string, alias: string, binder: Binder): BoundTable {
  const view = VIEWS[name];
  if (!view) throw unsupported(`INFORMATION_SCHEMA.${name}`);
  const datasetId = qualifier.at(-1) ?? binder.request.defaultDataset?.datasetId ?? '';
  const projectId = qualifier.length > 1 ? (qualifier[0] ?? '') : binder.request.projectId;
  if (datasetId === '' || datasetId.startsWith('region-')) throw unsupported('INFORMATION_SCHEMA of a whole region');
  const dataset = { projectId, datasetId };
  binder.request.authorize('schema', `projects/${projectId}/datasets/${datasetId}`);
  if (!binder.catalog.findDataset(projectId, datasetId)) {
    throw new ApiError(404, `Not found: Dataset ${projectId}:${datasetId} was not found in location US`, {
      reason: 'notFound',
    });
  }
  const relationName = binder.unique('t');
  const columns = view.columns.map(([column, kind]) => ({
    name: column,
    type: scalar(kind),
    sql: `${relationName}.${column}`,
  }));
  return {
    sql: `(${rowsSql(view, view.rows(dataset, binder))}) AS ${relationName}`,
    relation: { alias, columns, hidden: [] },
  };
}

function rowsSql({ columns }: View, rows: readonly Row[]): string {
  const nulls = columns.map(([name, kind]) => `${cast(nullOf(), scalar(kind), false).sql} AS ${name}`).join(', ');
  const empty = `SELECT ${nulls} WHERE false`;
  const selects = rows.map(
    (row) => `SELECT ${row.map((cell, index) => cellSql(cell, columns[index]?.[1] ?? 'STRING')).join(', ')}`,
  );
  return [empty, ...selects].join(' UNION ALL ');
}

const cellSql = (cell: string | bigint | null, kind: ScalarKind): string =>
  cell === null ? 'NULL' : constant(kind, String(cell)).sql;
