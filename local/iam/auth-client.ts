import { OAuth2Client, type AuthClient } from 'google-auth-library';
import type { Iam } from './iam.ts';
import { CLOUD_PLATFORM } from './scopes.ts';

/** An identity for clients in this process: what the metadata server is for those in another. */
export function authClientFor(iam: Iam, email: string, scopes: readonly string[] = [CLOUD_PLATFORM]): AuthClient {
  const client = new EmbeddedIdentity((audience) => iam.idToken(email, audience));
  client.refreshHandler = async () => ({
    access_token: await iam.accessToken(email, scopes),
    // In the past, so that every request asks again: only the embedded clock knows when a token ends.
    expiry_date: 1,
  });
  return client;
}

/** Gives ID tokens as well, in the way of the client for the metadata server. */
class EmbeddedIdentity extends OAuth2Client {
  readonly fetchIdToken: (targetAudience: string) => Promise<string>;

  constructor(fetchIdToken: (targetAudience: string) => Promise<string>) {
    super();
    this.fetchIdToken = fetchIdToken;
  }
}
