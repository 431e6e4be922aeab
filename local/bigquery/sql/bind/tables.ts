import type { TableInfo, TableRef } from '../../contracts.ts';
import { ApiError } from '../../../kit/api-error.ts';
import { fieldType, quoted, scalar } from '../../values/types.ts';
import { parseScript } from '../parse/statements.ts';
import type { Path } from '../parse/ast.ts';
import type { Binder } from './binder.ts';
import { bindInformationSchema } from './information-schema.ts';
import { invalid, Scope, unsupported, type Column, type Relation } from './scope.ts';

export interface BoundTable {
  readonly sql: string;
  readonly relation: Relation;
}

/** DuckDB's name of a table: schema `project:dataset`. */
export const physicalName = ({ projectId, datasetId, tableId }: TableRef): string =>
  `${quoted(`${projectId}:${datasetId}`)}.${quoted(tableId)}`;

export const tableResource = ({ projectId, datasetId, tableId }: TableRef): string =>
  `projects/${projectId}/datasets/${datasetId}/tables/${tableId}`;

export const refKey = ({ projectId, datasetId, tableId }: TableRef): string => `${projectId}.${datasetId}.${tableId}`;

/** Completes a table's path by the project and the default dataset of the request. */
export function tableRef(path: Path, binder: Pick<Binder, 'request'>): TableRef {
  const { projectId, defaultDataset } = binder.request;
  if (path.length === 3) return { projectId: path[0] ?? '', datasetId: path[1] ?? '', tableId: path[2] ?? '' };
  if (path.length === 2) return { projectId, datasetId: path[0] ?? '', tableId: path[1] ?? '' };
  if (path.length === 1 && defaultDataset) return { ...defaultDataset, tableId: path[0] ?? '' };
  throw invalid(`Table "${path.join('.')}" must be qualified with a dataset (e.g. dataset.table).`);
}

export function bindTable(path: Path, alias: string, binder: Binder): BoundTable {
  const temporary = path.length === 1 ? binder.temporary.get((path[0] ?? '').toLowerCase()) : undefined;
  if (temporary) return aliased(temporary, alias, binder);
  const view = path.findIndex((part) => part.toUpperCase() === 'INFORMATION_SCHEMA');
  if (view >= 0) return bindInformationSchema(path.slice(0, view), (path[view + 1] ?? '').toUpperCase(), alias, binder);
  const ref = tableRef(path, binder);
  if (ref.tableId.includes('*')) throw unsupported(`Wildcard table ${ref.tableId}`);
  if (ref.tableId.includes('$')) throw unsupported(`Partition decorator in ${ref.tableId}`);
  binder.request.authorize('read', tableResource(ref));
  const info = foundTable(ref, binder);
  binder.referenced.set(refKey(ref), ref);
  if (info.type === 'VIEW') return bindView(info, alias, binder);
  return { ...aliasedTable(info, alias, binder) };
}

export function foundTable(ref: TableRef, binder: Pick<Binder, 'catalog'>): TableInfo {
  const info = binder.catalog.findTable(ref);
  if (info) return info;
  const dataset = binder.catalog.findDataset(ref.projectId, ref.datasetId);
  const name = dataset
    ? `Table ${ref.projectId}:${ref.datasetId}.${ref.tableId}`
    : `Dataset ${ref.projectId}:${ref.datasetId}`;
  throw new ApiError(404, `Not found: ${name} was not found in location ${dataset?.location ?? 'US'}`, {
    reason: 'notFound',
  });
}

export function aliasedTable(info: TableInfo, alias: string, binder: Binder): BoundTable {
  const name = binder.unique('t');
  const columns = info.fields.map((field) => ({
    name: field.name,
    type: fieldType(field),
    sql: `${name}.${quoted(field.name)}`,
  }));
  return {
    sql: `${physicalName(info.ref)} AS ${name}`,
    relation: { alias, columns, hidden: pseudoColumns(info, name) },
  };
}

/** Tables partitioned by ingestion time have the time as a column that `*` leaves out. */
function pseudoColumns(info: TableInfo, name: string): Column[] {
  if (!info.timePartitioning || info.timePartitioning.field) return [];
  const time = `${name}."_PARTITIONTIME"`;
  return [
    { name: '_PARTITIONTIME', type: scalar('TIMESTAMP'), sql: time },
    { name: '_PARTITIONDATE', type: scalar('DATE'), sql: `CAST(${time} AS DATE)` },
  ];
}

function aliased(relation: Relation, alias: string, binder: Binder): BoundTable {
  const name = binder.unique('t');
  const columns = relation.columns.map((column) => ({ ...column, sql: `${name}.${quoted(column.name)}` }));
  return { sql: `${quoted(relation.alias)} AS ${name}`, relation: { alias, columns, hidden: [] } };
}

/** A view is its query; who reads it needs the right to read what it reads. */
function bindView(info: TableInfo, alias: string, binder: Binder): BoundTable {
  const [statement] = parseScript(info.viewQuery ?? '');
  if (statement?.statement !== 'query') throw invalid(`View ${info.ref.tableId} is no query`);
  const inner: Binder = Object.assign(Object.create(binder) as Binder, {
    ctes: new Map(),
    temporary: new Map(),
    args: new Map(),
    parameters: [],
    request: { ...binder.request, projectId: info.ref.projectId, defaultDataset: undefined },
  });
  const query = inner.bindQuery(statement.query, new Scope());
  const name = binder.unique('t');
  const columns = query.columns.map((column, index) => ({ ...column, sql: `${name}.c${index + 1}` }));
  return { sql: `(${query.sql}) AS ${name}`, relation: { alias, columns, hidden: [] } };
}
