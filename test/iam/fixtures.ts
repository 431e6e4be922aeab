import { DatabaseSync } from 'node:sqlite';
import { SignJWT, importPKCS8, type JWTPayload } from 'jose';
import { startIamApi } from '../../local/iam/iam-api.ts';
import { createIam, type Iam } from '../../local/iam/iam.ts';
import type { KeyFile } from '../../local/iam/keys.ts';
import { startMetadata } from '../../local/iam/metadata.ts';
import { startOAuth } from '../../local/iam/oauth.ts';
import type { ServiceContext } from '../../local/kit/contracts.ts';

export const PROJECT = 'test-project';
export const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
  readonly body: any;
}

export interface IamBench {
  readonly iam: Iam;
  readonly oauthUrl: string;
  readonly apiUrl: string;
  advance(ms: number): void;
  /** Calls the IAM API as an account; absent: as the operator. */
  call(verb: string, path: string, options?: { body?: object; as?: string; token?: string }): Promise<Answer>;
  /** Posts an assertion to the token endpoint. */
  exchange(assertion: string): Promise<Answer>;
  metadata(email: string): Promise<{ host: string; port: number }>;
  close(): Promise<void>;
}

/** IAM with its endpoints on free ports, and a clock that the test moves. */
export async function iamBench(db = new DatabaseSync(':memory:')): Promise<IamBench> {
  let aheadMs = 0;
  const clock = { now: () => new Date(Date.now() + aheadMs), onAdvance: () => undefined };
  const iam = await createIam({ db, clock, projectId: PROJECT });
  const context = { clock, projectId: PROJECT, location: 'us-central1', auth: iam, ...silent } as Pick<
    ServiceContext,
    'clock' | 'projectId' | 'location' | 'auth' | 'faults' | 'journal'
  >;
  const oauth = await startOAuth(context, iam);
  const api = await startIamApi(context, iam);
  const servers: { close(): Promise<void> }[] = [oauth, api];
  return {
    iam,
    oauthUrl: oauth.url,
    apiUrl: api.url,
    advance: (ms) => void (aheadMs += ms),
    async call(verb, path, { body, as = iam.operator.email, token } = {}) {
      const authorization = `Bearer ${token ?? (await iam.accessToken(as))}`;
      const init = { method: verb, headers: { authorization }, ...(body ? { body: JSON.stringify(body) } : {}) };
      return answerOf(await fetch(api.url + path, init));
    },
    exchange: async (assertion) =>
      answerOf(
        await fetch(`${oauth.url}/token`, {
          method: 'POST',
          body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
        }),
      ),
    async metadata(email) {
      const server = await startMetadata(context, iam, email);
      servers.push(server);
      return server;
    },
    async close() {
      for (const server of servers) await server.close();
      db.close();
    },
  };
}

const silent = { faults: { next: () => undefined }, journal: { record: () => undefined } };

export async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** An assertion as Google's clients write it; `claims` and `header` change what a test is about. */
export async function assertionBy(
  key: Pick<KeyFile, 'client_email' | 'private_key' | 'private_key_id'>,
  claims: JWTPayload = {},
  header: { kid?: string } = { kid: key.private_key_id },
): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const usual = { iss: key.client_email, scope: CLOUD_PLATFORM, aud: 'https://oauth2.googleapis.com/token' };
  return new SignJWT({ ...usual, iat, exp: iat + 3600, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header })
    .sign(await importPKCS8(key.private_key, 'RS256'));
}
