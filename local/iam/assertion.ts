import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import type { Clock } from '../kit/contracts.ts';
import type { Accounts, ServiceAccount } from './accounts.ts';
import type { Keys } from './keys.ts';

export type AssertionFault = 'malformed' | 'unknown_account' | 'disabled_account' | 'bad_signature' | 'bad_times';
export type Assertion =
  | { readonly account: ServiceAccount; readonly claims: JWTPayload }
  | { readonly fault: AssertionFault; readonly account?: ServiceAccount };

export interface AssertionDeps {
  readonly accounts: Accounts;
  readonly keys: Keys;
  readonly clock: Clock;
}

const MAX_LIFETIME_S = 3600;
const SKEW_S = 300;

/** Judges a JWT that a service account signed with one of its own keys. */
export async function verifyAssertion(jwt: string, { accounts, keys, clock }: AssertionDeps): Promise<Assertion> {
  const parsed = parse(jwt);
  if (!parsed || typeof parsed.claims.iss !== 'string') return { fault: 'malformed' };
  const { claims, kid } = parsed;
  const account = accounts.find(claims.iss!);
  if (!account) return { fault: 'unknown_account' };
  if (account.disabled) return { fault: 'disabled_account', account };
  if (!(await isSignedBy(jwt, account, keys, kid))) return { fault: 'bad_signature', account };
  // A client outside knows the machine's time alone, when the embedded clock has been moved ahead of it.
  const isTimely = [clock.now(), new Date()].some((now) => isShortLived(claims, now.getTime() / 1000));
  return isTimely ? { account, claims } : { fault: 'bad_times', account };
}

function parse(jwt: string): { claims: JWTPayload; kid: string | undefined } | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(jwt);
    return alg === 'RS256' ? { claims: decodeJwt(jwt), kid } : undefined;
  } catch {
    return undefined;
  }
}

/** Without a key id every usable key of the account is tried. */
async function isSignedBy(jwt: string, account: ServiceAccount, keys: Keys, kid: string | undefined): Promise<boolean> {
  const candidates = keys.usable(account.uniqueId).filter(({ id }) => kid === undefined || id === kid);
  for (const key of candidates) {
    const verified = await compactVerify(jwt, keys.publicKey(key), { algorithms: ['RS256'] }).catch(() => undefined);
    if (verified) return true;
  }
  return false;
}

function isShortLived({ iat, exp }: JWTPayload, now: number): boolean {
  if (typeof iat !== 'number' || typeof exp !== 'number') return false;
  return exp - iat <= MAX_LIFETIME_S && exp > iat && iat <= now + SKEW_S && exp > now - SKEW_S;
}
