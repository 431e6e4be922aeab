import { ApiError } from '../kit/api-error.ts';
import type { ApiRequest } from '../kit/api-server.ts';
import type { AccessPolicy, Caller } from '../kit/contracts.ts';
import type { CatalogStore } from './catalog/catalog-store.ts';
import type { QueryRequest, TableRef } from './contracts.ts';
import { specialGroupAllows } from './dataset-access.ts';
import { accessDenied, datasetResource, tableName, tableResource } from './errors.ts';

const AUTH = 'https://www.googleapis.com/auth/';
const FULL = [`${AUTH}cloud-platform`, `${AUTH}bigquery`];
const READ_ONLY = [...FULL, `${AUTH}bigquery.readonly`, `${AUTH}cloud-platform.read-only`];
const INSERT = [...FULL, `${AUTH}bigquery.insertdata`];

/** What a method needs of the token's scopes, whatever the caller's roles are. */
export type Reach = 'read' | 'write' | 'insert';

export function requireScope({ caller }: Pick<ApiRequest, 'caller'>, reach: Reach): void {
  const wanted = reach === 'read' ? READ_ONLY : reach === 'insert' ? INSERT : FULL;
  if (wanted.some((scope) => caller.scopes.includes(scope))) return;
  throw new ApiError(403, 'Request had insufficient authentication scopes.', { reason: 'insufficientPermissions' });
}

/** Who may do what: IAM, and the special groups of datasets' access lists. */
export class Access {
  readonly #policy: AccessPolicy;
  readonly #store: CatalogStore;

  constructor(policy: AccessPolicy, store: CatalogStore) {
    this.#policy = policy;
    this.#store = store;
  }

  allows(caller: Caller, permission: string, resource: string): boolean {
    if (this.#policy.allows(caller, permission, resource)) return true;
    const [, projectId, datasetId] = /^projects\/([^/]+)\/datasets\/([^/]+)/.exec(resource) ?? [];
    const dataset = projectId && datasetId ? this.#store.dataset(projectId, datasetId) : undefined;
    return dataset !== undefined && specialGroupAllows(this.#policy, dataset, caller, permission);
  }

  requireProject(caller: Caller, permission: string, projectId: string): void {
    if (this.allows(caller, permission, `projects/${projectId}`)) return;
    throw accessDenied(`Project ${projectId}: User does not have ${permission} permission in project ${projectId}.`);
  }

  requireDataset(caller: Caller, permission: string, projectId: string, datasetId: string): void {
    if (this.allows(caller, permission, datasetResource(projectId, datasetId))) return;
    throw accessDenied(
      `Dataset ${projectId}:${datasetId}: Permission ${permission} denied on dataset ${projectId}:${datasetId} (or it may not exist).`,
    );
  }

  requireTable(caller: Caller, permission: string, ref: TableRef): void {
    if (this.allows(caller, permission, tableResource(ref))) return;
    const name = tableName(ref);
    throw accessDenied(`Table ${name}: Permission ${permission} denied on table ${name} (or it may not exist).`);
  }

  requireRoutine(caller: Caller, permission: string, resource: string): void {
    if (this.allows(caller, permission, resource)) return;
    const name = resourceName(resource);
    throw accessDenied(`Routine ${name}: Permission ${permission} denied on routine ${name} (or it may not exist).`);
  }

  /** What a statement asks before it touches anything. */
  authorizer(caller: Caller): QueryRequest['authorize'] {
    return (action, resource) => {
      const permission = PERMISSIONS[action];
      if (this.allows(caller, permission, resource)) return;
      const name = resourceName(resource);
      if (action === 'call') throw accessDenied(`Routine ${name}: ${deniedTo('call', `routine ${name}`)}`);
      if (action === 'read') throw accessDenied(`Table ${name}: ${deniedTo('query', `table ${name}`)}`);
      const kind = resource.includes('/tables/') ? 'Table' : 'Dataset';
      throw accessDenied(
        `${kind} ${name}: Permission ${permission} denied on ${kind.toLowerCase()} ${name} (or it may not exist).`,
      );
    };
  }
}

const PERMISSIONS: Readonly<Record<Parameters<QueryRequest['authorize']>[0], string>> = {
  read: 'bigquery.tables.getData',
  write: 'bigquery.tables.updateData',
  create: 'bigquery.tables.create',
  call: 'bigquery.routines.get',
  schema: 'bigquery.tables.list',
};

const deniedTo = (verb: string, what: string): string =>
  `User does not have permission to ${verb} ${what}, or perhaps it does not exist.`;

/** `projects/p/datasets/d/tables/t` as `p:d.t`. */
function resourceName(resource: string): string {
  const [, projectId = '', , datasetId = '', , id] = resource.split('/');
  return `${projectId}:${datasetId}${id === undefined ? '' : `.${id}`}`;
}
