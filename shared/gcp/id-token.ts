import { GoogleAuth, type AuthClient } from 'google-auth-library';
import { bounded, unavailable } from '../platform/deadline.ts';

const TOKEN_TIMEOUT_MS = 10_000;
/** Finds the identity that this process runs as, once. */
const google = new GoogleAuth();

/**
 * An OIDC token of our own identity, signed by Google, for whoever trusts it with this audience.
 *
 * @throws ServiceError `backend_unavailable`
 */
export async function idToken({ auth }: { readonly auth?: AuthClient }, audience: string): Promise<string> {
  try {
    return await bounded('The metadata server', fetched(auth, audience), TOKEN_TIMEOUT_MS);
  } catch (cause) {
    throw unavailable('The metadata server', cause);
  }
}

async function fetched(auth: AuthClient | undefined, audience: string): Promise<string> {
  const client = auth ?? (await google.getClient());
  if (!givesIdTokens(client)) throw new Error('This identity has no ID tokens');
  return client.fetchIdToken(audience);
}

function givesIdTokens(client: object): client is { fetchIdToken(targetAudience: string): Promise<string> } {
  return 'fetchIdToken' in client && typeof client.fetchIdToken === 'function';
}
