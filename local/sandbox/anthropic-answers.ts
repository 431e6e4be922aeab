import { randomUUID } from 'node:crypto';
import type { AnthropicState } from './anthropic.ts';
import { unavailablePage, type SandboxAnswer } from './provider-server.ts';

/** Anthropic's error envelope. */
export function failure(
  status: number,
  type: string,
  message: string,
  { code, retryAfter }: { code?: string; retryAfter?: string } = {},
): SandboxAnswer {
  const details = code ? { details: { error_code: code } } : {};
  const body = { type: 'error', error: { type, message, ...details }, request_id: newRequestId() };
  return { status, body, ...(retryAfter ? { headers: { 'retry-after': retryAfter } } : {}) };
}

export function newRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

export function unknownKey(): SandboxAnswer {
  return failure(401, 'authentication_error', 'invalid x-api-key');
}

/** What a state makes of any call; undefined when the call goes on. */
export function refusalBy(state: AnthropicState): SandboxAnswer | undefined {
  return REFUSALS[state]?.();
}

const forbidden = (message: string, code?: string): SandboxAnswer =>
  failure(403, 'permission_error', message, code ? { code } : {});
const wrong = (message: string, code?: string): SandboxAnswer =>
  failure(400, 'invalid_request_error', message, code ? { code } : {});
const limited = (message: string, more: { code?: string; retryAfter?: string }): SandboxAnswer =>
  failure(429, 'rate_limit_error', message, more);

const REFUSALS: Readonly<Partial<Record<AnthropicState, () => SandboxAnswer>>> = {
  revoked: unknownKey,
  disabled: () => failure(404, 'not_found_error', 'Not found'),
  insufficient_permission: () => forbidden('Your API key does not have permission to use the specified resource.'),
  network_restricted: () => forbidden('The request came from a restricted network.', 'sandbox_egress_restricted'),
  creator_left: () => forbidden('The creator of the key is no member.', 'claude_code_key_creator_not_member'),
  on_hold: () => wrong('This organization has been disabled.', 'organization_on_hold'),
  other_type: () => wrong('This organization type is not supported.', 'organization_type_not_supported'),
  encryption_disabled: () => wrong('The encryption key is disabled.', 'cmek_key_disabled'),
  own_limit: () => wrong('You have reached your specified API usage limits.'),
  credit_used_up: () => wrong('Your credit balance is too low to access the Anthropic API.'),
  unpaid: () => failure(402, 'billing_error', 'There is a problem with your billing.'),
  // A spent limit comes without retry-after: waiting does not help.
  spend_limit: () => limited('You have reached your API usage limits.', { code: 'enforced_spend_limit_reached' }),
  contract_limit: () => limited('The contract is spent.', { code: 'contract_spend_limit_reached' }),
  ramp_limit: () => limited('Usage grows too fast.', { code: 'ramp_limit_exceeded', retryAfter: '60' }),
  rate_limited: () => limited('This request would exceed your rate limit.', { retryAfter: '17' }),
  overloaded: () => failure(529, 'overloaded_error', 'Overloaded'),
  provider_error: () => failure(500, 'api_error', 'Internal server error'),
  unavailable: unavailablePage,
};
