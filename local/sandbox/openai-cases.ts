import { keyCases, type ProviderCases } from './cases.ts';
import type { OpenAiKind, OpenAiState } from './openai.ts';
import type { SandboxKeys } from './sandbox-keys.ts';

/** A key for each state that OpenAI can keep one in, of each kind, and one that it never gave out. */
export function openAiCases(keys: SandboxKeys<OpenAiKind, OpenAiState>): ProviderCases {
  return keyCases(keys, 'api_key', {
    valid: ['admin', 'active', 'accepted'],
    revoked: ['admin', 'revoked', 'rejected'],
    insufficient_permission: ['admin', 'insufficient_permission', 'insufficient_permission'],
    insufficient_permission_as_401: ['admin', 'insufficient_permission_401', 'insufficient_permission'],
    rate_limited: ['admin', 'rate_limited', 'rate_limited'],
    quota_exhausted: ['admin', 'quota_exhausted', 'accepted'],
    organization_spend_limit: ['admin', 'organization_limit', 'accepted'],
    project_spend_limit: ['project', 'project_limit', 'accepted'],
    usage_limit: ['admin', 'usage_limit', 'accepted'],
    billing_not_active: ['admin', 'billing_off', 'accepted'],
    address_not_allowed: ['admin', 'address_not_allowed', 'rejected'],
    not_a_member: ['legacy_user', 'not_a_member', 'rejected'],
    organization_gone: ['admin', 'organization_gone', 'rejected'],
    project_archived: ['project', 'project_archived', 'rejected'],
    account_deactivated: ['legacy_user', 'deactivated', 'rejected'],
    country_not_supported: ['admin', 'country', 'rejected'],
    unreachable: ['admin', 'unreachable', 'unreachable'],
    provider_error: ['admin', 'provider_error', 'provider_error'],
    overloaded: ['admin', 'overloaded', 'provider_error'],
    slow_down: ['admin', 'slow_down', 'provider_error'],
    project_key: ['project', 'active', 'accepted'],
    service_account_key: ['service_account', 'active', 'accepted'],
    legacy_key: ['legacy_user', 'active', 'accepted'],
    restricted_key_with_usage: ['project', 'usage_only', 'accepted'],
    restricted_key_without_rights: ['project', 'insufficient_permission', 'insufficient_permission'],
    wrong: ['admin', undefined, 'rejected'],
  });
}
