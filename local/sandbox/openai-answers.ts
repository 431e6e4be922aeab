import { randomUUID } from 'node:crypto';
import type { OpenAiKey, OpenAiState } from './openai.ts';
import { unavailablePage, type SandboxAnswer } from './provider-server.ts';

interface ErrorFields {
  readonly type: string;
  readonly code?: string;
  readonly param?: string;
}

/** OpenAI's error envelope; fields that say nothing are null. */
export function failure(status: number, message: string, { type, code, param }: ErrorFields): SandboxAnswer {
  return { status, body: { error: { message, type, param: param ?? null, code: code ?? null } } };
}

export function noKey(): SandboxAnswer {
  const message =
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
  return failure(401, message, { type: 'invalid_request_error' });
}

export function unknownKey(secret: string): SandboxAnswer {
  const message = `Incorrect API key provided: ${masked(secret)}. You can find your API key at https://platform.openai.com/account/api-keys.`;
  return failure(401, message, { type: 'invalid_request_error', code: 'invalid_api_key' });
}

/** Shows where a key begins and ends, as OpenAI does. */
function masked(secret: string): string {
  return secret.length <= 12 ? '*'.repeat(secret.length) : `${secret.slice(0, 8)}${'*'.repeat(8)}${secret.slice(-4)}`;
}

/** OpenAI says it as 403, and has said it as 401. */
export function missingScope(scope: string, status = 403): SandboxAnswer {
  const message = `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`;
  return failure(status, message, { type: 'invalid_request_error' });
}

export function wrongParameter(param: string): SandboxAnswer {
  const code = 'invalid_value';
  return failure(400, `Missing or invalid parameter: '${param}'.`, { type: 'invalid_request_error', param, code });
}

export function unknownUrl(method: string, path: string): SandboxAnswer {
  return failure(404, `Invalid URL (${method} ${path})`, { type: 'invalid_request_error' });
}

/** What a state makes of any call; undefined when the call goes on. */
export function refusalBy({ state }: OpenAiKey, secret: string): SandboxAnswer | undefined {
  return state === 'revoked' ? unknownKey(secret) : REFUSALS[state]?.();
}

/** Why somebody who is known is let in all the same, or not. */
function denied(status: number, code: string | undefined, message: string): () => SandboxAnswer {
  const type = code === 'unsupported_country_region_territory' ? 'request_forbidden' : 'invalid_request_error';
  return () => failure(status, message, { type, ...(code ? { code } : {}) });
}

function usedUp(code: string, type = 'insufficient_quota'): () => SandboxAnswer {
  return () =>
    failure(429, 'You exceeded your current quota, please check your plan and billing details.', { type, code });
}

const REFUSALS: Readonly<Partial<Record<OpenAiState, () => SandboxAnswer>>> = {
  address_not_allowed: denied(401, 'ip_not_authorized', 'Your IP is not authorized to make this request.'),
  not_a_member: denied(401, undefined, 'You must be a member of an organization to use the API.'),
  organization_gone: denied(401, 'invalid_organization', 'No such organization: org-sandbox.'),
  project_archived: denied(
    401,
    'not_authorized_invalid_project',
    'The project you are requesting has been archived and is no longer accessible',
  ),
  deactivated: denied(401, 'account_deactivated', 'The account associated with this API key has been deactivated.'),
  country: denied(403, 'unsupported_country_region_territory', 'Country, region, or territory not supported'),
  rate_limited: rateLimited,
  slow_down: () => failure(503, 'Slow down.', { type: 'service_unavailable_error', code: 'slow_down' }),
  quota_exhausted: usedUp('credit_balance_exhausted'),
  organization_limit: usedUp('organization_spend_limit_exceeded'),
  project_limit: usedUp('project_spend_limit_exceeded'),
  usage_limit: usedUp('organization_usage_limit_exceeded'),
  billing_off: usedUp('billing_not_active', 'billing_not_active'),
  provider_error: () =>
    failure(500, 'The server had an error while processing your request. Sorry about that!', { type: 'server_error' }),
  overloaded: unavailablePage,
};

function rateLimited(): SandboxAnswer {
  const answer = failure(429, 'Rate limit reached for requests. Please try again in 20s.', {
    type: 'requests',
    code: 'rate_limit_exceeded',
  });
  const headers = {
    'retry-after': '20',
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '20s',
  };
  return { ...answer, headers };
}

/** Headers that every answer of OpenAI carries. */
export function commonHeaders(): Record<string, string> {
  return { 'x-request-id': `req_${randomUUID().replaceAll('-', '')}`, 'openai-version': '2020-10-01' };
}
