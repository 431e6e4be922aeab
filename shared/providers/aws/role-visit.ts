import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { AwsPlatform } from '../../platform/config.ts';
import { idToken } from '../../gcp/id-token.ts';
import type { TestPlatform } from '../test-run.ts';
import type { AwsKeys } from './aws-request.ts';

/** A role, and the name that our session has in the customer's log. */
export interface Visited {
  readonly role: string;
  readonly session: string;
}

/** How this platform comes to a role. */
export interface Visit {
  send(client: STSClient): Promise<object>;
  /** Absent: the ID token inside the command says who we are. */
  readonly keys?: AwsKeys;
}

/** The shortest that AWS gives. */
const DURATION_S = 900;
/** An audience that is nobody's, for a role that should not let it in. */
const NOBODY = 'integration-of-nobody';

/**
 * A visit in the name of the organisation that `tie` stands for; without one, as a visitor for whom a role that is tied to its
 * organisation has to be closed.
 *
 * @throws Error when we have not got what AWS knows us by: a token of Google, or keys.
 */
export async function visitTo(
  { role, session }: Visited,
  tie: string | undefined,
  platform: TestPlatform,
): Promise<Visit> {
  const asked = { RoleArn: role, RoleSessionName: session, DurationSeconds: DURATION_S };
  const { awsPlatform } = platform.config;
  if (awsPlatform) {
    const command = new AssumeRoleCommand({ ...asked, ...(tie === undefined ? {} : { ExternalId: tie }) });
    return { send: (client) => client.send(command), keys: ownKeys(awsPlatform) };
  }
  const WebIdentityToken = await idToken(platform, tie ?? NOBODY);
  return { send: (client) => client.send(new AssumeRoleWithWebIdentityCommand({ ...asked, WebIdentityToken })) };
}

/** `integration-<organisation>` */
export function sessionName(org: string): string {
  return `integration-${org}`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

function ownKeys({ keys }: AwsPlatform): AwsKeys {
  if (!keys) throw new Error('This function has no AWS keys');
  const { access_key_id, secret_access_key, session_token } = keys.reveal();
  return {
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
    ...(session_token ? { sessionToken: session_token } : {}),
  };
}
