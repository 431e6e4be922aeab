import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BigQuery } from '@google-cloud/bigquery';
import { OAuth2Client } from 'google-auth-library';
import { startBigQuery } from '../../local/bigquery/bigquery.ts';
import { ApiError } from '../../local/kit/api-error.ts';
import type { AccessPolicy, Binding, Caller, ServiceContext } from '../../local/kit/contracts.ts';

export const PROJECT = 'test-project';
export const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';
export const READ_ONLY = 'https://www.googleapis.com/auth/bigquery.readonly';

/** What a policy that lets everybody do everything is asked, and what it is told to refuse. */
export interface FakePolicy extends AccessPolicy {
  /** Refuses `permission` (or a part of it) to `email` on resources that begin so. */
  deny(email: string, permission: string, resource?: string): void;
}

function fakePolicy(): FakePolicy {
  const denied: { email: string; permission: string; resource: string }[] = [];
  const bindings = new Map<string, readonly Binding[]>();
  return {
    deny: (email, permission, resource = 'projects/') => void denied.push({ email, permission, resource }),
    allows: ({ email, scopes }, permission, resource) =>
      (scopes.includes(CLOUD_PLATFORM) || /\.(get|getData|list|create)$/.test(permission)) &&
      !denied.some(
        (rule) => rule.email === email && permission.includes(rule.permission) && resource.startsWith(rule.resource),
      ),
    bindings: (resource) => bindings.get(resource) ?? [],
    setBindings: (resource, all) => void bindings.set(resource, all),
  };
}

export interface EmbeddedBigQuery {
  readonly url: string;
  readonly dataDir: string;
  readonly policy: FakePolicy;
  /** The official client as `email`, with a token of these scopes. */
  client(email?: string, scopes?: readonly string[]): BigQuery;
  /** A REST call by hand. */
  call(verb: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  advance(seconds: number): void;
  restart(): Promise<EmbeddedBigQuery>;
  /** Stops it; its data stay. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

const tokenOf = (email: string, scopes: readonly string[]): string => `${email} ${scopes.join(',')}`;

/** The embedded BigQuery on a free port; a token is the caller's e-mail and scopes in plain. */
export async function startEmbedded(dataDir?: string): Promise<EmbeddedBigQuery> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'bigquery-')));
  const policy = fakePolicy();
  const db = new DatabaseSync(join(folder, 'cloud.sqlite'));
  let offsetMs = 0;
  const listeners: (() => void)[] = [];
  const context: ServiceContext = {
    db,
    clock: { now: () => new Date(Date.now() + offsetMs), onAdvance: (listener) => void listeners.push(listener) },
    auth: { authenticate: async (authorization) => callerOf(authorization) },
    policy,
    faults: { next: () => undefined },
    journal: { record: () => undefined },
    dataDir: folder,
    projectId: PROJECT,
    location: 'us-central1',
  };
  const server = await startBigQuery(context);
  const { url } = server;
  const stop = async (): Promise<void> => {
    await server.close();
    db.close();
  };
  return {
    url,
    dataDir: folder,
    policy,
    client(email = 'owner@example.com', scopes = [CLOUD_PLATFORM]) {
      const authClient = new OAuth2Client();
      authClient.setCredentials({ access_token: tokenOf(email, scopes) });
      return new BigQuery({ projectId: PROJECT, apiEndpoint: url, authClient, retryOptions: { autoRetry: false } });
    },
    call: (verb, path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: verb,
        headers: {
          authorization: `Bearer ${tokenOf('owner@example.com', [CLOUD_PLATFORM])}`,
          'content-type': 'application/json',
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    advance(seconds) {
      offsetMs += seconds * 1000;
      for (const listener of listeners) listener();
    },
    stop,
    async restart() {
      await stop();
      return startEmbedded(folder);
    },
    async close() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function callerOf(authorization: string | undefined): Caller {
  const [, email = '', scopes = ''] = /^Bearer (\S+) (\S*)$/.exec(authorization ?? '') ?? [];
  if (email === '') throw new ApiError(401, 'Request had invalid authentication credentials.');
  return { email, scopes: scopes.split(',') };
}
