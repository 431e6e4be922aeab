import {
  commonHeaders,
  failure,
  missingScope,
  noKey,
  refusalBy,
  unknownKey,
  unknownUrl,
  wrongParameter,
} from './openai-answers.ts';
import { bearerIn, type ApiKeyProvider, type SandboxAnswer, type SandboxCall } from './provider-server.ts';
import { randomText, type SandboxKey } from './sandbox-keys.ts';

/** What OpenAI knows about a key; everything else it says follows from this. */
export type OpenAiState =
  | 'active'
  | 'revoked'
  | 'rate_limited'
  | 'slow_down'
  | 'quota_exhausted'
  | 'organization_limit'
  | 'project_limit'
  | 'usage_limit'
  | 'billing_off'
  | 'insufficient_permission'
  | 'insufficient_permission_401'
  | 'usage_only'
  | 'address_not_allowed'
  | 'not_a_member'
  | 'organization_gone'
  | 'project_archived'
  | 'deactivated'
  | 'country'
  | 'provider_error'
  | 'overloaded'
  | 'unreachable';

/** Admin keys read usage and costs; those of projects, service accounts and people use models. */
export type OpenAiKind = 'admin' | 'project' | 'service_account' | 'legacy_user';
export type OpenAiKey = SandboxKey<OpenAiKind, OpenAiState>;

const SECRET_PART_LENGTH = 58;
const PREFIX = { admin: 'sk-admin-', project: 'sk-proj-', service_account: 'sk-svcacct-' } as const;

/** A secret in OpenAI's form. */
export function newOpenAiSecret(kind: OpenAiKind): string {
  if (kind === 'legacy_user') return `sk-${plainText(20)}T3BlbkFJ${plainText(20)}`;
  return `${PREFIX[kind]}${randomText(SECRET_PART_LENGTH)}T3BlbkFJ${randomText(SECRET_PART_LENGTH)}`;
}

function plainText(length: number): string {
  return randomText(length).replaceAll(/[-_]/g, '0');
}

interface Route {
  readonly name: string;
  readonly path: RegExp;
  /** The scope that the call needs. */
  readonly scope: Scope;
  answer(call: Pick<SandboxCall, 'query'>): SandboxAnswer;
}
type Scope = 'api.model.read' | 'api.usage.read';

const ROUTES: readonly Route[] = [
  { name: 'models.list', path: /^\/v1\/models$/, scope: 'api.model.read', answer: models },
  { name: 'costs.list', path: /^\/v1\/organization\/costs$/, scope: 'api.usage.read', answer: costs },
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
    if (scopeOf(key) === route.scope) return route.answer({ query });
    return missingScope(route.scope, key.state === 'insufficient_permission_401' ? 401 : 403);
  },
};

/** The one of our scopes that a key has. */
function scopeOf({ kind, state }: OpenAiKey): Scope | undefined {
  if (state.startsWith('insufficient_permission')) return undefined;
  return kind === 'admin' || state === 'usage_only' ? 'api.usage.read' : 'api.model.read';
}

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
const MOST_BUCKETS = 180;

/** Empty buckets: an organisation that has spent nothing yet. */
function costs({ query }: Pick<SandboxCall, 'query'>): SandboxAnswer {
  const wrong = wrongCostParameter(query);
  if (wrong) return wrongParameter(wrong);
  const from = Number(query.get('start_time'));
  const bucket = { object: 'bucket', start_time: from, end_time: from + DAY_SECONDS, results: [] };
  return { status: 200, body: { object: 'page', data: [bucket], has_more: false, next_page: null } };
}

function wrongCostParameter(query: URLSearchParams): string | undefined {
  const start = query.get('start_time') ?? '';
  // Unix seconds; milliseconds have three digits more.
  if (!/^\d{9,11}$/.test(start)) return 'start_time';
  const limit = query.get('limit') ?? '7';
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > MOST_BUCKETS) return 'limit';
  return (query.get('bucket_width') ?? '1d') === '1d' ? undefined : 'bucket_width';
}
