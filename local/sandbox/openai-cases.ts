import { expectation, type CaseOutcome, type ProviderCases, type SandboxCase } from './cases.ts';
import { newSecret, type OpenAiKeys, type OpenAiKeyState } from './openai-keys.ts';

const STATES: Readonly<Record<string, readonly [OpenAiKeyState, CaseOutcome]>> = {
  valid: ['active', 'accepted'],
  revoked: ['revoked', 'rejected'],
  insufficient_permission: ['insufficient_permission', 'insufficient_permission'],
  rate_limited: ['rate_limited', 'rate_limited'],
  quota_exhausted: ['quota_exhausted', 'accepted'],
  unreachable: ['unreachable', 'unreachable'],
  provider_error: ['provider_error', 'provider_error'],
  overloaded: ['overloaded', 'provider_error'],
};

/** An admin key for each state that OpenAI can keep one in, a project key, and one that it never gave out. */
export function openAiCases(keys: OpenAiKeys): ProviderCases {
  const made = Object.entries(STATES).map(([name, [state, outcome]]) => [
    name,
    keyCase(keys.create('admin', state).secret, outcome),
  ]);
  return {
    ...(Object.fromEntries(made) as Record<string, SandboxCase>),
    project_key: keyCase(keys.create('project').secret, 'accepted'),
    wrong: keyCase(newSecret('admin'), 'rejected'),
  };
}

function keyCase(apiKey: string, outcome: CaseOutcome): SandboxCase {
  return { credentials: { api_key: apiKey }, expect: expectation(outcome) };
}
