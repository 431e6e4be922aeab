import type { ApiRequest, ApiRoute } from '../kit/api-server.ts';
import { ACCOUNT } from './account-routes.ts';
import type { ServiceAccount } from './accounts.ts';
import { failedPrecondition, GoogleError, invalidArgument, notFound, permissionDenied } from './google-error.ts';
import { MAX_TOKEN_LIFETIME_S, type Iam } from './iam.ts';
import { accountName, jsonObject, route, textField, textList } from './requests.ts';
import { isScope } from './scopes.ts';

type Body = Record<string, unknown>;

/** IAM Credentials v1: acting as a service account without its key, for those who may create its tokens. */
export function impersonationRoutes(iam: Iam): ApiRoute[] {
  const { tokens, signer, keys } = iam.internals;
  const method = (
    name: string,
    permission: string,
    run: (account: ServiceAccount, body: Body) => Promise<object> | object,
  ): ApiRoute =>
    route('POST', new RegExp(`^${ACCOUNT}:${name}$`), `serviceAccounts.${name}`, async (request) => {
      const account = impersonated(iam, request, `iam.serviceAccounts.${permission}`);
      const body = await jsonObject(request);
      if (textList(body, 'delegates').length > 0) {
        throw new GoogleError(501, 'Delegation chains are not implemented by the embedded cloud.');
      }
      return { body: await run(account, body) };
    });

  return [
    method('generateAccessToken', 'getAccessToken', (account, body) => {
      const scopes = textList(body, 'scope');
      if (scopes.length === 0 || !scopes.every(isScope)) throw invalidArgument('The scopes are missing or invalid.');
      const { accessToken, expiresMs } = tokens.issue(account, scopes, lifetimeOf(textField(body, 'lifetime')));
      return { accessToken, expireTime: new Date(expiresMs).toISOString().replace(/\.\d+Z$/, 'Z') };
    }),
    method('generateIdToken', 'getOpenIdToken', async (account, body) => {
      const audience = textField(body, 'audience');
      if (!audience) throw invalidArgument('The audience is missing.');
      return { token: await signer.idToken(account, audience, body['includeEmail'] === true) };
    }),
    method('signBlob', 'signBlob', async (account, body) => {
      const payload = Buffer.from(textField(body, 'payload'), 'base64');
      const { keyId, signature } = await keys.signAs(account, () => payload);
      return { keyId, signedBlob: signature.toString('base64') };
    }),
    method('signJwt', 'signJwt', async (account, body) => {
      const payload = jwtPayload(textField(body, 'payload'));
      let unsigned = '';
      const { keyId, signature } = await keys.signAs(account, (kid) => {
        unsigned = `${encoded({ alg: 'RS256', kid, typ: 'JWT' })}.${encoded(payload)}`;
        return Buffer.from(unsigned);
      });
      return { keyId, signedJwt: `${unsigned}.${signature.toString('base64url')}` };
    }),
  ];
}

function impersonated(iam: Iam, { caller, params }: ApiRequest, permission: string): ServiceAccount {
  const { project, account: wanted = '' } = params;
  if (project !== '-') throw invalidArgument('The project of the resource name must be the wildcard "-".');
  const account = iam.findServiceAccount(wanted);
  if (!account) throw notFound(`Not found; Gaia id not found for email ${wanted}`);
  if (!iam.allows(caller, permission, accountName(account))) throw permissionDenied(permission, accountName(account));
  if (account.disabled) throw failedPrecondition('The service account is disabled.');
  return account;
}

function lifetimeOf(text: string): number {
  const [, digits] = /^(\d{1,6})(?:\.0+)?s$/.exec(text || `${MAX_TOKEN_LIFETIME_S}s`) ?? [];
  const seconds = Number(digits);
  if (seconds >= 1 && seconds <= MAX_TOKEN_LIFETIME_S) return seconds;
  throw invalidArgument(`The token lifetime must be from 1s to ${MAX_TOKEN_LIFETIME_S}s.`);
}

function jwtPayload(text: string): object {
  try {
    const payload: unknown = JSON.parse(text);
    if (typeof payload === 'object' && payload !== null) return payload;
  } catch {
    // Answered below, together with JSON that is not an object.
  }
  throw invalidArgument('The payload is not a JSON object of claims.');
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
