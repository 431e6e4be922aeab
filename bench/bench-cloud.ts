import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { productEnvironment, type EnvironmentOptions } from '../local/host/environment.ts';
import { bigQuery } from '../shared/gcp/bigquery.ts';
import { tokenAuth } from '../shared/gcp/service-account-auth.ts';
import { systemClock } from '../shared/platform/clock.ts';
import { loadConfig } from '../shared/platform/config.ts';
import { createLogger } from '../shared/platform/log.ts';
import type { Platform } from '../shared/platform/platform.ts';
import { spawnServer } from '../test/harness/server.ts';
import { deploy, type DeployedFunction } from './deployed-function.ts';

interface Info {
  readonly project_id: string;
  readonly location: string;
  readonly endpoints: EnvironmentOptions['endpoints'] & { readonly metadata: { host: string; port: number } };
  readonly operator: { readonly access_token: string };
}

/** An embedded cloud in a process of its own, so that its work is nobody else's. */
export interface BenchCloud extends AsyncDisposable {
  /** Goes with the cloud; what a benchmark writes belongs here. */
  readonly dataDir: string;
  /** What a deployed function is given, its limits turned off. */
  readonly environment: Readonly<Record<string, string>>;
  /** For the product's own parts in this process. */
  readonly platform: Platform;
  /** Runs a function of the product in a process of its own, as deployed; it ends with the cloud. */
  deploy(name: string): Promise<DeployedFunction>;
  /** A token of an admin of these organisations. */
  token(orgs: readonly string[]): Promise<string>;
  sandbox(org: string): Promise<Sandbox>;
  /** GoogleSQL as the operator, who may read every project. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** How often a method of a service was called up to now. */
  calls(service: string, method: string): Promise<number>;
}

interface SandboxCase {
  readonly credentials?: object;
  readonly metadata?: object;
  readonly expect: { readonly validation_status: string };
}

/** Cases by provider and name. */
export type Sandbox = Readonly<Record<string, Readonly<Record<string, SandboxCase>>>>;

const UNLIMITED = { writes: 0, validations: 0, reads: 0 };

export async function startBenchCloud(): Promise<BenchCloud> {
  // Whatever fails on the way, no process is left behind.
  await using started = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-'));
  started.defer(() => rm(dataDir, { recursive: true, force: true }));
  const server = await spawnServer(dataDir);
  started.defer(() => server.kill('SIGTERM'));
  const info = (await local('info')) as Info;
  const environment = environmentOf(info, server.url, await local('oidc/.well-known/openid-configuration'));

  async function local(path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${server.url}/local/${path}`, {
      ...(body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`/local/${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  const owned = started.move();
  const platform = {
    config: loadConfig(environment),
    clock: systemClock,
    log: createLogger({ component: 'bench' }, () => undefined),
    auth: tokenAuth(info.operator.access_token),
  };
  return {
    dataDir,
    environment,
    platform,
    query: async (sql) => (await bigQuery(platform).query(sql))[0] as Record<string, unknown>[],
    deploy: async (name) => owned.use(await deploy(name, environment)),
    async token(orgs) {
      const roles = Object.fromEntries(orgs.map((org) => [org, 'admin']));
      return ((await local('token', { orgs: roles })) as { token: string }).token;
    },
    sandbox: async (org) => ((await local(`sandbox?org=${org}`)) as { providers: Sandbox }).providers,
    async calls(service, method) {
      const { calls } = (await local(`calls?service=${service}`)) as { calls: { method: string }[] };
      return calls.filter((call) => call.method === method).length;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Functions find their identity at a metadata server, as on Cloud Run; here they all are the operator. */
function environmentOf(info: Info, baseUrl: string, oidc: unknown): Record<string, string> {
  const { metadata } = info.endpoints;
  return {
    ...productEnvironment({
      projectId: info.project_id,
      location: info.location,
      endpoints: info.endpoints,
      baseUrl,
      issuer: (oidc as { issuer: string }).issuer,
      audience: 'integration-setup',
      providerEndpoints: {},
      googleApiOverrides: {},
      rateLimits: UNLIMITED,
      awsSubjects: [],
      live: false,
    }),
    GCE_METADATA_HOST: `${metadata.host}:${metadata.port}`,
    METADATA_SERVER_DETECTION: 'assume-present',
  };
}
