import { OAuth2Client } from 'google-auth-library';
import { importPKCS8, SignJWT } from 'jose';
import type { Platform } from '../platform/platform.ts';

/** The two fields of a service account key that we use; none of the URLs beside them is ever followed. */
export interface ServiceAccountKey {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
}

const TOKEN_AUDIENCE = 'https://oauth2.googleapis.com/token';
const TOKEN_TIMEOUT_MS = 10_000;
const LIFETIME_SECONDS = 3600;

/** The token endpoint's answer: its HTTP status and JSON body, whatever it says. */
export interface TokenAnswer {
  readonly status: number;
  readonly body: { access_token?: string; expires_in?: number; error?: string; error_description?: string };
}

/**
 * Asks for an access token with a signed assertion (RFC 7523).
 *
 * @throws TypeError from `fetch` when the endpoint cannot be reached, `SyntaxError` when its answer is not JSON.
 */
export async function requestToken(
  { config, clock }: Pick<Platform, 'config' | 'clock'>,
  key: ServiceAccountKey,
  scopes: readonly string[],
): Promise<TokenAnswer> {
  const base = config.endpoints.googleApis['oauth2'] ?? 'https://oauth2.googleapis.com';
  const response = await fetch(`${base}/token`, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await assertion(key, scopes, clock.now()),
    }),
  });
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
}

async function assertion(key: ServiceAccountKey, scopes: readonly string[], now: Date): Promise<string> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT({ scope: scopes.join(' ') })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(key.private_key_id ? { kid: key.private_key_id } : {}) })
    .setIssuer(key.client_email)
    .setAudience(TOKEN_AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME_SECONDS)
    .sign(await importPKCS8(key.private_key, 'RS256'));
}

/** An auth client for a customer's key: tokens of exactly these scopes, fetched again when they run out. */
export function serviceAccountAuth(
  platform: Pick<Platform, 'config' | 'clock'>,
  key: ServiceAccountKey,
  scopes: readonly string[],
): OAuth2Client {
  const client = new OAuth2Client();
  client.refreshHandler = async () => {
    const { status, body } = await requestToken(platform, key, scopes);
    if (!body.access_token) throw new TokenRefusedError(status, body.error ?? 'unknown');
    return { access_token: body.access_token, expiry_date: Date.now() + (body.expires_in ?? 0) * 1000 };
  };
  return client;
}

/** An auth client for a token that is at hand; it is not fetched again. */
export function tokenAuth(accessToken: string): OAuth2Client {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: accessToken });
  return client;
}

/** The token endpoint said no; `error` is its code (`invalid_grant`), never its text. */
export class TokenRefusedError extends Error {
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string) {
    super(`The token endpoint refused the key: ${error}`);
    this.name = 'TokenRefusedError';
    this.status = status;
    this.error = error;
  }
}
