import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import { etagOf, type DatasetEntry } from '../catalog/resources.ts';
import { checkedLabels } from '../catalog/table-resource.ts';
import { accessList, DEFAULT_ACCESS, splitAccess } from '../dataset-access.ts';
import { datasetResource, invalid, unsupported } from '../errors.ts';
import { normalLocation } from '../jobs/job.ts';
import { countOf, isTrue, jsonBody, mergePatch, textOf, type Json } from '../requests.ts';
import type { Services } from '../services.ts';
import { listPage } from './lists.ts';
import { assertMatch, baseUrl, param, route, tagged } from './route.ts';

const KEPT = [
  'friendlyName',
  'description',
  'defaultCollation',
  'defaultRoundingMode',
  'defaultEncryptionConfiguration',
  'maxTimeTravelHours',
  'storageBillingModel',
  'resourceTags',
];

export function datasetRoutes(services: Services): ApiRoute[] {
  const one = '/projects/{projectId}/datasets/{datasetId}';
  return [
    route('datasets.list', 'GET /projects/{projectId}/datasets', 'read', (request) => list(services, request)),
    route('datasets.insert', 'POST /projects/{projectId}/datasets', 'write', (request) => insert(services, request)),
    route('datasets.get', `GET ${one}`, 'read', (request) => get(services, request)),
    route('datasets.patch', `PATCH ${one}`, 'write', (request) => change(services, request, mergePatch)),
    route('datasets.update', `PUT ${one}`, 'write', (request) => change(services, request, replaced)),
    route('datasets.delete', `DELETE ${one}`, 'write', (request) => remove(services, request)),
  ];
}

function list({ catalog, access }: Services, request: ApiRequest): ApiResponse {
  const projectId = param(request, 'projectId');
  const labels = (request.query.get('filter') ?? '').split(' ').filter(Boolean);
  const visible = catalog.store
    .datasets(projectId)
    .filter(({ datasetId }) =>
      access.allows(request.caller, 'bigquery.datasets.get', datasetResource(projectId, datasetId)),
    )
    .filter(({ resource }) => labels.every((label) => hasLabel(resource, label)));
  const { items, next } = listPage(request, visible);
  const datasets = items.map((entry) => ({
    kind: 'bigquery#dataset',
    id: `${projectId}:${entry.datasetId}`,
    datasetReference: reference(entry),
    location: entry.location,
    ...picked(entry.resource, ['labels', 'friendlyName']),
  }));
  return { body: { kind: 'bigquery#datasetList', etag: etagOf(datasets), datasets, ...next } };
}

/** `labels.key:value` or `labels.key`. */
function hasLabel(resource: Json, filter: string): boolean {
  const [, name = '', value] = /^labels\.([^:]+)(?::(.*))?$/.exec(filter) ?? [];
  const found = (resource['labels'] as Json | undefined)?.[name];
  return found !== undefined && (value === undefined || found === value);
}

async function insert(services: Services, request: ApiRequest): Promise<ApiResponse> {
  const { catalog, access, ctx } = services;
  const projectId = param(request, 'projectId');
  access.requireProject(request.caller, 'bigquery.datasets.create', projectId);
  const body = await jsonBody(request);
  const datasetId = textOf(body['datasetReference'] as Json | undefined, 'datasetId');
  if (!/^\w{1,1024}$/.test(datasetId))
    throw invalid(
      `Invalid dataset ID "${datasetId}". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 characters long.`,
    );
  const location = normalLocation(textOf(body, 'location', 'US'));
  if (!/^[A-Za-z][\w-]*$/.test(location)) throw invalid(`Invalid location: ${location}`);
  const { kept, bindings } = splitAccess(
    body['access'] ?? [...DEFAULT_ACCESS, { role: 'OWNER', userByEmail: request.caller.email }],
  );
  const now = catalog.nowMs;
  const entry = {
    projectId,
    datasetId,
    location,
    resource: { ...checked(body), access: kept },
    createdMs: now,
    modifiedMs: now,
  };
  await catalog.createDataset(entry);
  try {
    ctx.policy.setBindings(datasetResource(projectId, datasetId), bindings);
  } catch (err) {
    await catalog.removeDataset(projectId, datasetId, { deleteContents: true });
    throw err;
  }
  return { body: resourceOf(services, request, entry) };
}

function get(services: Services, request: ApiRequest): ApiResponse {
  return tagged(request, resourceOf(services, request, visible(services, request, 'bigquery.datasets.get')));
}

/** The dataset; who may see it is told when it is not there. */
function visible({ catalog, access }: Services, request: ApiRequest, permission: string): DatasetEntry {
  const [projectId, datasetId] = [param(request, 'projectId'), param(request, 'datasetId')];
  access.requireDataset(request.caller, permission, projectId, datasetId);
  return catalog.existingDataset(projectId, datasetId);
}

async function change(
  services: Services,
  request: ApiRequest,
  merge: (present: Json, wanted: Json) => Json,
): Promise<ApiResponse> {
  const { catalog, ctx } = services;
  const entry = visible(services, request, 'bigquery.datasets.update');
  const present = resourceOf(services, request, entry);
  assertMatch(request, present.etag);
  const body = await jsonBody(request);
  const wanted = merge(present, body);
  if (wanted['location'] !== undefined && normalLocation(textOf(wanted, 'location')) !== entry.location)
    throw invalid('The location of a dataset cannot be changed.');
  const { kept, bindings } = splitAccess(wanted['access'] ?? present['access']);
  const name = datasetResource(entry.projectId, entry.datasetId);
  if (body['access'] !== undefined) ctx.policy.setBindings(name, bindings);
  const changed = { ...entry, resource: { ...checked(wanted), access: kept }, modifiedMs: catalog.nowMs };
  catalog.store.putDataset(changed);
  return { body: resourceOf(services, request, changed) };
}

/** `update` replaces what a caller can write. */
function replaced(present: Json, wanted: Json): Json {
  return { access: present['access'], ...wanted };
}

async function remove(services: Services, request: ApiRequest): Promise<ApiResponse> {
  const { catalog, ctx } = services;
  const { projectId, datasetId } = visible(services, request, 'bigquery.datasets.delete');
  const tables = catalog.listTables(projectId, datasetId);
  await catalog.removeDataset(projectId, datasetId, { deleteContents: isTrue(request.query.get('deleteContents')) });
  const name = datasetResource(projectId, datasetId);
  // Whoever makes a dataset of the same name later must not inherit its guests.
  for (const { ref } of tables) ctx.policy.setBindings(`${name}/tables/${ref.tableId}`, []);
  ctx.policy.setBindings(name, []);
  return { status: 204 };
}

function checked(wanted: Json): Json {
  for (const name of ['externalDatasetReference', 'linkedDatasetSource']) {
    if (wanted[name]) throw unsupported(`A dataset with ${name}`);
  }
  const lives = ['defaultTableExpirationMs', 'defaultPartitionExpirationMs'].flatMap((name) => {
    const ms = countOf(wanted[name], name);
    return ms === undefined || ms === 0 ? [] : [[name, String(ms)]];
  });
  return { ...picked(wanted, KEPT), ...checkedLabels(wanted['labels']), ...Object.fromEntries(lives) };
}

function picked(resource: Json, names: readonly string[]): Json {
  return Object.fromEntries(names.filter((name) => resource[name] !== undefined).map((name) => [name, resource[name]]));
}

const reference = ({ projectId, datasetId }: DatasetEntry) => ({ datasetId, projectId });

function resourceOf({ ctx }: Services, request: ApiRequest, entry: DatasetEntry): Json & { etag: string } {
  const { projectId, datasetId, location, resource, createdMs, modifiedMs } = entry;
  const access = accessList(ctx.policy, entry);
  return {
    kind: 'bigquery#dataset',
    etag: etagOf(resource, access, modifiedMs),
    id: `${projectId}:${datasetId}`,
    selfLink: `${baseUrl(request)}/bigquery/v2/${datasetResource(projectId, datasetId)}`,
    datasetReference: reference(entry),
    ...resource,
    access,
    creationTime: String(createdMs),
    lastModifiedTime: String(modifiedMs),
    location,
    type: 'DEFAULT',
  };
}
