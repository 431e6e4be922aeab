import { randomBytes, randomInt } from 'node:crypto';
import { keyCases, type ProviderCases, type SandboxCase } from './cases.ts';
import { bearerIn, type ApiKeyProvider, type SandboxAnswer } from './provider-server.ts';
import { randomText, type SandboxKey, type SandboxKeys } from './sandbox-keys.ts';

/** A bot's token, a user's, and a bot's that is rotated. */
export type SlackKind = 'bot' | 'user' | 'rotated_bot';
export type SlackState =
  | 'active'
  | 'enterprise'
  | 'invalid_auth'
  | 'token_revoked'
  | 'account_inactive'
  | 'token_expired'
  | 'missing_scope'
  | 'accesslimited'
  | 'org_login_required'
  | 'ekm_access_denied'
  | 'enterprise_is_restricted'
  | 'team_access_not_granted'
  | 'two_factor_setup_required'
  | 'not_allowed_token_type'
  | 'no_permission'
  | 'access_denied'
  | 'ratelimited'
  | 'internal_error'
  | 'fatal_error'
  | 'request_timeout'
  | 'service_unavailable'
  | 'team_added_to_org'
  | 'unreachable';
type Key = SandboxKey<SlackKind, SlackState>;

/** A secret in Slack's form. */
export function newSlackToken(kind: SlackKind = 'bot'): string {
  const digits = () => String(randomInt(10 ** 11, 10 ** 12));
  const plain = (length: number) => randomText(length).replaceAll(/[-_]/g, '0');
  if (kind === 'rotated_bot') return `xoxe.xoxb-1-${plain(120)}`;
  return kind === 'bot'
    ? `xoxb-${digits()}-${digits()}-${plain(24)}`
    : `xoxp-${digits()}-${digits()}-${digits()}-${randomBytes(16).toString('hex')}`;
}

const PATH = /^\/api\/auth\.test$/;
const POST_TYPE = /^application\/(?:x-www-form-urlencoded|json)(?:;|$)/;

/** A stand-in of slack.com/api: it answers 200 whatever it thinks of the token; only its limit shows in the status. */
export const slack: ApiKeyProvider<Key> = {
  service: 'slack',
  methods: [{ name: 'auth.test', path: PATH }],
  secretIn: bearerIn,
  failure: (status) => ({ status, body: { ok: false, error: 'service_unavailable' } }),
  answer({ verb, path, headers, query, secret, key }) {
    if (!PATH.test(path)) return refusal('unknown_method');
    if (verb !== 'POST') return refusal('invalid_post_type');
    const type = headers['content-type'];
    if (type === undefined) return refusal('missing_post_type');
    if (!POST_TYPE.test(type)) return refusal('invalid_post_type');
    // Slack would take it there; the sandbox does not, so that none gets into a URL.
    if (query.has('token')) return refusal('invalid_arguments');
    if (secret === undefined) return refusal('not_authed');
    return key ? answerBy(key) : refusal('invalid_auth');
  },
};

function answerBy({ kind, state }: Key): SandboxAnswer {
  switch (state) {
    case 'active':
    case 'unreachable':
      return { status: 200, body: { ...WORKSPACE, ...MORE[kind] } };
    case 'enterprise':
      return { status: 200, body: { ...WORKSPACE, ...MORE[kind], enterprise_id: 'E0SANDBOX1' } };
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
  is_enterprise_install: false,
};
const MORE = { bot: { bot_id: 'B0SANDBOX1' }, user: {}, rotated_bot: { bot_id: 'B0SANDBOX1', expires_in: 43_200 } };

/** Entries by hand, alone and with a token for each state that Slack can keep one in. */
export function slackCases(keys: SandboxKeys<SlackKind, SlackState>, entry: SandboxCase): ProviderCases {
  const tokens = keyCases(
    keys,
    'token',
    {
      token_valid: ['bot', 'active', 'accepted'],
      user_token: ['user', 'active', 'accepted'],
      rotated_token: ['rotated_bot', 'active', 'accepted'],
      enterprise_token: ['bot', 'enterprise', 'accepted'],
      not_authenticated: ['bot', 'invalid_auth', 'rejected'],
      revoked: ['bot', 'token_revoked', 'rejected'],
      inactive: ['bot', 'account_inactive', 'rejected'],
      expired: ['bot', 'token_expired', 'expired'],
      insufficient_permission: ['bot', 'missing_scope', 'insufficient_permission'],
      network_not_allowed: ['bot', 'accesslimited', 'insufficient_permission'],
      workspace_moving: ['bot', 'org_login_required', 'insufficient_permission'],
      encryption_suspended: ['bot', 'ekm_access_denied', 'insufficient_permission'],
      enterprise_restricted: ['bot', 'enterprise_is_restricted', 'insufficient_permission'],
      workspace_not_granted: ['bot', 'team_access_not_granted', 'insufficient_permission'],
      two_factor_missing: ['user', 'two_factor_setup_required', 'insufficient_permission'],
      kind_not_allowed: ['user', 'not_allowed_token_type', 'insufficient_permission'],
      no_permission: ['bot', 'no_permission', 'insufficient_permission'],
      access_denied: ['bot', 'access_denied', 'insufficient_permission'],
      rate_limited: ['bot', 'ratelimited', 'rate_limited'],
      unreachable: ['bot', 'unreachable', 'unreachable'],
      provider_error: ['bot', 'internal_error', 'provider_error'],
      catastrophe: ['bot', 'fatal_error', 'provider_error'],
      slow: ['bot', 'request_timeout', 'provider_error'],
      unavailable: ['bot', 'service_unavailable', 'provider_error'],
      migrating: ['bot', 'team_added_to_org', 'provider_error'],
      wrong: ['bot', undefined, 'rejected'],
    },
    entry.metadata,
  );
  return { valid: entry, ...tokens };
}
