import type { ApiRequest } from '../../kit/api-server.ts';
import { pageOf } from '../../kit/paging.ts';
import { listRoute, pageSizeOf, withFields, type GoogleApi } from './google-api.ts';
import { sampleInstances, ZONES, type SampleInstance } from './samples.ts';

const ROOT = 'https://www.googleapis.com/compute/v1';
const MAX_RESULTS = 500;

/** Compute Engine v1, as far as an inventory reads it. */
export const compute: GoogleApi = {
  label: 'compute',
  routes: (iam) => [
    listRoute(iam, {
      name: 'instances.aggregatedList',
      label: 'compute',
      permission: 'compute.instances.list',
      pattern: /^\/compute\/v1\/projects\/(?<project>[^/]+)\/aggregated\/instances$/,
      project: ({ params }) => params['project'],
      answer: (projectId, request) => ({ body: withFields(aggregated(projectId, request), request) }),
    }),
  ],
};

function aggregated(projectId: string, request: ApiRequest): Record<string, unknown> {
  const page = {
    pageSize: pageSizeOf(request, 'maxResults', MAX_RESULTS),
    pageToken: request.query.get('pageToken') ?? '',
  };
  const { items, nextPageToken } = pageOf(sampleInstances(projectId), page, MAX_RESULTS);
  const self = `projects/${projectId}/aggregated/instances`;
  return {
    kind: 'compute#instanceAggregatedList',
    id: self,
    items: Object.fromEntries(ZONES.map((zone) => [`zones/${zone}`, scoped(zone, projectId, items)])),
    ...(nextPageToken ? { nextPageToken } : {}),
    selfLink: `${ROOT}/${self}`,
  };
}

function scoped(zone: string, projectId: string, page: readonly SampleInstance[]): object {
  const instances = page.filter((instance) => instance.zone === zone).map((one) => resourceOf(projectId, one));
  return instances.length > 0 ? { instances } : { warning: noResults(`zones/${zone}`) };
}

function noResults(scope: string): object {
  const message = `There are no results for scope '${scope}' on this page.`;
  return { code: 'NO_RESULTS_ON_PAGE', message, data: [{ key: 'scope', value: scope }] };
}

function resourceOf(projectId: string, { id, name, zone, machineType, status, createdAt }: SampleInstance): object {
  const home = `${ROOT}/projects/${projectId}/zones/${zone}`;
  return {
    kind: 'compute#instance',
    id,
    name,
    creationTimestamp: createdAt,
    zone: home,
    machineType: `${home}/machineTypes/${machineType}`,
    status,
    labels: { env: 'sample' },
    disks: [{ kind: 'compute#attachedDisk', boot: true, type: 'PERSISTENT', mode: 'READ_WRITE', diskSizeGb: '20' }],
    scheduling: { provisioningModel: 'STANDARD', preemptible: false, automaticRestart: true },
    selfLink: `${home}/instances/${name}`,
  };
}
