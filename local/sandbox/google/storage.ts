import type { ApiRequest } from '../../kit/api-server.ts';
import { pageOf } from '../../kit/paging.ts';
import { listRoute, pageSizeOf, withFields, type GoogleApi } from './google-api.ts';
import { sampleBuckets, type SampleBucket } from './samples.ts';

const MAX_RESULTS = 1000;

/** Cloud Storage v1, as far as an inventory reads it. */
export const storage: GoogleApi = {
  label: 'storage',
  routes: (iam) => [
    listRoute(iam, {
      name: 'buckets.list',
      label: 'storage',
      permission: 'storage.buckets.list',
      pattern: /^\/storage\/v1\/b$/,
      project: ({ query }) => query.get('project') ?? undefined,
      answer: (projectId, request) => {
        const { number } = iam.internals.projects.ensure(projectId);
        return { body: withFields(listOf(projectId, number, request), request) };
      },
    }),
  ],
};

function listOf(projectId: string, projectNumber: string, request: ApiRequest): Record<string, unknown> {
  const prefix = request.query.get('prefix') ?? '';
  const page = {
    pageSize: pageSizeOf(request, 'maxResults', MAX_RESULTS),
    pageToken: request.query.get('pageToken') ?? '',
  };
  const all = sampleBuckets(projectId).filter(({ name }) => name.startsWith(prefix));
  const { items, nextPageToken } = pageOf(all, page, MAX_RESULTS);
  return {
    kind: 'storage#buckets',
    ...(nextPageToken ? { nextPageToken } : {}),
    ...(items.length > 0 ? { items: items.map((bucket) => resourceOf(projectNumber, bucket)) } : {}),
  };
}

function resourceOf(projectNumber: string, { name, location, storageClass, createdAt }: SampleBucket): object {
  return {
    kind: 'storage#bucket',
    id: name,
    selfLink: `https://www.googleapis.com/storage/v1/b/${name}`,
    projectNumber,
    name,
    location,
    locationType: location === 'US' || location === 'EU' ? 'multi-region' : 'region',
    storageClass,
    timeCreated: createdAt,
    updated: createdAt,
    metageneration: '1',
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
  };
}
