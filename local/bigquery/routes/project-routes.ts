import { createHash } from 'node:crypto';
import type { ApiRoute } from '../../kit/api-server.ts';
import type { Services } from '../services.ts';
import { listPage } from './lists.ts';
import { param, route } from './route.ts';

export function projectRoutes({ ctx, catalog, access }: Services): ApiRoute[] {
  return [
    route('projects.list', 'GET /projects', 'read', (request) => {
      const ids = new Set([ctx.projectId, ...catalog.store.datasets().map(({ projectId }) => projectId)]);
      const visible = [...ids]
        .toSorted()
        .filter((id) => access.allows(request.caller, 'resourcemanager.projects.get', `projects/${id}`));
      const { items, next } = listPage(request, visible);
      return {
        body: {
          kind: 'bigquery#projectList',
          etag: '',
          projects: items.map(projectItem),
          totalItems: visible.length,
          ...next,
        },
      };
    }),
    route('projects.getServiceAccount', 'GET /projects/{projectId}/serviceAccount', 'read', (request) => {
      const email = `bq-${projectNumber(param(request, 'projectId'))}@bigquery-encryption.iam.gserviceaccount.com`;
      return { body: { kind: 'bigquery#getServiceAccountResponse', email } };
    }),
  ];
}

function projectItem(projectId: string) {
  return {
    kind: 'bigquery#project',
    id: projectId,
    numericId: projectNumber(projectId),
    projectReference: { projectId },
    friendlyName: projectId,
  };
}

/** Twelve digits that belong to the id. */
function projectNumber(projectId: string): string {
  const hash = createHash('sha256').update(projectId).digest().readUInt32BE();
  return String(100_000_000_000 + hash);
}
