import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import type { Authenticator, Caller, CallJournal, Fault, Faults } from './contracts.ts';

/** One REST call as a handler sees it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Named groups of the route's pattern, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** The raw request, not yet read: for uploads that stream. */
  readonly raw: IncomingMessage;
  readonly caller: Caller;
  body(): Promise<Buffer>;
  json<T>(): Promise<T>;
}

export interface ApiResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a Buffer or a string. */
  readonly body?: unknown;
}

export interface ApiRoute {
  readonly verb: string;
  /** Anchored pattern with named groups, matched against the path without its query. */
  readonly pattern: RegExp;
  /** The method's name in faults and in the journal: `jobs.insert`. */
  readonly name: string;
  /** Routes of token endpoints and discovery documents need no caller. */
  readonly anonymous?: boolean;
  handle(request: ApiRequest): Promise<ApiResponse> | ApiResponse;
}

export interface ApiServiceOptions {
  readonly service: string;
  readonly routes: readonly ApiRoute[];
  readonly auth: Authenticator;
  readonly faults: Faults;
  readonly journal: CallJournal;
  /** Largest body that `body()` reads, bytes. */
  readonly maxBodyBytes?: number;
}

const ANONYMOUS: Caller = { email: 'anonymous', scopes: [] };

/** A request listener that speaks like a Google REST API: routes, callers, Google's error JSON, faults and a journal. */
export function apiListener(options: ApiServiceOptions): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    answer(options, req, res).catch((err: unknown) => {
      console.error(`${options.service} failed`, err);
      if (!res.headersSent) send(res, { status: 500, body: new ApiError(500, 'Internal error encountered.') });
      else res.destroy();
    });
  };
}

async function answer(options: ApiServiceOptions, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://localhost');
  const { service, journal } = options;
  const found = findRoute(options.routes, req.method ?? 'GET', url.pathname);
  const name = found?.route.name ?? 'unknown';
  let caller = ANONYMOUS;
  let response: ApiResponse;
  try {
    if (await injected(options.faults.next(service, name), req, res)) {
      journal.record({ service, method: name, caller: caller.email, status: res.statusCode });
      return;
    }
    if (!found) throw new ApiError(404, `No API method answers ${req.method} ${url.pathname}`, { reason: 'notFound' });
    if (!found.route.anonymous) caller = await options.auth.authenticate(req.headers.authorization);
    response = await found.route.handle(
      apiRequest(req, url, decodedGroups(found.groups), caller, options.maxBodyBytes ?? 256 << 20),
    );
  } catch (err) {
    if (!(err instanceof ApiError)) throw err;
    response = { status: err.httpStatus, body: err };
  }
  journal.record({ service, method: name, caller: caller.email, status: response.status ?? 200 });
  send(res, response);
}

function findRoute(routes: readonly ApiRoute[], verb: string, path: string) {
  for (const route of routes) {
    const match = route.verb === verb ? route.pattern.exec(path) : null;
    if (!match) continue;
    return { route, groups: match.groups ?? {} };
  }
  return undefined;
}

function decodedGroups(groups: Readonly<Record<string, string | undefined>>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).flatMap(([key, value]) => (value === undefined ? [] : [[key, decodeURIComponent(value)]])),
    );
  } catch (cause) {
    throw new ApiError(400, 'The path holds a broken percent-encoding.', { reason: 'invalid', cause });
  }
}

function apiRequest(
  req: IncomingMessage,
  url: URL,
  params: Record<string, string>,
  caller: Caller,
  maxBytes: number,
): ApiRequest {
  let read: Promise<Buffer> | undefined;
  const body = (): Promise<Buffer> => (read ??= readBody(req, maxBytes));
  return {
    method: req.method ?? 'GET',
    path: url.pathname,
    params,
    query: url.searchParams,
    headers: req.headers,
    raw: req,
    caller,
    body,
    async json<T>(): Promise<T> {
      const bytes = await body();
      try {
        return (bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'))) as T;
      } catch (cause) {
        throw new ApiError(400, 'Invalid JSON payload received.', { reason: 'parseError', cause });
      }
    },
  };
}

/** Reads a body whole, up to `maxBytes`. */
export async function readBody(req: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > maxBytes) throw new ApiError(413, `Request payload exceeds ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Plays a fault; true when the call is over with it. */
async function injected(fault: Fault | undefined, req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  if (!fault) return false;
  if (fault.latency_ms) await delay(fault.latency_ms, undefined, { ref: false });
  switch (fault.kind) {
    case 'latency':
      // A caller that gave up meanwhile must not see its call carried out behind its back.
      return req.socket.destroyed;
    case 'reset':
      req.socket.destroy();
      return true;
    case 'garbage':
      res.writeHead(fault.status ?? 200, { 'content-type': 'application/json' }).end('\u0000<garbage');
      return true;
    case 'error':
      send(res, { status: fault.status ?? 503, body: new ApiError(fault.status ?? 503, 'Injected fault.') });
      return true;
  }
}

function send(res: ServerResponse, { status = 200, headers = {}, body }: ApiResponse): void {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const type = isRaw ? 'text/plain; charset=utf-8' : 'application/json; charset=UTF-8';
  const payload = body === undefined ? '' : isRaw ? body : JSON.stringify(body);
  res.writeHead(status, { ...(body === undefined ? {} : { 'content-type': type }), ...headers }).end(payload);
}

/** Starts a server on a loopback port (0: any free one). */
export async function listen(
  listener: (req: IncomingMessage, res: ServerResponse) => void,
  port = 0,
): Promise<{ url: string; port: number; server: Server; close: () => Promise<void> }> {
  const server = createServer({ keepAliveTimeout: 30_000 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return { url: `http://127.0.0.1:${bound}`, port: bound, server, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
