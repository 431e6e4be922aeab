import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '../kit/api-error.ts';
import { apiListener, type ApiRequest, type ApiRoute } from '../kit/api-server.ts';
import type { Fault } from '../kit/contracts.ts';
import type { Cloud } from '../cloud.ts';
import type { JobHost } from '../host/jobs.ts';

export interface LocalApiDeps {
  readonly cloud: Cloud;
  readonly jobs: JobHost;
  /** Body of `GET /local/info`. */
  info(): Promise<object>;
  /** Body of `GET /local/sandbox`. */
  sandbox(org: string): Promise<object>;
  /** Told of every organisation that somebody is about to work for. */
  welcome(org: string): Promise<void>;
}

/** `/local/*`: what a person or a test steers the embedded runtime with. No token; the gateway lets loopback in only. */
export function localApi(deps: LocalApiDeps): (req: IncomingMessage, res: ServerResponse) => void {
  const { context } = deps.cloud;
  return apiListener({
    service: 'local',
    routes: routes(deps),
    auth: context.auth,
    // Faults hit the services behind, never the switch that turns them off.
    faults: { next: () => undefined },
    journal: { record: () => undefined },
    maxBodyBytes: 64 << 10,
  });
}

function routes(deps: LocalApiDeps): ApiRoute[] {
  const { cloud, jobs } = deps;
  const { faults, journal, clock } = cloud.context;
  return [
    open('GET', 'info', async () => ({ body: await deps.info() })),
    open('GET', 'sandbox', async ({ query }) => {
      const org = orgSlug(query.get('org') ?? 'acme');
      await deps.welcome(org);
      return { body: await deps.sandbox(org) };
    }),
    open('POST', 'faults', async (request) => ({ status: 201, body: faults.add(await request.json<Fault>()) })),
    open('GET', 'faults', () => ({ body: { faults: faults.list() } })),
    open('DELETE', 'faults(?:/(?<id>[^/]+))?', ({ params }) => {
      faults.remove(params['id']);
      return { status: 204 };
    }),
    open('GET', 'calls', ({ query }) => ({
      body: {
        calls: journal.calls({ service: query.get('service') ?? undefined, since: sequence(query.get('since')) }),
      },
    })),
    open('POST', 'token', async (request) => {
      const body = await request.json<Parameters<Cloud['issuer']['sign']>[0]>();
      const token = await cloud.issuer.sign(body);
      await Promise.all(Object.keys(body.orgs).map((org) => deps.welcome(org)));
      return { status: 201, body: { token } };
    }),
    open('POST', 'jobs/(?<name>[a-z]+)', async (request) => {
      const { args = [] } = await request.json<{ args?: string[] }>();
      if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
        throw new ApiError(400, 'args: expected a list of strings');
      }
      return { body: { exit_code: await jobs.run({ job: request.params['name'] ?? '', args }) } };
    }),
    open('POST', 'clock', async (request) => {
      const { advance_s: seconds } = await request.json<{ advance_s?: unknown }>();
      if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) {
        throw new ApiError(400, 'advance_s: expected a number of seconds, 0 or more');
      }
      clock.advance(seconds);
      return { body: { now: clock.now().toISOString() } };
    }),
    open('GET', 'oidc/jwks.json', async () => ({ body: await cloud.issuer.jwks() })),
    open('GET', 'oidc/.well-known/openid-configuration', ({ headers }) => ({
      body: cloud.issuer.openidConfiguration(`http://${headers.host}/local/oidc`),
    })),
  ];
}

const open = (verb: string, path: string, handle: ApiRoute['handle']): ApiRoute => ({
  verb,
  pattern: new RegExp(`^/local/${path}$`),
  name: path,
  anonymous: true,
  handle: (request: ApiRequest) => handle(request),
});

function orgSlug(org: string): string {
  if (/^[a-z][a-z0-9_]{2,49}$/.test(org)) return org;
  throw new ApiError(400, 'org: expected lower-case letters, digits and underscores, 3 to 50 of them');
}

function sequence(text: string | null): number | undefined {
  if (text === null) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new ApiError(400, 'since: expected the sequence number of a call');
}
