import { OAuth2Client } from 'google-auth-library';
import { importPKCS8, SignJWT } from 'jose';
import type { Platform } from '../platform/platform.ts';
import { askProvider, type ProviderAnswer } from '../providers/provider-http.ts';
import { googleHosts } from './google-hosts.ts';

/** The two fields of a service account key that we use; none of the URLs beside them is ever followed. */
export interface ServiceAccountKey {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string;
}

const TOKEN_AUDIENCE = 'https://oauth2.googleapis.com/token';
const LIFETIME_SECONDS = 3600;

/** Fields of the token endpoint's answers that are read (RFC 6749, 5.1 and 5.2). */
interface TokenAnswer {
  readonly access_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
}

/**
 * Asks for an access token with a signed assertion (RFC 7523); the answer comes as it is, whatever it says.
 *
 * @throws NoAnswerError
 */
export async function requestToken(
  { config, clock }: Pick<Platform, 'config' | 'clock'>,
  key: ServiceAccountKey,
  scopes: readonly string[],
): Promise<ProviderAnswer> {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: await assertion(key, scopes, clock.now()),
  });
  const request = {
    method: 'POST',
    url: TOKEN_AUDIENCE,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
  return askProvider(request, googleHosts(config.endpoints));
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
    const answer = await requestToken(platform, key, scopes);
    const { access_token, expires_in = 0, error = 'unknown' } = (answer.body ?? {}) as TokenAnswer;
    if (answer.status !== 200 || !access_token) throw new TokenRefusedError(answer.status, error);
    return { access_token, expiry_date: Date.now() + expires_in * 1000 };
  };
  return client;
}

/** An auth client for a token that is at hand; it is not fetched again. */
export function tokenAuth(accessToken: string): OAuth2Client {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: accessToken });
  return client;
}

/** Google gave no token; `error` is its code (`invalid_grant`, `PERMISSION_DENIED`), never its text. */
export class TokenRefusedError extends Error {
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string) {
    super(`Google refused a token: ${error}`);
    this.name = 'TokenRefusedError';
    this.status = status;
    this.error = error;
  }
}
