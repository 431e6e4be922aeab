import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { VerifiedTokens } from './verified-tokens.ts';
import type { Clock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import { unavailable } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';

export const ROLES = ['viewer', 'editor', 'admin'] as const;
/** Each role may do what those before it may. */
export type Role = (typeof ROLES)[number];

/** Who calls, and what they may do where. */
export interface Principal {
  readonly subject: string;
  /** The caller's role in an organisation; undefined when the token does not name it. */
  roleIn(org: string): Role | undefined;
}

export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

const KEY_FETCH_LIMIT_MS = 3_000;
const COOLDOWN_MS = 30_000;
const KEYS_MAX_AGE_MS = 600_000;
const CLOCK_SKEW_SECONDS = 5;
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'];
const MAX_SUBJECT_LENGTH = 200;

/** The issuer's public keys, fetched when needed and kept; an unknown key id cannot make us fetch without end. */
export function remoteKeys(jwksUri: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(jwksUri), {
    timeoutDuration: KEY_FETCH_LIMIT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
  });
}

/** Verifies bearer tokens of the configured issuer. */
export function authenticator({ oidc }: Pick<Config, 'oidc'>, clock: Clock): Authenticate {
  const keys = remoteKeys(oidc.jwksUri);
  const verified = new VerifiedTokens(clock);
  return async (authorization) => {
    const known = verified.find(authorization);
    if (known) return known;
    const payload = await verifyBearer(authorization, keys, clock, { issuer: oidc.issuer, audience: oidc.audience });
    return verified.keep(authorization, principalOf(payload), (payload.exp ?? 0) * 1000);
  };
}

/**
 * Checks signature, issuer, audience and time of a bearer token.
 *
 * @throws ServiceError `unauthenticated`; `backend_unavailable` when the issuer's keys cannot be had.
 */
export async function verifyBearer(
  authorization: string | undefined,
  keys: JWTVerifyGetKey,
  clock: Clock,
  expected: { readonly issuer?: string | string[]; readonly audience: string },
): Promise<JWTPayload> {
  const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(authorization ?? '')?.[1];
  if (!token) throw new ServiceError('unauthenticated', 'Send Authorization: Bearer with an ID token');
  try {
    const { payload } = await jwtVerify(token, keys, {
      ...expected,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['exp', 'sub'],
      currentDate: clock.now(),
    });
    return payload;
  } catch (err) {
    throw isRefusal(err)
      ? new ServiceError('unauthenticated', 'The token is not accepted or has run out; sign in again', { cause: err })
      : unavailable('The token issuer', err);
  }
}

function isRefusal(err: unknown): boolean {
  return err instanceof errors.JOSEError && !(err instanceof errors.JWKSTimeout) && err.code !== 'ERR_JOSE_GENERIC';
}

function principalOf({ sub, email, orgs }: JWTPayload): Principal {
  const roles = typeof orgs === 'object' && orgs !== null ? (orgs as Record<string, unknown>) : {};
  const subject = typeof email === 'string' && email !== '' ? email : (sub ?? '');
  return {
    subject: subject.slice(0, MAX_SUBJECT_LENGTH),
    roleIn(org) {
      const role = Object.hasOwn(roles, org) ? roles[org] : undefined;
      return ROLES.find((known) => known === role);
    },
  };
}

export function atLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
