import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '../kit/api-server.ts';
import type { Fault, ServiceContext } from '../kit/contracts.ts';
import {
  commonHeaders,
  failure,
  missingScope,
  noKey,
  refusalBy,
  unknownKey,
  unknownUrl,
  type OpenAiAnswer,
} from './openai-answers.ts';
import { OpenAiKeys, type OpenAiKey } from './openai-keys.ts';

const SERVICE = 'openai';

export interface OpenAiSandbox {
  readonly url: string;
  readonly keys: OpenAiKeys;
  close(): Promise<void>;
}

/** A stand-in of api.openai.com on the wire: its paths, its errors, its way to look at keys. */
export async function startOpenAi(
  context: Pick<ServiceContext, 'db' | 'faults' | 'journal'>,
  port = 0,
): Promise<OpenAiSandbox> {
  const keys = new OpenAiKeys(context.db);
  const server = await listen((req, res) => {
    serve(req, res, keys, context).catch((err: unknown) => {
      console.error(`${SERVICE} failed`, err);
      res.destroy();
    });
  }, port);
  return { url: server.url, keys, close: server.close };
}

interface Call {
  readonly key: OpenAiKey;
  readonly query: URLSearchParams;
}

interface Route {
  readonly name: string;
  readonly path: RegExp;
  /** The scope that the call needs, and the kind of key that can have it. */
  readonly scope: string;
  readonly kind: OpenAiKey['kind'];
  answer(call: Call): OpenAiAnswer;
}

const ROUTES: readonly Route[] = [
  { name: 'models.list', path: /^\/v1\/models$/, scope: 'api.model.read', kind: 'project', answer: models },
  { name: 'costs.list', path: /^\/v1\/organization\/costs$/, scope: 'api.usage.read', kind: 'admin', answer: costs },
];

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  keys: OpenAiKeys,
  { faults, journal }: Pick<ServiceContext, 'faults' | 'journal'>,
): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://localhost');
  const found = ROUTES.find(({ path }) => path.test(url.pathname));
  const method = found?.name ?? 'unknown';
  const fault = faults.next(SERVICE, method);
  if (fault?.latency_ms) await delay(fault.latency_ms, undefined, { ref: false });

  const secret = bearerOf(req);
  const key = secret === undefined ? undefined : keys.find(secret);
  const record = (status: number): void =>
    journal.record({ service: SERVICE, method, caller: key?.id ?? 'anonymous', status });
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
  const answer = injected(fault) ?? judge(req, url, found, secret, key);
  record(answer.status);
  const isPage = typeof answer.body === 'string';
  res
    .writeHead(answer.status, {
      'content-type': isPage ? 'text/html' : 'application/json',
      ...commonHeaders(),
      ...answer.headers,
    })
    .end(isPage ? answer.body : JSON.stringify(answer.body));
}

function injected(fault: Fault | undefined): OpenAiAnswer | undefined {
  if (fault?.kind !== 'error') return undefined;
  return failure(fault.status ?? 503, 'The server is overloaded or not ready yet.', { type: 'server_error' });
}

/** The one form of the header that OpenAI takes; anything else counts as no key at all. */
function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer ([\x21-\x7e]+)$/.exec(headers.authorization ?? '')?.[1];
}

function judge(
  { method = 'GET' }: IncomingMessage,
  url: URL,
  route: Route | undefined,
  secret: string | undefined,
  key: OpenAiKey | undefined,
): OpenAiAnswer {
  if (secret === undefined) return noKey();
  if (!key) return unknownKey(secret);
  const refusal = refusalBy(key, secret);
  if (refusal) return refusal;
  if (!route || method !== 'GET') return unknownUrl(method, url.pathname);
  if (key.state === 'insufficient_permission' || key.kind !== route.kind) return missingScope(route.scope);
  return route.answer({ key, query: url.searchParams });
}

const MODELS_SINCE: Readonly<Record<string, number>> = { 'gpt-4o-mini': 1_721_172_741, 'gpt-4.1': 1_744_316_542 };

function models(): OpenAiAnswer {
  const data = Object.entries(MODELS_SINCE).map(([id, created]) => ({
    id,
    object: 'model',
    created,
    owned_by: 'system',
  }));
  return { status: 200, body: { object: 'list', data } };
}

const DAY_SECONDS = 86_400;

/** One empty bucket: an organisation that has spent nothing yet. */
function costs({ query }: Call): OpenAiAnswer {
  const start = query.get('start_time') ?? '';
  if (!/^\d{1,12}$/.test(start)) {
    return failure(400, "Missing or invalid required parameter: 'start_time'.", {
      type: 'invalid_request_error',
      param: 'start_time',
      code: 'missing_required_parameter',
    });
  }
  const from = Number(start);
  const bucket = { object: 'bucket', start_time: from, end_time: from + DAY_SECONDS, results: [] };
  return { status: 200, body: { object: 'page', data: [bucket], has_more: false, next_page: null } };
}
