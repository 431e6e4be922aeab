import { OAuth2Client, type AuthClient } from 'google-auth-library';
import type { Iam } from './iam.ts';
import { CLOUD_PLATFORM } from './scopes.ts';

/** An identity for clients in this process: what the metadata server is for those in another. */
export function authClientFor(iam: Iam, email: string, scopes: readonly string[] = [CLOUD_PLATFORM]): AuthClient {
  const client = new OAuth2Client();
  client.refreshHandler = async () => ({
    access_token: await iam.accessToken(email, scopes),
    // In the past, so that every request asks again: only the embedded clock knows when a token ends.
    expiry_date: 1,
  });
  return client;
}
