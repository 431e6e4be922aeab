import type { Authenticator, Caller } from '../kit/contracts.ts';
import { verifyAssertion, type AssertionDeps } from './assertion.ts';
import { notAuthenticated } from './google-error.ts';
import { CLOUD_PLATFORM } from './scopes.ts';
import type { AccessTokens } from './tokens.ts';

/** What a self-signed JWT may be addressed to: an API by its host, or this cloud. */
const API_AUDIENCE =
  /^https:\/\/[a-z0-9-]+\.googleapis\.com(\/|$)|^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/;

export interface AuthenticatorDeps extends AssertionDeps {
  readonly tokens: AccessTokens;
}

/** Reads `Authorization` headers as Google's APIs do: our access tokens, and JWTs that accounts signed themselves. */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  return {
    async authenticate(authorization) {
      const [, token] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
      if (token === undefined) throw notAuthenticated('CREDENTIALS_MISSING');
      return token.startsWith('eyJ') ? bySelfSignedJwt(token, deps) : byAccessToken(token, deps);
    },
  };
}

// A token outlives the key that it was asked for with, but not its account.
function byAccessToken(token: string, { tokens, accounts }: AuthenticatorDeps): Caller {
  const grant = tokens.find(token);
  if (!grant) throw notAuthenticated('ACCESS_TOKEN_EXPIRED');
  const account = accounts.find(grant.accountId);
  if (!account || account.disabled) throw notAuthenticated('ACCOUNT_STATE_INVALID');
  return { email: account.email, scopes: grant.scopes };
}

async function bySelfSignedJwt(token: string, deps: AuthenticatorDeps): Promise<Caller> {
  const assertion = await verifyAssertion(token, deps);
  if ('fault' in assertion) {
    throw notAuthenticated(assertion.fault === 'disabled_account' ? 'ACCOUNT_STATE_INVALID' : 'ACCESS_TOKEN_EXPIRED');
  }
  const { account, claims } = assertion;
  if (claims.sub !== claims.iss) throw notAuthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED');
  const scope = claims['scope'];
  if (typeof scope === 'string') return { email: account.email, scopes: scope.split(' ').filter(Boolean) };
  const audiences = [claims.aud].flat().filter((audience) => audience !== undefined);
  if (!audiences.some((audience) => API_AUDIENCE.test(audience))) {
    throw notAuthenticated('ACCESS_TOKEN_TYPE_UNSUPPORTED');
  }
  return { email: account.email, scopes: [CLOUD_PLATFORM] };
}
