import { ApiError } from '../../kit/api-error.ts';
import { apiListener, listen, type ApiRequest, type ApiResponse, type ApiRoute } from '../../kit/api-server.ts';
import type { ServiceContext } from '../../kit/contracts.ts';
import type { Iam } from '../../iam/iam.ts';

export interface GoogleApi {
  /** First label of the host; also its name in faults and in the journal. */
  readonly label: string;
  readonly routes: (iam: Iam) => ApiRoute[];
}

/** Serves an API of Google for customers' projects on a loopback port. */
export async function startGoogleApi(
  { label, routes }: GoogleApi,
  { auth, faults, journal }: Pick<ServiceContext, 'auth' | 'faults' | 'journal'>,
  iam: Iam,
): Promise<{ url: string; close(): Promise<void> }> {
  const { url, close } = await listen(
    apiListener({ service: label, routes: routes(iam), auth, faults, journal, maxBodyBytes: 64 << 10 }),
  );
  return { url, close };
}

export interface ListMethod {
  readonly name: string;
  readonly label: string;
  readonly permission: string;
  readonly pattern: RegExp;
  /** Id or number of the project; absent: the request names none. */
  project(request: ApiRequest): string | undefined;
  answer(projectId: string, request: ApiRequest): ApiResponse;
}

/** A list of a project's resources: for callers who may, where the API is switched on. */
export function listRoute(iam: Iam, { name, label, permission, pattern, project, answer }: ListMethod): ApiRoute {
  return {
    verb: 'GET',
    pattern,
    name,
    handle(request) {
      const wanted = project(request);
      if (!wanted) throw new ApiError(400, 'Required parameter: project', { reason: 'required' });
      const { projects, services } = iam.internals;
      const found = projects.find(wanted);
      const service = `${label}.googleapis.com`;
      if (found && !services.isEnabled(found.projectId, service)) throw new ServiceDisabledError(service, found.number);
      const id = found?.projectId ?? wanted;
      if (!iam.allows(request.caller, permission, `projects/${id}`)) {
        const message = `Required '${permission}' permission for 'projects/${wanted}'`;
        throw new ApiError(403, message, { reason: 'forbidden' });
      }
      if (!found) throw new ApiError(404, `The resource 'projects/${wanted}' was not found`, { reason: 'notFound' });
      return answer(found.projectId, request);
    },
  };
}

/** The API is switched off in the project. */
class ServiceDisabledError extends ApiError {
  readonly #details: readonly object[];

  constructor(service: string, projectNumber: string) {
    super(403, `${service} has not been used in project ${projectNumber} before or it is disabled.`, {
      reason: 'accessNotConfigured',
    });
    const metadata = { service, consumer: `projects/${projectNumber}` };
    const type = 'type.googleapis.com/google.rpc.ErrorInfo';
    this.#details = [{ '@type': type, reason: 'SERVICE_DISABLED', domain: 'googleapis.com', metadata }];
  }

  override toJSON(): object {
    const { error } = super.toJSON() as { error: object };
    return { error: { ...error, details: this.#details } };
  }
}

/** A count from the query; Google refuses what is larger than its largest page. */
export function pageSizeOf({ query }: ApiRequest, name: string, maximum: number): number {
  const text = query.get(name);
  if (text === null) return maximum;
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0 && count <= maximum) return count || maximum;
  const message = `Invalid value for field '${name}': '${text.slice(0, 20)}'. Must be from 0 to ${maximum}.`;
  throw new ApiError(400, message, { reason: 'invalid' });
}

/** The partial response that `fields` asks for, as far as it names whole members. */
export function withFields(body: Readonly<Record<string, unknown>>, { query }: ApiRequest): object {
  const names = query.get('fields')?.split(',');
  return names ? Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name))) : body;
}
