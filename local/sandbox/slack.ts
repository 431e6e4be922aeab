import { randomInt } from 'node:crypto';
import { keyCases, type ProviderCases, type SandboxCase } from './cases.ts';
import { bearerIn, type ApiKeyProvider, type SandboxAnswer } from './provider-server.ts';
import { randomText, type SandboxKey, type SandboxKeys } from './sandbox-keys.ts';

export type SlackState =
  | 'active'
  | 'token_revoked'
  | 'account_inactive'
  | 'token_expired'
  | 'missing_scope'
  | 'ratelimited'
  | 'internal_error'
  | 'unreachable';
type Key = SandboxKey<'bot', SlackState>;

/** A secret in Slack's form. */
export function newSlackToken(): string {
  const digits = () => String(randomInt(10 ** 11, 10 ** 12));
  return `xoxb-${digits()}-${digits()}-${randomText(24).replaceAll(/[-_]/g, '0')}`;
}

const PATH = /^\/api\/auth\.test$/;

/** A stand-in of slack.com/api: it answers 200 whatever it thinks of the token; only its limit shows in the status. */
export const slack: ApiKeyProvider<Key> = {
  service: 'slack',
  methods: [{ name: 'auth.test', path: PATH }],
  secretIn: bearerIn,
  failure: (status) => ({ status, body: { ok: false, error: 'service_unavailable' } }),
  answer({ verb, path, secret, key }) {
    if (!PATH.test(path) || verb !== 'POST') return refusal('unknown_method');
    if (secret === undefined) return refusal('not_authed');
    return key ? answerBy(key.state) : refusal('invalid_auth');
  },
};

function answerBy(state: SlackState): SandboxAnswer {
  switch (state) {
    case 'active':
    case 'unreachable':
      return { status: 200, body: WORKSPACE };
    case 'ratelimited':
      return { status: 429, headers: { 'retry-after': '30' }, body: { ok: false, error: 'ratelimited' } };
    case 'missing_scope':
      return { status: 200, body: { ok: false, error: state, needed: 'identify', provided: 'chat:write' } };
    default:
      return refusal(state);
  }
}

function refusal(error: string): SandboxAnswer {
  return { status: 200, body: { ok: false, error } };
}

const WORKSPACE = {
  ok: true,
  url: 'https://sandbox.slack.com/',
  team: 'Sandbox',
  user: 'finops',
  team_id: 'T0SANDBOX1',
  user_id: 'U0SANDBOX1',
  bot_id: 'B0SANDBOX1',
  is_enterprise_install: false,
};

/** Entries by hand, alone and with a token for each state that Slack can keep one in. */
export function slackCases(keys: SandboxKeys<'bot', SlackState>, entry: SandboxCase): ProviderCases {
  const tokens = keyCases(
    keys,
    'token',
    {
      token_valid: ['bot', 'active', 'accepted'],
      revoked: ['bot', 'token_revoked', 'rejected'],
      inactive: ['bot', 'account_inactive', 'rejected'],
      expired: ['bot', 'token_expired', 'expired'],
      insufficient_permission: ['bot', 'missing_scope', 'insufficient_permission'],
      rate_limited: ['bot', 'ratelimited', 'rate_limited'],
      unreachable: ['bot', 'unreachable', 'unreachable'],
      provider_error: ['bot', 'internal_error', 'provider_error'],
      wrong: ['bot', undefined, 'rejected'],
    },
    entry.metadata,
  );
  return { valid: entry, ...tokens };
}
