import type { ApiRequest, ApiResponse, ApiRoute } from '../kit/api-server.ts';
import type { Caller } from '../kit/contracts.ts';
import type { ServiceAccount } from './accounts.ts';
import { invalidArgument, notFound, permissionDenied } from './google-error.ts';
import type { Iam } from './iam.ts';
import { isProjectId } from './projects.ts';

export function route(
  verb: string,
  pattern: RegExp,
  name: string,
  handle: (request: ApiRequest) => Promise<ApiResponse> | ApiResponse,
): ApiRoute {
  return { verb, pattern, name, handle };
}

export function requirePermission(iam: Iam, caller: Caller, permission: string, resource: string): void {
  if (!iam.allows(caller, permission, resource)) throw permissionDenied(permission, resource);
}

/** The project of a path, by id or number. For its owner a new one comes into being; for others it is as good as forbidden. */
export function projectId(iam: Iam, caller: Caller, idOrNumber = ''): string {
  const { projects } = iam.internals;
  const project = projects.find(idOrNumber);
  if (project) return project.projectId;
  if (caller.email === iam.operator.email && isProjectId(idOrNumber)) return projects.ensure(idOrNumber).projectId;
  throw permissionDenied('resourcemanager.projects.get', `projects/${idOrNumber}`);
}

export const accountName = ({ projectId: project, email }: ServiceAccount): string =>
  `projects/${project}/serviceAccounts/${email}`;

/** The account of `projects/{project}/serviceAccounts/{account}`, where the project may be `-`, for a caller who may. */
export function accountFor(iam: Iam, { caller, params }: ApiRequest, permission: string): ServiceAccount {
  const { project = '', account: wanted = '' } = params;
  const account = iam.findServiceAccount(wanted);
  const isThere = account && (project === '-' || iam.internals.projects.find(project)?.projectId === account.projectId);
  const projectOfEmail = /@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(wanted)?.[1] ?? '';
  const home = project === '-' ? projectOfEmail : project;
  requirePermission(iam, caller, permission, isThere ? accountName(account) : `projects/${home}`);
  if (!isThere) throw notFound('Unknown service account');
  return account;
}

/** The body as an object; anything else is refused. */
export async function jsonObject(request: ApiRequest): Promise<Record<string, unknown>> {
  const body = await request.json<unknown>();
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw invalidArgument('Invalid JSON payload received. The root element must be an object.');
}

/** A text field; absent: the fallback. */
export function textField(body: Record<string, unknown>, name: string, fallback = ''): string {
  const value = body[name] ?? fallback;
  if (typeof value === 'string') return value;
  throw invalidArgument(`Invalid value at '${name}' (TYPE_STRING)`);
}

export function objectField(body: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = body[name] ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalidArgument(`Invalid value at '${name}': an object is expected.`);
}

export function textList(body: Record<string, unknown>, name: string): string[] {
  const value = body[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalidArgument(`Invalid value at '${name}' (TYPE_STRING, repeated)`);
}
