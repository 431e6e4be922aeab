import { randomUUID } from 'node:crypto';
import type { OpenAiKey } from './openai.ts';
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

export function missingScope(scope: string): SandboxAnswer {
  const message = `You have insufficient permissions for this operation. Missing scopes: ${scope}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`;
  return failure(403, message, { type: 'invalid_request_error' });
}

export function unknownUrl(method: string, path: string): SandboxAnswer {
  return failure(404, `Invalid URL (${method} ${path})`, { type: 'invalid_request_error' });
}

/** What a state makes of any call; undefined when the call goes on. */
export function refusalBy({ state }: OpenAiKey, secret: string): SandboxAnswer | undefined {
  switch (state) {
    case 'revoked':
      return unknownKey(secret);
    case 'rate_limited':
      return rateLimited();
    case 'quota_exhausted':
      return failure(429, 'You exceeded your current quota, please check your plan and billing details.', {
        type: 'insufficient_quota',
        code: 'credit_balance_exhausted',
      });
    case 'provider_error':
      return failure(500, 'The server had an error while processing your request. Sorry about that!', {
        type: 'server_error',
      });
    case 'overloaded':
      return unavailablePage();
    default:
      return undefined;
  }
}

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
