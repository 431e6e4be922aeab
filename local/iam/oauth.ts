import { apiListener, listen, type ApiRequest, type ApiResponse } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import type { Behaviour, ServiceAccount } from './accounts.ts';
import { verifyAssertion, type AssertionFault } from './assertion.ts';
import type { Iam, IamInternals } from './iam.ts';
import { MAX_TOKEN_LIFETIME_S } from './iam.ts';
import { isScope } from './scopes.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const AUDIENCES = new Set([
  'https://oauth2.googleapis.com/token',
  'https://accounts.google.com/o/oauth2/token',
  'https://www.googleapis.com/oauth2/v4/token',
]);
const OWN_AUDIENCE = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/token$/;

const FAULT_ANSWERS: Readonly<Record<AssertionFault, ApiResponse>> = {
  malformed: refusal('invalid_grant', 'Bad Request'),
  unknown_account: refusal('invalid_grant', 'Invalid grant: account not found'),
  disabled_account: refusal('invalid_grant', 'Robot is disabled.'),
  bad_signature: refusal('invalid_grant', 'Invalid JWT Signature.'),
  bad_times: refusal(
    'invalid_grant',
    'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
  ),
};

const BEHAVIOUR_ANSWERS: Readonly<Record<Exclude<Behaviour, 'unreachable'>, ApiResponse>> = {
  rate_limited: {
    ...refusal('rate_limit_exceeded', 'Too many token requests.', 429),
    headers: { 'retry-after': '2' },
  },
  provider_error: refusal('internal_failure', 'Backend Error', 500),
};

/** Google's OAuth token endpoint for service accounts: assertions in, access tokens and ID tokens out. */
export async function startOAuth(
  { auth, faults, journal }: Pick<ServiceContext, 'auth' | 'faults' | 'journal'>,
  iam: Iam,
): Promise<{ url: string; close(): Promise<void> }> {
  const { internals } = iam;
  const post = { verb: 'POST', anonymous: true };
  const tokenInfo = { name: 'tokeninfo', anonymous: true, pattern: /^\/(oauth2\/v[123]\/)?tokeninfo$/ };
  const routes = [
    {
      ...post,
      name: 'token',
      pattern: /^\/(token|o\/oauth2\/token|oauth2\/v4\/token)$/,
      handle: (request: ApiRequest) => token(request, internals),
    },
    { ...tokenInfo, verb: 'GET', handle: (request: ApiRequest) => describeToken(request, internals) },
    { ...tokenInfo, verb: 'POST', handle: (request: ApiRequest) => describeToken(request, internals) },
    { ...post, name: 'revoke', pattern: /^\/revoke$/, handle: (request: ApiRequest) => revoke(request, internals) },
  ];
  const { url, close } = await listen(
    apiListener({ service: 'oauth', routes, auth, faults, journal, maxBodyBytes: 64 << 10 }),
  );
  return { url, close };
}

async function token(request: ApiRequest, iam: IamInternals): Promise<ApiResponse> {
  const form = await parameters(request);
  const grantType = form.get('grant_type');
  if (!grantType) return refusal('invalid_request', 'Required parameter is missing: grant_type');
  if (grantType !== JWT_BEARER) return refusal('unsupported_grant_type', `Invalid grant_type: ${grantType}`);
  const jwt = form.get('assertion');
  if (!jwt) return refusal('invalid_request', 'Required parameter is missing: assertion');

  const assertion = await verifyAssertion(jwt, iam);
  const trouble = assertion.account?.behaviour;
  if (trouble) return inTrouble(trouble, request);
  if ('fault' in assertion) return FAULT_ANSWERS[assertion.fault];

  const { account, claims } = assertion;
  if (![claims.aud].flat().some((aud) => aud !== undefined && (AUDIENCES.has(aud) || OWN_AUDIENCE.test(aud)))) {
    return refusal('invalid_grant', 'Invalid JWT: Failed audience check.');
  }
  if (claims.sub !== undefined && claims.sub !== claims.iss) {
    const reason =
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.';
    return refusal('unauthorized_client', reason, 401);
  }
  return grantFor(account, claims, iam);
}

async function grantFor(
  account: ServiceAccount,
  { scope, target_audience: audience }: Record<string, unknown>,
  { tokens, signer }: IamInternals,
): Promise<ApiResponse> {
  if (typeof audience === 'string' && audience) return { body: { id_token: await signer.idToken(account, audience) } };
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [];
  if (scopes.length === 0 || !scopes.every(isScope)) {
    return refusal('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  }
  const { accessToken } = tokens.issue(account, scopes, MAX_TOKEN_LIFETIME_S);
  return { body: { access_token: accessToken, expires_in: MAX_TOKEN_LIFETIME_S - 1, token_type: 'Bearer' } };
}

function inTrouble(behaviour: Behaviour, { raw }: ApiRequest): ApiResponse {
  if (behaviour !== 'unreachable') return BEHAVIOUR_ANSWERS[behaviour];
  raw.socket.destroy();
  return { status: 499 };
}

async function describeToken(request: ApiRequest, iam: IamInternals): Promise<ApiResponse> {
  const form = await parameters(request);
  const invalid = refusal('invalid_token', 'Invalid Value');
  const idToken = form.get('id_token');
  if (idToken) {
    const claims = await iam.signer.claims(idToken);
    return claims ? { body: { ...asText(claims), alg: 'RS256', typ: 'JWT' } } : invalid;
  }
  const grant = iam.tokens.find(form.get('access_token') ?? '');
  const account = grant && iam.accounts.find(grant.accountId);
  if (!grant || !account || account.disabled) return invalid;
  const showsEmail = grant.scopes.some((scope) => /(^|\/userinfo\.|\/)email$/.test(scope));
  const left = Math.floor((grant.expiresMs - iam.clock.now().getTime()) / 1000);
  return {
    body: {
      azp: account.uniqueId,
      aud: account.uniqueId,
      scope: grant.scopes.join(' '),
      exp: String(Math.floor(grant.expiresMs / 1000)),
      expires_in: String(left),
      ...(showsEmail ? { email: account.email, email_verified: 'true' } : {}),
      access_type: 'online',
    },
  };
}

async function revoke(request: ApiRequest, { tokens }: IamInternals): Promise<ApiResponse> {
  const form = await parameters(request);
  return tokens.revoke(form.get('token') ?? '') ? { body: {} } : refusal('invalid_token', 'Token expired or revoked');
}

/** Parameters from the query and a form body. */
async function parameters(request: ApiRequest): Promise<URLSearchParams> {
  const body = await request.body();
  return new URLSearchParams([...request.query, ...new URLSearchParams(body.toString('utf8'))]);
}

/** Google writes every claim of its token descriptions as text. */
function asText(claims: object): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, String(value)]));
}

function refusal(error: string, description: string, status = 400): ApiResponse {
  return { status, body: { error, error_description: description } };
}
