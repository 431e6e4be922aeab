import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import { etagOf, type RoutineEntry } from '../catalog/resources.ts';
import { routineName } from '../catalog/catalog.ts';
import type { RoutineRef } from '../contracts.ts';
import { datasetResource, invalid, notFound, unsupported } from '../errors.ts';
import { jsonBody, textOf, type Json } from '../requests.ts';
import type { Services } from '../services.ts';
import { listPage } from './lists.ts';
import { assertMatch, param, route, tagged } from './route.ts';

const KEPT = [
  'routineType',
  'language',
  'arguments',
  'returnType',
  'definitionBody',
  'description',
  'strictMode',
  'determinismLevel',
];

export function routineRoutes(services: Services): ApiRoute[] {
  const all = '/projects/{projectId}/datasets/{datasetId}/routines';
  const one = `${all}/{routineId}`;
  const { catalog, access } = services;
  return [
    route('routines.list', `GET ${all}`, 'read', (request) => list(services, request)),
    route('routines.insert', `POST ${all}`, 'write', (request) => insert(services, request)),
    route('routines.get', `GET ${one}`, 'read', (request) =>
      tagged(request, resourceOf(existing(services, request, 'get'))),
    ),
    route('routines.update', `PUT ${one}`, 'write', async (request) => {
      const { info, resource } = existing(services, request, 'update');
      assertMatch(request, etagOf(resource));
      const wanted = checked(await jsonBody(request));
      return { body: resourceOf(catalog.putRoutine(info.ref, wanted, { ifNotExists: false, orReplace: true })) };
    }),
    route('routines.delete', `DELETE ${one}`, 'write', async (request) => {
      await catalog.dropRoutine(existing(services, request, 'delete').info.ref, { ifExists: false });
      return { status: 204 };
    }),
    route('models.list', 'GET /projects/{projectId}/datasets/{datasetId}/models', 'read', (request) => {
      const [projectId, datasetId] = [param(request, 'projectId'), param(request, 'datasetId')];
      access.requireDataset(request.caller, 'bigquery.models.list', projectId, datasetId);
      catalog.existingDataset(projectId, datasetId);
      return { body: { models: [] } };
    }),
  ];
}

function list({ catalog, access }: Services, request: ApiRequest): ApiResponse {
  const [projectId, datasetId] = [param(request, 'projectId'), param(request, 'datasetId')];
  access.requireDataset(request.caller, 'bigquery.routines.list', projectId, datasetId);
  catalog.existingDataset(projectId, datasetId);
  const { items, next } = listPage(request, catalog.store.routines(projectId, datasetId));
  return { body: { routines: items.map(resourceOf), ...next } };
}

async function insert({ catalog, access }: Services, request: ApiRequest): Promise<ApiResponse> {
  const [projectId, datasetId] = [param(request, 'projectId'), param(request, 'datasetId')];
  access.requireDataset(request.caller, 'bigquery.routines.create', projectId, datasetId);
  const body = await jsonBody(request);
  const routineId = textOf(body['routineReference'] as Json | undefined, 'routineId');
  if (!/^\w{1,256}$/.test(routineId)) throw invalid(`Invalid routine ID "${routineId}".`);
  const entry = catalog.putRoutine({ projectId, datasetId, routineId }, checked(body), {
    ifNotExists: false,
    orReplace: false,
  });
  return { body: resourceOf(entry) };
}

function existing({ catalog, access }: Services, request: ApiRequest, verb: 'get' | 'update' | 'delete'): RoutineEntry {
  const ref: RoutineRef = {
    projectId: param(request, 'projectId'),
    datasetId: param(request, 'datasetId'),
    routineId: param(request, 'routineId'),
  };
  const resource = `${datasetResource(ref.projectId, ref.datasetId)}/routines/${ref.routineId}`;
  access.requireRoutine(request.caller, `bigquery.routines.${verb}`, resource);
  const entry = catalog.store.routine(ref);
  if (!entry) throw notFound(`Routine ${routineName(ref)}`);
  return entry;
}

function checked(body: Json): Json {
  const type = textOf(body, 'routineType');
  if (type !== 'PROCEDURE') throw unsupported(`A routine of type ${type || '(none)'}`);
  if (textOf(body, 'language', 'SQL') !== 'SQL') throw unsupported(`A routine in ${textOf(body, 'language')}`);
  if (typeof body['definitionBody'] !== 'string')
    throw invalid('Required parameter is missing: definitionBody', 'required');
  return Object.fromEntries(KEPT.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));
}

function resourceOf({ info, resource, createdMs, modifiedMs }: RoutineEntry): Json & { etag: string } {
  return {
    etag: etagOf(resource),
    routineReference: info.ref,
    language: 'SQL',
    ...resource,
    creationTime: String(createdMs),
    lastModifiedTime: String(modifiedMs),
  };
}
