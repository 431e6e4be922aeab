import { ApiError } from '../../kit/api-error.ts';
import type { ApiRequest, ApiResponse, ApiRoute } from '../../kit/api-server.ts';
import { requireScope, type Reach } from '../access.ts';

/** Clients that only know `BIGQUERY_EMULATOR_HOST` leave the prefix out. */
const PREFIX = '(?:/bigquery/v2)?';

/** `GET /projects/{projectId}/datasets` as a route; each `{name}` is one segment. */
export function route(
  name: string,
  signature: string,
  reach: Reach,
  handle: (request: ApiRequest) => Promise<ApiResponse> | ApiResponse,
): ApiRoute {
  const [verb = '', path = ''] = signature.split(' ');
  const pattern = path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/:]+)');
  return {
    verb,
    pattern: new RegExp(`^${PREFIX}${pattern}$`),
    name,
    handle(request) {
      requireScope(request, reach);
      return handle(request);
    },
  };
}

/** A member of the path; its absence would be a fault of the route. */
export function param({ params }: ApiRequest, name: string): string {
  const value = params[name];
  if (value === undefined) throw new Error(`The route has no parameter ${name}.`);
  return value;
}

export const baseUrl = ({ headers }: ApiRequest): string => `http://${headers.host ?? 'localhost'}`;

/** An answer with its etag, which a conditional request may have spared. */
export function tagged({ headers }: ApiRequest, body: { readonly etag?: unknown }): ApiResponse {
  const etag = String(body.etag);
  if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
  return { body, headers: { etag } };
}

/** Refuses a change of what is no longer as the caller saw it. */
export function assertMatch({ headers }: ApiRequest, etag: string): void {
  const wanted = headers['if-match'];
  if (wanted === undefined || wanted === '*' || wanted === etag) return;
  throw new ApiError(412, 'Precondition check failed.', { reason: 'conditionNotMet' });
}
