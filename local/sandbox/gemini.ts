import { keyCases, type ProviderCases } from './cases.ts';
import type { ApiKeyProvider, SandboxAnswer } from './provider-server.ts';
import { randomText, type SandboxKey, type SandboxKeys } from './sandbox-keys.ts';

/** Keys bound to a service account, and those of the older kind. */
export type GeminiKind = 'auth' | 'standard';
export type GeminiState =
  | 'active'
  | 'revoked'
  | 'expired'
  | 'refused'
  | 'switched_off'
  | 'leaked'
  | 'insufficient_permission'
  | 'blocked'
  | 'address_blocked'
  | 'suspended'
  | 'project_gone'
  | 'billing_off'
  | 'location'
  | 'free_tier'
  | 'unpaid'
  | 'unpaid_as_limit'
  | 'spending_cap'
  | 'rate_limited'
  | 'daily_quota'
  | 'provider_error'
  | 'unreachable';
type Key = SandboxKey<GeminiKind, GeminiState>;

/** A secret in Google's form. */
export function newGeminiSecret(kind: GeminiKind): string {
  return kind === 'auth' ? `AQ.Ab8RN6${randomText(44)}` : `AIzaSy${randomText(33)}`;
}

const PATH = /^\/v1(?:beta)?\/models$/;
const INVALID = 'API key not valid. Please pass a valid API key.';

/** A stand-in of generativelanguage.googleapis.com: it takes a key in its header only, so that none gets into a URL. */
export const gemini: ApiKeyProvider<Key> = {
  service: 'gemini',
  methods: [{ name: 'models.list', path: PATH }],
  secretIn: (headers) => (typeof headers['x-goog-api-key'] === 'string' ? headers['x-goog-api-key'] : undefined),
  failure: (status) => failure(status, 'UNAVAILABLE', 'The service is currently unavailable.'),
  answer({ verb, path, query, headers, secret, key }) {
    if (verb !== 'GET' || !PATH.test(path)) return failure(404, 'NOT_FOUND', 'Requested entity was not found.');
    if (query.has('key')) return failure(400, 'INVALID_ARGUMENT', 'The sandbox takes no key in a URL.');
    if (headers.authorization !== undefined) return notAuthenticated();
    if (secret === undefined) {
      return failure(403, 'PERMISSION_DENIED', "Method doesn't allow unregistered callers.");
    }
    return key ? (refusalBy(key.state) ?? { status: 200, body: MODELS }) : invalidKey(INVALID);
  },
};

const MODELS = {
  models: [
    {
      name: 'models/gemini-2.5-flash',
      version: '001',
      displayName: 'Gemini 2.5 Flash',
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    },
  ],
};

function refusalBy(state: GeminiState): SandboxAnswer | undefined {
  return REFUSALS[state]?.();
}

const REFUSALS: Readonly<Partial<Record<GeminiState, () => SandboxAnswer>>> = {
  revoked: () => invalidKey('API Key not found. Please pass a valid API key.'),
  expired: () => invalidKey('API key expired. Please renew the API key.'),
  refused: () => notAuthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED'),
  switched_off: () => notAuthenticated(),
  leaked: () => denied('Your API key was reported as leaked. Please use another API key.'),
  insufficient_permission: () =>
    denied('Generative Language API has not been used in project 1 before or it is disabled.', 'SERVICE_DISABLED'),
  blocked: () => denied('Requests to this API method are blocked.', 'API_KEY_SERVICE_BLOCKED'),
  address_blocked: () => denied('The API key has an IP address restriction.', 'API_KEY_IP_ADDRESS_BLOCKED'),
  suspended: () => denied('Permission denied: Consumer has been suspended.', 'CONSUMER_SUSPENDED'),
  project_gone: () => denied('Permission denied on resource project 1.', 'CONSUMER_INVALID'),
  billing_off: () => denied('This API method requires billing to be enabled.', 'BILLING_DISABLED'),
  location: () => failure(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
  free_tier: () =>
    failure(
      400,
      'FAILED_PRECONDITION',
      'Gemini API free tier is not available in your country. Please enable billing.',
    ),
  unpaid: () => failure(402, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'),
  unpaid_as_limit: () => failure(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'),
  spending_cap: () => failure(429, 'RESOURCE_EXHAUSTED', 'Your project has exceeded its monthly spending cap.'),
  rate_limited: () => quotaFailure('GenerateRequestsPerMinutePerProject'),
  daily_quota: () => quotaFailure('GenerateRequestsPerDayPerProject'),
  provider_error: () => failure(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
};

function denied(message: string, reason?: string): SandboxAnswer {
  return failure(403, 'PERMISSION_DENIED', message, reason ? [errorInfo(reason)] : undefined);
}

/** Google takes the key for a token of another kind, as it has none of this kind. */
function notAuthenticated(reason?: string): SandboxAnswer {
  const message =
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.';
  return failure(401, 'UNAUTHENTICATED', message, reason ? [errorInfo(reason)] : undefined);
}

function invalidKey(message: string): SandboxAnswer {
  return failure(400, 'INVALID_ARGUMENT', message, [errorInfo('API_KEY_INVALID')]);
}

function quotaFailure(quotaId: string): SandboxAnswer {
  return failure(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [
    { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaId, quotaValue: '10' }] },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '43s' },
  ]);
}

function errorInfo(reason: string): object {
  return {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason,
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com' },
  };
}

function failure(code: number, status: string, message: string, details?: object[]): SandboxAnswer {
  return { status: code, body: { error: { code, message, status, ...(details ? { details } : {}) } } };
}

/** A key for each state that Google can keep one in, and one that it never gave out. */
export function geminiCases(keys: SandboxKeys<GeminiKind, GeminiState>): ProviderCases {
  return keyCases(keys, 'api_key', {
    valid: ['auth', 'active', 'accepted'],
    standard_key: ['standard', 'active', 'accepted'],
    revoked: ['auth', 'revoked', 'rejected'],
    expired: ['auth', 'expired', 'expired'],
    refused: ['auth', 'refused', 'rejected'],
    switched_off: ['standard', 'switched_off', 'rejected'],
    leaked: ['standard', 'leaked', 'rejected'],
    insufficient_permission: ['auth', 'insufficient_permission', 'insufficient_permission'],
    blocked: ['standard', 'blocked', 'insufficient_permission'],
    address_blocked: ['standard', 'address_blocked', 'insufficient_permission'],
    suspended: ['auth', 'suspended', 'insufficient_permission'],
    project_gone: ['auth', 'project_gone', 'insufficient_permission'],
    billing_off: ['auth', 'billing_off', 'insufficient_permission'],
    location: ['auth', 'location', 'rejected'],
    free_tier_not_here: ['auth', 'free_tier', 'rejected'],
    unpaid: ['auth', 'unpaid', 'accepted'],
    unpaid_as_limit: ['auth', 'unpaid_as_limit', 'accepted'],
    spending_cap: ['auth', 'spending_cap', 'accepted'],
    rate_limited: ['auth', 'rate_limited', 'rate_limited'],
    daily_quota: ['auth', 'daily_quota', 'accepted'],
    unreachable: ['auth', 'unreachable', 'unreachable'],
    provider_error: ['auth', 'provider_error', 'provider_error'],
    wrong: ['auth', undefined, 'rejected'],
  });
}
