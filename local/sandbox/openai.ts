import { commonHeaders, failure, missingScope, noKey, refusalBy, unknownKey, unknownUrl } from './openai-answers.ts';
import { bearerIn, type ApiKeyProvider, type SandboxAnswer, type SandboxCall } from './provider-server.ts';
import { randomText, type SandboxKey } from './sandbox-keys.ts';

/** What OpenAI knows about a key; everything else it says follows from this. */
export type OpenAiState =
  | 'active'
  | 'revoked'
  | 'rate_limited'
  | 'quota_exhausted'
  | 'insufficient_permission'
  | 'provider_error'
  | 'overloaded'
  | 'unreachable';

/** Admin keys read usage and costs; project keys use models. */
export type OpenAiKind = 'admin' | 'project';
export type OpenAiKey = SandboxKey<OpenAiKind, OpenAiState>;

const SECRET_PART_LENGTH = 58;

/** A secret in OpenAI's form. */
export function newOpenAiSecret(kind: OpenAiKind): string {
  const start = kind === 'admin' ? 'sk-admin-' : 'sk-proj-';
  return `${start}${randomText(SECRET_PART_LENGTH)}T3BlbkFJ${randomText(SECRET_PART_LENGTH)}`;
}

interface Route {
  readonly name: string;
  readonly path: RegExp;
  /** The scope that the call needs, and the kind of key that can have it. */
  readonly scope: string;
  readonly kind: OpenAiKind;
  answer(call: Pick<SandboxCall, 'query'>): SandboxAnswer;
}

const ROUTES: readonly Route[] = [
  { name: 'models.list', path: /^\/v1\/models$/, scope: 'api.model.read', kind: 'project', answer: models },
  { name: 'costs.list', path: /^\/v1\/organization\/costs$/, scope: 'api.usage.read', kind: 'admin', answer: costs },
];

/** A stand-in of api.openai.com on the wire: its paths, its errors, its way to look at keys. */
export const openAi: ApiKeyProvider<OpenAiKey> = {
  service: 'openai',
  methods: ROUTES,
  secretIn: bearerIn,
  headers: commonHeaders,
  failure: (status) => failure(status, 'The server is overloaded or not ready yet.', { type: 'server_error' }),
  answer({ verb, path, query, secret, key }) {
    if (secret === undefined) return noKey();
    if (!key) return unknownKey(secret);
    const refusal = refusalBy(key, secret);
    if (refusal) return refusal;
    const route = ROUTES.find((candidate) => candidate.path.test(path));
    if (!route || verb !== 'GET') return unknownUrl(verb, path);
    if (key.state === 'insufficient_permission' || key.kind !== route.kind) return missingScope(route.scope);
    return route.answer({ query });
  },
};

const MODELS_SINCE: Readonly<Record<string, number>> = { 'gpt-4o-mini': 1_721_172_741, 'gpt-4.1': 1_744_316_542 };

function models(): SandboxAnswer {
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
function costs({ query }: Pick<SandboxCall, 'query'>): SandboxAnswer {
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
