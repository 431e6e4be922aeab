import { keyCases, type ProviderCases } from './cases.ts';
import type { OpenAiKind, OpenAiState } from './openai.ts';
import type { SandboxKeys } from './sandbox-keys.ts';

/** An admin key for each state that OpenAI can keep one in, a project key, and one that it never gave out. */
export function openAiCases(keys: SandboxKeys<OpenAiKind, OpenAiState>): ProviderCases {
  return keyCases(keys, 'api_key', {
    valid: ['admin', 'active', 'accepted'],
    revoked: ['admin', 'revoked', 'rejected'],
    insufficient_permission: ['admin', 'insufficient_permission', 'insufficient_permission'],
    rate_limited: ['admin', 'rate_limited', 'rate_limited'],
    quota_exhausted: ['admin', 'quota_exhausted', 'accepted'],
    unreachable: ['admin', 'unreachable', 'unreachable'],
    provider_error: ['admin', 'provider_error', 'provider_error'],
    overloaded: ['admin', 'overloaded', 'provider_error'],
    project_key: ['project', 'active', 'accepted'],
    wrong: ['admin', undefined, 'rejected'],
  });
}
