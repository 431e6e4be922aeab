import type { DatabaseSync } from 'node:sqlite';
import type { JWK } from 'jose';
import { ApiError } from '../kit/api-error.ts';
import type { Clock } from '../kit/contracts.ts';
import { Secrets } from './secrets.ts';
import { publicJwk, signingKey, signJwt } from './signing-key.ts';

export interface UserTokenRequest {
  /** Organisation slug to role. */
  readonly orgs: Readonly<Record<string, 'viewer' | 'editor' | 'admin'>>;
  readonly sub?: string;
  readonly ttl_s?: number;
}

/** The OIDC issuer whose tokens the product's users carry. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  sign(request: UserTokenRequest): Promise<string>;
  jwks(): Promise<{ keys: JWK[] }>;
  /** @param baseUrl - Where the discovery document and `jwks.json` are served. */
  openidConfiguration(baseUrl: string): object;
}

const ISSUER = 'https://issuer.integration-setup.internal';
const AUDIENCE = 'integration-setup';
const SECRET = 'user-token-key';
const MAX_TTL_S = 30 * 86_400;

/** Its key is kept in `db`, which another process may use at the same time; its name does not depend on any port. */
export async function createIssuer({ db, clock }: { db: DatabaseSync; clock: Clock }): Promise<Issuer> {
  const secrets = new Secrets(db);
  return {
    issuer: ISSUER,
    audience: AUDIENCE,
    async sign(request) {
      const { orgs, sub, ttl_s: ttl } = checkTokenRequest(request);
      const iat = Math.floor(clock.now().getTime() / 1000);
      const claims = { iss: ISSUER, aud: AUDIENCE, sub, iat, exp: iat + ttl, orgs };
      return signJwt(await signingKey(secrets, SECRET), claims);
    },
    async jwks() {
      const { kid, publicKey } = await signingKey(secrets, SECRET);
      return { keys: [publicJwk(kid, publicKey)] };
    },
    openidConfiguration: (baseUrl) => ({
      issuer: ISSUER,
      jwks_uri: `${baseUrl}/jwks.json`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      claims_supported: ['iss', 'aud', 'sub', 'iat', 'exp', 'orgs'],
    }),
  };
}

/** @throws ApiError 400 that names the faulty field. */
export function checkTokenRequest({
  orgs,
  sub = 'local-user',
  ttl_s = 3600,
}: UserTokenRequest): Required<UserTokenRequest> {
  if (typeof orgs !== 'object' || orgs === null || Array.isArray(orgs)) {
    throw new ApiError(400, 'orgs: expected an object of organisation slug to role');
  }
  for (const [slug, role] of Object.entries(orgs)) assertMembership(slug, role);
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) {
    throw new ApiError(400, 'sub: expected 1 to 255 characters');
  }
  if (!Number.isSafeInteger(ttl_s) || ttl_s < 1 || ttl_s > MAX_TTL_S) {
    throw new ApiError(400, `ttl_s: expected whole seconds from 1 to ${MAX_TTL_S}`);
  }
  return { orgs, sub, ttl_s };
}

function assertMembership(slug: string, role: unknown): void {
  if (!/^[a-z][a-z0-9_]{2,49}$/.test(slug)) {
    throw new ApiError(
      400,
      `orgs: expected a slug of 3 to 50 lower-case letters, digits and underscores, not "${slug}"`,
    );
  }
  if (role !== 'viewer' && role !== 'editor' && role !== 'admin') {
    throw new ApiError(400, `orgs: expected viewer, editor or admin for ${slug}`);
  }
}
