import { randomBytes } from 'node:crypto';
import { keyCases, type ProviderCases } from './cases.ts';
import { bearerIn, plainText, unavailablePage, type ApiKeyProvider, type SandboxAnswer } from './provider-server.ts';
import type { SandboxKey, SandboxKeys } from './sandbox-keys.ts';

export type DeepSeekState =
  | 'active'
  | 'used_up'
  | 'unpaid'
  | 'revoked'
  | 'rate_limited'
  | 'provider_error'
  | 'overloaded'
  | 'unavailable'
  | 'unreachable';
type Key = SandboxKey<'api', DeepSeekState>;

/** A secret in DeepSeek's form. */
export function newDeepSeekSecret(): string {
  return `sk-${randomBytes(16).toString('hex')}`;
}

const PATH = /^\/user\/balance$/;

/** A stand-in of api.deepseek.com: the balance of an account, which is all that it tells of costs. */
export const deepSeek: ApiKeyProvider<Key> = {
  service: 'deepseek',
  methods: [{ name: 'balance.get', path: PATH }],
  secretIn: bearerIn,
  failure: (status) => failure(status, 'The server is busy.', 'server_error'),
  answer({ verb, path, secret, key }) {
    // Whoever shows no key does not get past the server in front.
    if (secret === undefined) return plainText(401, 'Authentication Fails (governor)');
    if (!key) return unknownKey(secret);
    if (verb !== 'GET' || !PATH.test(path)) return { status: 404, body: { error_msg: 'Not Found.' } };
    return refusalBy(key.state, secret) ?? balance(key.state === 'used_up' ? '0.00' : '110.00');
  },
};

/** DeepSeek repeats the end of the key that it refuses. */
function unknownKey(secret: string): SandboxAnswer {
  return failure(401, `Authentication Fails, Your api key: ****${secret.slice(-4)} is invalid`);
}

function refusalBy(state: DeepSeekState, secret: string): SandboxAnswer | undefined {
  switch (state) {
    case 'active':
    case 'used_up':
    case 'unreachable':
      return undefined;
    case 'revoked':
      return unknownKey(secret);
    case 'unpaid':
      return failure(402, 'Insufficient Balance', 'unknown_error');
    case 'rate_limited':
      return failure(429, 'Rate limit reached', 'rate_limit_error');
    case 'provider_error':
      return failure(500, 'Internal Server Error', 'server_error');
    case 'overloaded':
      return failure(503, 'The server is overloaded.', 'server_error');
    case 'unavailable':
      return unavailablePage();
  }
}

function failure(status: number, message: string, type = 'authentication_error'): SandboxAnswer {
  return { status, body: { error: { message, type, param: null, code: 'invalid_request_error' } } };
}

function balance(total: string): SandboxAnswer {
  const info = { currency: 'USD', total_balance: total, granted_balance: '0.00', topped_up_balance: total };
  return { status: 200, body: { is_available: Number(total) > 0, balance_infos: [info] } };
}

/** A key for each state that DeepSeek can keep one in, and one that it never gave out. */
export function deepSeekCases(keys: SandboxKeys<'api', DeepSeekState>): ProviderCases {
  return keyCases(keys, 'api_key', {
    valid: ['api', 'active', 'accepted'],
    used_up: ['api', 'used_up', 'accepted'],
    unpaid: ['api', 'unpaid', 'accepted'],
    revoked: ['api', 'revoked', 'rejected'],
    rate_limited: ['api', 'rate_limited', 'rate_limited'],
    unreachable: ['api', 'unreachable', 'unreachable'],
    provider_error: ['api', 'provider_error', 'provider_error'],
    overloaded: ['api', 'overloaded', 'provider_error'],
    unavailable: ['api', 'unavailable', 'provider_error'],
    wrong: ['api', undefined, 'rejected'],
  });
}
