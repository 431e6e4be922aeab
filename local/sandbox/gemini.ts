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
  | 'leaked'
  | 'insufficient_permission'
  | 'blocked'
  | 'location'
  | 'unpaid'
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
  answer({ verb, path, query, secret, key }) {
    if (verb !== 'GET' || !PATH.test(path)) return failure(404, 'NOT_FOUND', 'Requested entity was not found.');
    if (query.has('key')) return failure(400, 'INVALID_ARGUMENT', 'The sandbox takes no key in a URL.');
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
  switch (state) {
    case 'active':
    case 'unreachable':
      return undefined;
    case 'revoked':
      return invalidKey('API Key not found. Please pass a valid API key.');
    case 'expired':
      return invalidKey('API key expired. Please renew the API key.');
    case 'refused':
      return failure(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', [
        errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED'),
      ]);
    case 'leaked':
      return failure(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.');
    case 'insufficient_permission':
      return failure(403, 'PERMISSION_DENIED', 'Generative Language API has not been used in project 1 before.', [
        errorInfo('SERVICE_DISABLED'),
      ]);
    case 'blocked':
      return failure(403, 'PERMISSION_DENIED', 'Requests to this API method are blocked.', [
        errorInfo('API_KEY_SERVICE_BLOCKED'),
      ]);
    case 'location':
      return failure(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.');
    case 'unpaid':
      return failure(402, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.');
    case 'rate_limited':
      return quotaFailure('GenerateRequestsPerMinutePerProject');
    case 'daily_quota':
      return quotaFailure('GenerateRequestsPerDayPerProject');
    case 'provider_error':
      return failure(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.');
  }
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
    leaked: ['standard', 'leaked', 'rejected'],
    insufficient_permission: ['auth', 'insufficient_permission', 'insufficient_permission'],
    blocked: ['standard', 'blocked', 'insufficient_permission'],
    location: ['auth', 'location', 'rejected'],
    unpaid: ['auth', 'unpaid', 'accepted'],
    rate_limited: ['auth', 'rate_limited', 'rate_limited'],
    daily_quota: ['auth', 'daily_quota', 'accepted'],
    unreachable: ['auth', 'unreachable', 'unreachable'],
    provider_error: ['auth', 'provider_error', 'provider_error'],
    wrong: ['auth', undefined, 'rejected'],
  });
}
