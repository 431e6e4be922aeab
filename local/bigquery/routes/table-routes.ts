import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import { rowWidth } from '../catalog/partition-rows.ts';
import { partitionFilterSql, checkedPartition, splitDecorator } from '../catalog/partitions.ts';
import { physicalName } from '../catalog/physical.ts';
import { etagOf, type TableEntry } from '../catalog/resources.ts';
import { checkedFields, schemaChange } from '../catalog/schemas.ts';
import { checkedTableResource } from '../catalog/table-resource.ts';
import type { FieldSchema, TableRef } from '../contracts.ts';
import { invalid, tableName, tableResource } from '../errors.ts';
import { isObject, jsonBody, mergePatch, textOf, type Json } from '../requests.ts';
import type { Services } from '../services.ts';
import { anonymousTableResource } from './anonymous-tables.ts';
import { listPage } from './lists.ts';
import { assertMatch, baseUrl, param, route, tagged } from './route.ts';

export function tableRoutes(services: Services): ApiRoute[] {
  const all = '/projects/{projectId}/datasets/{datasetId}/tables';
  const one = `${all}/{tableId}`;
  return [
    route('tables.list', `GET ${all}`, 'read', (request) => list(services, request)),
    route('tables.insert', `POST ${all}`, 'write', (request) => insert(services, request)),
    route('tables.get', `GET ${one}`, 'read', (request) => get(services, request)),
    route('tables.patch', `PATCH ${one}`, 'write', (request) => change(services, request, patched)),
    route('tables.update', `PUT ${one}`, 'write', (request) => change(services, request, (_present, wanted) => wanted)),
    route('tables.delete', `DELETE ${one}`, 'write', (request) => remove(services, request)),
  ];
}

export function tableRef(request: ApiRequest): TableRef & { partitionId?: string } {
  const [projectId, datasetId] = [param(request, 'projectId'), param(request, 'datasetId')];
  return { projectId, datasetId, ...splitDecorator(param(request, 'tableId')) };
}

function list({ catalog, access }: Services, request: ApiRequest): ApiResponse {
  const [projectId, datasetId] = [param(request, 'projectId'), param(request, 'datasetId')];
  access.requireDataset(request.caller, 'bigquery.tables.list', projectId, datasetId);
  catalog.existingDataset(projectId, datasetId);
  const all = catalog.liveTables(projectId, datasetId);
  const { items, next } = listPage(request, all);
  const tables = items.map(({ info, resource, createdMs }) => ({
    kind: 'bigquery#table',
    id: tableName(info.ref),
    tableReference: info.ref,
    type: info.type,
    creationTime: String(createdMs),
    ...Object.fromEntries(
      ['labels', 'timePartitioning', 'clustering', 'expirationTime', 'friendlyName']
        .filter((name) => resource[name] !== undefined)
        .map((name) => [name, resource[name]]),
    ),
    ...(info.type === 'VIEW' ? { view: { useLegacySql: false } } : {}),
  }));
  return { body: { kind: 'bigquery#tableList', etag: etagOf(tables), tables, totalItems: all.length, ...next } };
}

async function insert(services: Services, request: ApiRequest): Promise<ApiResponse> {
  const { catalog, access } = services;
  const [projectId, datasetId] = [param(request, 'projectId'), param(request, 'datasetId')];
  access.requireDataset(request.caller, 'bigquery.tables.create', projectId, datasetId);
  catalog.existingDataset(projectId, datasetId);
  const body = await jsonBody(request);
  const ref = {
    projectId,
    datasetId,
    tableId: textOf(body['tableReference'] as Json | undefined, 'tableId'),
  };
  const resource = checkedTableResource(ref, await withViewSchema(services, request, projectId, body));
  return { body: await resourceOf(services, request, await catalog.insertTable(ref, resource)) };
}

/** A view has the columns of its query; a query that is wrong makes no view. */
async function withViewSchema(
  { engine, access, catalog }: Services,
  request: ApiRequest,
  projectId: string,
  body: Json,
): Promise<Json> {
  if (!isObject(body['view']) || body['view']['useLegacySql'] !== false) return body;
  const { schema } = await engine.run({
    projectId,
    sql: String(body['view']['query']),
    parameters: [],
    dryRun: true,
    authorize: access.authorizer(request.caller),
    now: new Date(catalog.nowMs),
    caller: request.caller.email,
  });
  return {
    ...body,
    schema: { fields: described(schema ?? [], (body['schema'] as { fields?: FieldSchema[] } | undefined)?.fields) },
  };
}

/** Descriptions may be given for a view's columns. */
function described(fields: readonly FieldSchema[], wanted: readonly FieldSchema[] = []): FieldSchema[] {
  const byName = new Map(wanted.map(({ name, description }) => [name.toLowerCase(), description]));
  return fields.map((field) => {
    const description = byName.get(field.name.toLowerCase());
    return description === undefined ? field : { ...field, description };
  });
}

async function get(services: Services, request: ApiRequest): Promise<ApiResponse> {
  const { catalog, access, jobs } = services;
  const { partitionId, ...ref } = tableRef(request);
  const anonymous = anonymousTableResource(jobs, request.caller, ref);
  if (anonymous) return { body: anonymous };
  access.requireTable(request.caller, 'bigquery.tables.get', ref);
  return tagged(request, await resourceOf(services, request, catalog.existing(ref), partitionId));
}

async function change(
  services: Services,
  request: ApiRequest,
  merge: (present: Json, wanted: Json) => Json,
): Promise<ApiResponse> {
  const { catalog, access } = services;
  const { partitionId, ...ref } = tableRef(request);
  if (partitionId !== undefined) throw invalid('A partition has no definition of its own to change.');
  access.requireTable(request.caller, 'bigquery.tables.update', ref);
  const body = await jsonBody(request);
  const wanted = merge(catalog.existing(ref).resource, body);
  const complete = await withViewSchema(services, request, ref.projectId, wanted);
  const changed = await catalog.updateTable(ref, (present) => {
    assertMatch(request, etag(present));
    const fields = checkedFields((wanted['schema'] as { fields?: unknown } | undefined)?.fields);
    schemaChange(tableName(ref), present.info.fields, present.info.type === 'VIEW' ? present.info.fields : fields);
    return checkedTableResource(ref, merge(present.resource, { ...body, ...pickSchema(complete) }));
  });
  return { body: await resourceOf(services, request, changed) };
}

/** Only a view's schema is ours to fill in. */
function pickSchema(complete: Json): Json {
  return complete['view'] ? { schema: complete['schema'] } : {};
}

/** Members are merged, but a schema, a partitioning, a clustering and constraints are replaced as a whole. */
function patched(present: Json, wanted: Json): Json {
  const whole = ['schema', 'timePartitioning', 'clustering', 'tableConstraints'].filter((name) =>
    isObject(wanted[name]),
  );
  return { ...mergePatch(present, wanted), ...Object.fromEntries(whole.map((name) => [name, wanted[name]])) };
}

async function remove({ catalog, access, ctx, duck }: Services, request: ApiRequest): Promise<ApiResponse> {
  const { partitionId, ...ref } = tableRef(request);
  access.requireTable(request.caller, 'bigquery.tables.delete', ref);
  const { info } = catalog.existing(ref);
  if (partitionId !== undefined) {
    const where = partitionFilterSql(info, checkedPartition(info, partitionId));
    await duck.transaction((run) => run(`DELETE FROM ${physicalName(ref)} WHERE ${where}`));
    catalog.touch(ref, [partitionId]);
    return { status: 204 };
  }
  await catalog.dropTable(ref, { ifExists: false });
  if (ctx.policy.bindings(tableResource(ref)).length > 0) ctx.policy.setBindings(tableResource(ref), []);
  return { status: 204 };
}

const etag = ({ resource, modifiedMs }: TableEntry): string => etagOf(resource, modifiedMs);

async function resourceOf(
  { duck, catalog }: Services,
  request: ApiRequest,
  entry: TableEntry,
  partitionId?: string,
): Promise<Json & { etag: string }> {
  const { info, resource, createdMs, modifiedMs } = entry;
  const where =
    partitionId === undefined ? '' : ` WHERE ${partitionFilterSql(info, checkedPartition(info, partitionId))}`;
  const [row] = info.type === 'VIEW' ? [] : await duck.rows(`SELECT count(*) FROM ${physicalName(info.ref)}${where}`);
  const rows = (row?.[0] as bigint | undefined) ?? 0n;
  const bytes = String(rows * rowWidth(info.fields));
  const { location } = catalog.existingDataset(info.ref.projectId, info.ref.datasetId);
  return {
    kind: 'bigquery#table',
    etag: etag(entry),
    id: tableName(info.ref),
    selfLink: `${baseUrl(request)}/bigquery/v2/${tableResource(info.ref)}`,
    tableReference: info.ref,
    type: info.type,
    ...resource,
    numRows: String(rows),
    numBytes: bytes,
    numLongTermBytes: '0',
    numTotalLogicalBytes: bytes,
    numActiveLogicalBytes: bytes,
    creationTime: String(createdMs),
    lastModifiedTime: String(modifiedMs),
    location,
  };
}
