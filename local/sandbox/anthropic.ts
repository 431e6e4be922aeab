import { failure, newRequestId, refusalBy, unknownKey } from './anthropic-answers.ts';
import { keyCases, type ProviderCases } from './cases.ts';
import type { ApiKeyProvider, SandboxAnswer, SandboxCall } from './provider-server.ts';
import { randomText, type SandboxKey, type SandboxKeys } from './sandbox-keys.ts';

export type AnthropicKind = 'admin' | 'api';
export type AnthropicState =
  | 'active'
  | 'revoked'
  | 'disabled'
  | 'insufficient_permission'
  | 'network_restricted'
  | 'creator_left'
  | 'on_hold'
  | 'other_type'
  | 'encryption_disabled'
  | 'spend_limit'
  | 'contract_limit'
  | 'own_limit'
  | 'credit_used_up'
  | 'unpaid'
  | 'ramp_limit'
  | 'rate_limited'
  | 'overloaded'
  | 'provider_error'
  | 'unavailable'
  | 'unreachable';
type Key = SandboxKey<AnthropicKind, AnthropicState>;

/** A secret in Anthropic's form. */
export function newAnthropicSecret(kind: AnthropicKind): string {
  return `sk-ant-${kind === 'admin' ? 'admin01' : 'api03'}-${randomText(93)}AA`;
}

const ORGANIZATION = { id: '5ba2c1f0-6d3e-4b7a-9c1d-0e8f7a6b5c4d', name: 'Sandbox', type: 'organization' };

const VERSION = '2023-06-01';
/** `most`: the largest `limit` that a list takes. */
const ROUTES = [
  { name: 'models.list', path: /^\/v1\/models$/, kind: 'api', most: 1000, body: models },
  { name: 'organizations.me', path: /^\/v1\/organizations\/me$/, kind: 'admin', most: 1, body: () => ORGANIZATION },
  { name: 'cost_report', path: /^\/v1\/organizations\/cost_report$/, kind: 'admin', most: 31, body: costReport },
] as const;

/** A stand-in of api.anthropic.com: its paths, its headers, its errors, its way to look at keys. */
export const anthropic: ApiKeyProvider<Key> = {
  service: 'anthropic',
  methods: ROUTES,
  secretIn: (headers) => (typeof headers['x-api-key'] === 'string' ? headers['x-api-key'] : undefined),
  headers: () => ({ 'request-id': newRequestId() }),
  failure: (status) => failure(status, status === 529 ? 'overloaded_error' : 'api_error', 'Internal server error'),
  answer(call) {
    const { verb, path, headers, secret, key } = call;
    const route = ROUTES.find((candidate) => candidate.path.test(path));
    if (!route) return failure(404, 'not_found_error', 'Not Found');
    if (verb !== 'GET') return failure(405, 'invalid_request_error', 'Method Not Allowed');
    if (secret === undefined) return failure(401, 'authentication_error', 'x-api-key header is required');
    if (headers['anthropic-version'] !== VERSION) {
      return failure(400, 'invalid_request_error', 'anthropic-version: header is required');
    }
    if (!key) return unknownKey();
    return refusalBy(key.state) ?? answerOf(route, key.kind, call);
  },
};

function answerOf(route: (typeof ROUTES)[number], kind: AnthropicKind, call: SandboxCall): SandboxAnswer {
  // Models are for every key, the organisation for administrators.
  if (route.kind === 'admin' && kind !== 'admin') {
    return failure(403, 'permission_error', 'This endpoint requires an Admin API key.');
  }
  const wrong = wrongParameter(route, call.query);
  if (wrong) return failure(400, 'invalid_request_error', `${wrong}: Field required or out of range`);
  return { status: 200, body: route.body(call.query) };
}

function wrongParameter({ name, most }: (typeof ROUTES)[number], query: URLSearchParams): string | undefined {
  const limit = Number(query.get('limit') ?? 1);
  if (!Number.isInteger(limit) || limit < 1 || limit > most) return 'limit';
  return name === 'cost_report' && !isInstant(query.get('starting_at')) ? 'starting_at' : undefined;
}

function models(): object {
  const id = 'claude-sonnet-4-5';
  const model = { type: 'model', id, display_name: 'Claude Sonnet 4.5', created_at: '2025-09-29T00:00:00Z' };
  return { data: [model], has_more: false, first_id: id, last_id: id };
}

/** One empty day: an organisation that has spent nothing yet. */
function costReport(query: URLSearchParams): object {
  const from = new Date(query.get('starting_at') ?? '');
  const to = new Date(from.getTime() + 86_400_000);
  const bucket = { starting_at: from.toISOString(), ending_at: to.toISOString(), results: [] };
  return { data: [bucket], has_more: false, next_page: null };
}

function isInstant(text: string | null): boolean {
  return text !== null && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** A key for each state that Anthropic can keep one in, and one that it never gave out. */
export function anthropicCases(keys: SandboxKeys<AnthropicKind, AnthropicState>): ProviderCases {
  return keyCases(keys, 'api_key', {
    valid: ['admin', 'active', 'accepted'],
    api_key: ['api', 'active', 'accepted'],
    revoked: ['admin', 'revoked', 'rejected'],
    disabled: ['admin', 'disabled', 'rejected'],
    insufficient_permission: ['admin', 'insufficient_permission', 'insufficient_permission'],
    network_restricted: ['admin', 'network_restricted', 'insufficient_permission'],
    creator_left: ['api', 'creator_left', 'insufficient_permission'],
    organization_on_hold: ['admin', 'on_hold', 'insufficient_permission'],
    organization_of_another_type: ['admin', 'other_type', 'insufficient_permission'],
    encryption_key_disabled: ['api', 'encryption_disabled', 'insufficient_permission'],
    spend_limit: ['admin', 'spend_limit', 'accepted'],
    contract_limit: ['admin', 'contract_limit', 'accepted'],
    own_spend_limit: ['api', 'own_limit', 'accepted'],
    credit_used_up: ['api', 'credit_used_up', 'accepted'],
    unpaid: ['admin', 'unpaid', 'accepted'],
    rate_limited: ['admin', 'rate_limited', 'rate_limited'],
    growing_too_fast: ['admin', 'ramp_limit', 'rate_limited'],
    unreachable: ['admin', 'unreachable', 'unreachable'],
    provider_error: ['admin', 'provider_error', 'provider_error'],
    overloaded: ['api', 'overloaded', 'provider_error'],
    unavailable: ['api', 'unavailable', 'provider_error'],
    wrong: ['admin', undefined, 'rejected'],
  });
}
