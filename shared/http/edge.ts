import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { withinMs } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Platform } from '../platform/platform.ts';
import type { Provider, Registry } from '../providers/registry.ts';
import { atLeast, authenticator, type Authenticate, type Principal } from './authentication.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { isOrgSlug } from './org-slug.ts';
import { toProblem } from './problem.ts';
import { RateLimiter } from './rate-limiter.ts';
import { matchPath, operationsOf, readMethod, type MatchedPath, type Operation, type Path } from './routes.ts';

/** A handler as functions-framework takes it; plain Node objects are all it needs. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A request that has passed all checks before its body. */
export interface Call {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  readonly requestId: string;
  readonly log: Logger;
  /** Milliseconds since the call came in. */
  readonly startedAt: number;
  /** Whom the log names when the call is refused: nobody before the token has named the organisation too. */
  readonly about?: { org?: string };
}

export interface OrgCall extends Call {
  readonly org: string;
  /** Parts of the path in braces, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly principal: Principal;
}

export interface ProviderCall extends OrgCall {
  readonly provider: Provider;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Writes the body itself, after the head is sent. */
  readonly stream?: (response: ServerResponse) => Promise<void>;
}

/** What a function does on one of its paths. */
export type Endpoint =
  | { readonly path: Path; readonly scope: 'public'; handle(call: Call): Promise<Answer> }
  | { readonly path: Path; readonly scope: 'org'; handle(call: OrgCall): Promise<Answer> }
  | { readonly path: Path; readonly scope: 'provider'; handle(call: ProviderCall): Promise<Answer> };

export interface EdgeDeps {
  readonly registry: Registry;
  readonly authenticate?: Authenticate;
}

/** Everything that a request may cost before it is waited for on purpose; a proxy in front gives up at 10 s. */
const REQUEST_BUDGET_MS = 8_500;
/** Who was turned away stands in the log only: an attacker could fill a history. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 429]);
export const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Makes the HTTP function `name` out of its endpoints: every check that comes before the body, and every answer after it. */
export function httpFunction(
  name: string,
  platform: Platform,
  { registry, authenticate = authenticator(platform.config, platform.clock) }: EdgeDeps,
  endpoints: readonly Endpoint[],
): HttpHandler {
  const limiter = new RateLimiter(platform.config.rateLimits, platform.clock);
  const dispatch = dispatcher(name, { registry, authenticate, limiter }, endpoints);
  return async (request, response) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(request, registry);
    const log = platform.log.child({ request_id: requestId });
    const cors = corsHeaders(request, platform.config.corsOrigins);
    const common = { ...cors, 'x-request-id': requestId, vary: 'Origin, Accept', 'cache-control': 'no-store' };
    const { pathname, query } = targetOf(request);
    let answer: Answer;
    const about: { org?: string } = {};
    try {
      const call = { request, query, requestId, log, startedAt, about };
      answer = await withinMs(REQUEST_BUDGET_MS, () => dispatch(call, pathname, cors));
    } catch (err) {
      answer = failure(err, requestId, log.child(about), name);
    }
    await send(response, { ...answer, headers: { ...common, ...answer.headers } }, log);
  };
}

/** Path and query as they were sent: a URL parser would take the start of `//x/health` for a host, and throw at `//`. */
function targetOf({ url = '/' }: IncomingMessage): { pathname: string; query: URLSearchParams } {
  const end = url.includes('?') ? url.indexOf('?') : url.length;
  return { pathname: url.slice(0, end), query: new URLSearchParams(url.slice(end + 1)) };
}

type DispatchDeps = Required<EdgeDeps> & { readonly limiter: RateLimiter };

/** The order of checks is part of the contract: path, token, organisation, provider, method, role, limit, and then the body. */
function dispatcher(name: string, deps: DispatchDeps, endpoints: readonly Endpoint[]) {
  return async (call: Call, pathname: string, cors: Record<string, string>): Promise<Answer> => {
    const path = matchPath(pathname);
    const endpoint = path && endpoints.find((candidate) => candidate.path === path.template);
    if (!path || !endpoint) throw new ServiceError('not_found', 'No such path; GET /openapi.json lists them');
    const methods = [...Object.keys(operationsOf(path.template)), 'OPTIONS'];
    if (call.request.method === 'OPTIONS') return { status: 204, headers: preflightHeaders(cors, methods) };
    if (endpoint.scope === 'public') {
      return checkMethod(call, path) ? endpoint.handle(call) : wrongMethod(call, methods);
    }
    const orgCall = await enterOrg(call, path, deps);
    const provider = endpoint.scope === 'provider' ? deps.registry.get(path.parameters['provider'] ?? '') : undefined;
    if (!checkMethod(call, path)) return wrongMethod(call, methods);
    const operation = checkRole(orgCall, path, name);
    return withinLimit(operation, orgCall, deps.limiter, () =>
      provider && endpoint.scope === 'provider'
        ? endpoint.handle({ ...orgCall, provider })
        : (endpoint as Extract<Endpoint, { scope: 'org' }>).handle(orgCall),
    );
  };
}

async function enterOrg(
  call: Call,
  path: MatchedPath,
  { authenticate, registry }: Required<EdgeDeps>,
): Promise<OrgCall> {
  const principal = await authenticate(call.request.headers.authorization);
  const org = path.parameters['org'] ?? '';
  if (!isOrgSlug(org, registry) || !principal.roleIn(org)) {
    throw new ServiceError('forbidden', 'Your token does not name this organisation');
  }
  if (call.about) call.about.org = org;
  return { ...call, org, parameters: path.parameters, principal };
}

function checkMethod({ request }: Call, { template }: MatchedPath): boolean {
  return readMethod(request.method ?? '') in operationsOf(template);
}

function wrongMethod({ requestId }: Call, methods: readonly string[]): Answer {
  const error = new ServiceError('method_not_allowed', `This path answers ${methods.join(', ')}`);
  return problemAnswer(error, requestId, { allow: methods.join(', ') });
}

/** Counts the call, unless it turns out to be the caller's mistake. */
async function withinLimit(
  { limit }: Operation,
  { org, query }: OrgCall,
  limiter: RateLimiter,
  handle: () => Promise<Answer>,
): Promise<Answer> {
  if (!limit) return handle();
  // A dry run writes nothing; it asks the provider, as a validation does.
  const refund = limiter.take(limit === 'writes' && query.get('dry_run') === 'true' ? 'validations' : limit, org);
  try {
    return await handle();
  } catch (err) {
    if (err instanceof ServiceError && err.httpStatus < 500) refund();
    throw err;
  }
}

function checkRole({ request, org, principal }: OrgCall, { template }: MatchedPath, name: string): Operation {
  const operation = operationsOf(template)[readMethod(request.method ?? '')];
  if (operation?.function !== name) throw new ServiceError('not_found', 'Another function answers this path');
  const role = principal.roleIn(org);
  if (operation.role && (!role || !atLeast(role, operation.role))) {
    throw new ServiceError('forbidden', `This needs the role ${operation.role}; ask an admin of the organisation`);
  }
  return operation;
}

/** It goes into logs and history: a key that was pasted into the wrong header gets another id. */
function requestIdOf({ headers }: IncomingMessage, registry: Registry): string {
  const given = headers['x-request-id'];
  const isUsable = typeof given === 'string' && REQUEST_ID.test(given) && !registry.looksSecret(given);
  return isUsable ? given : randomUUID();
}

function failure(err: unknown, requestId: string, log: Logger, name: string): Answer {
  const answer = problemAnswer(err, requestId);
  const cause = err instanceof Error ? err.cause : undefined;
  if (REFUSALS.has(answer.status)) log.warn('request-refused', { function: name, status: answer.status });
  if (answer.status >= 500) log.error('request-failed', { function: name, status: answer.status, error: err, cause });
  return answer;
}

function problemAnswer(err: unknown, requestId: string, more: Record<string, string> = {}): Answer {
  const { problem, headers } = toProblem(err, requestId);
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headers, ...more },
    body: problem,
  };
}

async function send(response: ServerResponse, answer: Answer, log: Logger): Promise<void> {
  const { status, headers = {}, body, stream } = answer;
  const type =
    body === undefined || 'content-type' in headers ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(status, { ...headers, ...type });
  if (stream) await stream(response).catch((err: unknown) => log.error('stream-broke-off', { error: err }));
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
