import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import type { SandboxKey, SandboxKeys } from './sandbox-keys.ts';

/** An answer as the provider words it: an object is sent as JSON, text as the page of what stands before it. */
export interface SandboxAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

export interface SandboxCall<Key extends SandboxKey = SandboxKey> {
  readonly verb: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** As it was sent, in the one place where the provider looks for it. */
  readonly secret: string | undefined;
  /** Undefined when the provider never gave this secret out. */
  readonly key: Key | undefined;
}

/** How a provider that knows its callers by a key answers. */
export interface ApiKeyProvider<Key extends SandboxKey = SandboxKey> {
  readonly service: string;
  /** Paths to the names of methods, for faults and the journal. */
  readonly methods: readonly { readonly name: string; readonly path: RegExp }[];
  secretIn(headers: IncomingMessage['headers']): string | undefined;
  answer(call: SandboxCall<Key>): SandboxAnswer;
  /** An error of its own, as it words one. */
  failure(status: number): SandboxAnswer;
  /** Headers that every answer carries. */
  headers?(): Record<string, string>;
}

export interface ProviderServer {
  readonly url: string;
  close(): Promise<void>;
}

type Context = Pick<ServiceContext, 'faults' | 'journal'>;

/** Serves a provider on loopback, with the faults that were asked for; a key in the state `unreachable` meets silence. */
export async function startProvider<Key extends SandboxKey>(
  provider: ApiKeyProvider<Key>,
  keys: Pick<SandboxKeys, 'find'>,
  context: Context,
  port = 0,
): Promise<ProviderServer> {
  const server = await listen((req, res) => {
    serve(req, res, provider, keys, context).catch((err: unknown) => {
      console.error(`${provider.service} failed`, err);
      res.destroy();
    });
  }, port);
  return { url: server.url, close: server.close };
}

async function serve<Key extends SandboxKey>(
  req: IncomingMessage,
  res: ServerResponse,
  provider: ApiKeyProvider<Key>,
  keys: Pick<SandboxKeys, 'find'>,
  { faults, journal }: Context,
): Promise<void> {
  const { service } = provider;
  const url = new URL(req.url ?? '/', 'http://localhost');
  const method = provider.methods.find(({ path }) => path.test(url.pathname))?.name ?? 'unknown';
  const fault = faults.next(service, method);
  if (fault?.latency_ms) await delay(fault.latency_ms, undefined, { ref: false });

  const secret = provider.secretIn(req.headers);
  const key = secret === undefined ? undefined : (keys.find(secret) as Key | undefined);
  const record = (status: number): void => journal.record({ service, method, caller: key?.id ?? 'anonymous', status });
  if (fault?.kind === 'reset' || key?.state === 'unreachable') {
    record(0);
    req.socket.destroy();
    return;
  }
  if (fault?.kind === 'garbage') {
    record(fault.status ?? 200);
    res.writeHead(fault.status ?? 200, { 'content-type': 'application/json' }).end('\u0000<garbage');
    return;
  }
  const call = { verb: req.method ?? 'GET', path: url.pathname, query: url.searchParams, headers: req.headers };
  const answer =
    fault?.kind === 'error' ? provider.failure(fault.status ?? 503) : provider.answer({ ...call, secret, key });
  record(answer.status);
  send(res, answer, provider.headers?.() ?? {});
}

function send(res: ServerResponse, { status, headers, body }: SandboxAnswer, common: Record<string, string>): void {
  const isPage = typeof body === 'string';
  const type = isPage ? 'text/html' : 'application/json';
  res.writeHead(status, { 'content-type': type, ...common, ...headers }).end(isPage ? body : JSON.stringify(body));
}

/** The one form of the header that is taken; anything else counts as no key at all. */
export function bearerIn({ authorization }: IncomingMessage['headers']): string | undefined {
  return /^Bearer ([\x21-\x7e]+)$/.exec(authorization ?? '')?.[1];
}

/** Words of a server that has no JSON for them. */
export function plainText(status: number, body: string): SandboxAnswer {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}

/** Whoever stands before a provider answers in its stead when it cannot, and not in JSON. */
export function unavailablePage(): SandboxAnswer {
  const title = '503 Service Temporarily Unavailable';
  return { status: 503, body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n` };
}
