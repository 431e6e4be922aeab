import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import { checkedPartition } from '../catalog/partitions.ts';
import { etagOf } from '../catalog/resources.ts';
import { accessDenied, invalid, tableName, unsupported } from '../errors.ts';
import { bodyText, countOf, isTrue, parseJson } from '../requests.ts';
import { streamedRows } from '../rows/insert-rows.ts';
import { selectFields } from '../rows/selected-fields.ts';
import type { TimestampFormat } from '../rows/wire-sql.ts';
import type { Services } from '../services.ts';
import { anonymousJob } from './anonymous-tables.ts';
import { resultRows } from './result-rows.ts';
import { route } from './route.ts';
import { tableRef } from './table-routes.ts';

const MAX_STREAMED_ROWS = 50_000;

export function rowRoutes(services: Services): ApiRoute[] {
  const one = '/projects/{projectId}/datasets/{datasetId}/tables/{tableId}';
  return [
    route('tabledata.list', `GET ${one}/data`, 'read', (request) => list(services, request)),
    route('tabledata.insertAll', `POST ${one}/insertAll`, 'insert', (request) => insertAll(services, request)),
  ];
}

/** How the caller wants timestamps; absent, seconds as a decimal number. */
export function timestampFormat(get: (name: string) => unknown): TimestampFormat {
  const wanted = get('timestampOutputFormat');
  if (wanted === 'INT64' || wanted === 'ISO8601_STRING' || wanted === 'FLOAT64') return wanted;
  return isTrue(get('useInt64Timestamp')) ? 'INT64' : 'FLOAT64';
}

async function list(services: Services, request: ApiRequest): Promise<ApiResponse> {
  const { catalog, access, jobs, reader } = services;
  const { query, caller } = request;
  const { partitionId, ...ref } = tableRef(request);
  const format = timestampFormat((name) => query.get(`formatOptions.${name}`));
  const page = {
    maxResults: countOf(query.get('maxResults'), 'maxResults'),
    startIndex: countOf(query.get('startIndex'), 'startIndex'),
    pageToken: query.get('pageToken') ?? undefined,
  };
  const job = anonymousJob(jobs, caller, ref);
  if (job) {
    const rows = await resultRows(services, job, page, format);
    return rowsAnswer(rows.rows, rows.totalRows, rows.pageToken);
  }
  if (
    !access.allows(
      caller,
      'bigquery.tables.getData',
      `projects/${ref.projectId}/datasets/${ref.datasetId}/tables/${ref.tableId}`,
    )
  ) {
    throw accessDenied(
      `Table ${tableName(ref)}: Permission bigquery.tables.getData denied on table ${tableName(ref)} (or it may not exist).`,
    );
  }
  const { info } = catalog.existing(ref);
  if (info.type === 'VIEW') throw invalid(`Cannot list a table of type VIEW.`);
  const fields = selectFields(info.fields, query.get('selectedFields'));
  const checked = partitionId === undefined ? undefined : checkedPartition(info, partitionId);
  const { rows, totalRows, pageToken } = await reader.read({ info, partitionId: checked, fields, format, ...page });
  return rowsAnswer(rows, totalRows, pageToken);
}

/** The rows are JSON already; putting them together is all that is left. */
function rowsAnswer(rows: readonly string[], totalRows: bigint | number, pageToken: string | undefined): ApiResponse {
  const head = {
    kind: 'bigquery#tableDataList',
    etag: etagOf(String(totalRows), pageToken),
    totalRows: String(totalRows),
    ...(pageToken ? { pageToken } : {}),
  };
  return jsonWithRows(head, rows);
}

export function jsonWithRows(head: object, rows: readonly string[]): ApiResponse {
  const start = JSON.stringify(head).slice(0, -1);
  const body = rows.length === 0 ? `${start}}` : `${start},"rows":[${rows.join(',')}]}`;
  return { body, headers: { 'content-type': 'application/json; charset=UTF-8' } };
}

async function insertAll({ access, catalog, inserter }: Services, request: ApiRequest): Promise<ApiResponse> {
  const destination = tableRef(request);
  access.requireTable(request.caller, 'bigquery.tables.updateData', destination);
  catalog.existing(destination);
  const text = await bodyText(request);
  const options = parseJson(text);
  if (options['templateSuffix']) throw unsupported('templateSuffix');
  const rows = streamedRows(text);
  if (rows.length === 0) throw invalid('No rows present in the request.');
  if (rows.length > MAX_STREAMED_ROWS) throw invalid('too many rows present in the request, limit: 50000');
  const insertErrors = await inserter.insert(request.caller, destination, rows, options);
  return {
    body: { kind: 'bigquery#tableDataInsertAllResponse', ...(insertErrors.length > 0 ? { insertErrors } : {}) },
  };
}
