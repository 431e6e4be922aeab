import { GoogleAuth, OAuth2Client, type AuthClient } from 'google-auth-library';
import { bounded, unavailable } from '../platform/deadline.ts';
import type { Platform } from '../platform/platform.ts';
import { askProvider, type ProviderAnswer } from '../providers/provider-http.ts';
import { googleHost, googleHosts } from './google-hosts.ts';
import { isOwnAccount, orgPrincipal } from './org-principal.ts';
import { TokenRefusedError } from './service-account-auth.ts';

const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';
const OWN_TOKEN_MS = 10_000;
/** As long as it takes to ask for the next token. */
const STEP_SECONDS = 300;
const LIFETIME_SECONDS = 3600;

/** An organisation that has granted our service account instead of uploading a key. */
export interface Keyless {
  readonly org: string;
  /** The customer's account to act as; absent: the organisation's principal has the roles itself. */
  readonly target?: string | undefined;
}

type Host = Pick<Platform, 'config'> & Partial<Pick<Platform, 'auth'>>;

/** Finds the identity that this process runs as, once. */
const own = new GoogleAuth({ scopes: [CLOUD_PLATFORM] });

/** @throws ServiceError `backend_unavailable` when this process has no identity to show. */
export async function ownToken({ auth }: { readonly auth?: AuthClient }): Promise<string> {
  try {
    const client = auth ?? (await bounded('The metadata server', own.getClient(), OWN_TOKEN_MS));
    const { token } = await bounded('The metadata server', client.getAccessToken(), OWN_TOKEN_MS);
    if (token) return token;
  } catch (cause) {
    throw unavailable('The metadata server', cause);
  }
  throw unavailable('The metadata server');
}

export interface TokenWish {
  /** Whose token it shall be. */
  readonly email: string;
  /** Access token of who asks. */
  readonly bearer: string;
  readonly scopes: readonly string[];
  readonly lifetimeSeconds?: number;
}

/**
 * Asks IAM for a token of an account, without its key. Answers 200 `{accessToken, expireTime}`.
 *
 * @throws NoAnswerError
 */
export function askForToken(
  { config }: Pick<Platform, 'config'>,
  { email, bearer, scopes, lifetimeSeconds = LIFETIME_SECONDS }: TokenWish,
): Promise<ProviderAnswer> {
  const account = encodeURIComponent(email);
  const request = {
    method: 'POST',
    url: `https://${googleHost('iamcredentials')}/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: scopes, lifetime: `${lifetimeSeconds}s` }),
  };
  return askProvider(request, googleHosts(config.endpoints));
}

/** How the organisation's principal is asked for: with read-only scopes, or as a step to the account behind it. */
export function principalWish(
  { config }: Host,
  { org, target }: Keyless,
  bearer: string,
  scopes: readonly string[],
): TokenWish {
  const email = orgPrincipal(org, config.projectId);
  return target
    ? { email, bearer, scopes: [CLOUD_PLATFORM], lifetimeSeconds: STEP_SECONDS }
    : { email, bearer, scopes };
}

/** An auth client that acts for an organisation without a key: tokens of exactly these scopes. */
export function keylessAuth(platform: Host, keyless: Keyless, scopes: readonly string[]): OAuth2Client {
  const { target } = keyless;
  if (target && isOwnAccount(target, platform.config.projectId)) throw new TokenRefusedError(403, 'PERMISSION_DENIED');
  const client = new OAuth2Client();
  client.refreshHandler = async () => {
    const first = await token(platform, principalWish(platform, keyless, await ownToken(platform), scopes));
    const { accessToken, expiresMs } = target
      ? await token(platform, { email: target, bearer: first.accessToken, scopes })
      : first;
    return { access_token: accessToken, expiry_date: expiresMs };
  };
  return client;
}

async function token(platform: Host, wish: TokenWish): Promise<{ accessToken: string; expiresMs: number }> {
  const { status, body } = await askForToken(platform, wish);
  const { accessToken, error } = (body ?? {}) as { accessToken?: string; error?: { status?: string } };
  if (status !== 200 || !accessToken) throw new TokenRefusedError(status, error?.status ?? 'unknown');
  const lifetimeMs = (wish.lifetimeSeconds ?? LIFETIME_SECONDS) * 1000;
  return { accessToken, expiresMs: Date.now() + lifetimeMs };
}
