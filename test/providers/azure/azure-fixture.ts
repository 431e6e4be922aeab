import { buffer } from 'node:stream/consumers';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { loadConfig } from '../../../shared/platform/config.ts';
import { Secret } from '../../../shared/platform/secret.ts';
import { testConnection, type ConnectionTestDeps } from '../../../shared/providers/connection-test.ts';
import { askedOnce, registry, serve } from '../fixtures.ts';

export const SECRET = `fak8Q~CANARY${'s'.repeat(28)}`;
export const CREDENTIALS = {
  tenant_id: '11111111-2222-3333-4444-555555555555',
  client_id: '66666666-7777-8888-9999-000000000000',
  client_secret: SECRET,
  subscription_id: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
};
export const clock = { now: () => new Date('2026-11-24T00:30:00Z') };

export type Step = 'token' | 'subscription' | 'cost';
export interface Said {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text as it stands. */
  readonly body?: object | string;
}
export interface Seen {
  readonly host: string;
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const GOOD: Readonly<Record<Step, Said>> = {
  token: {
    status: 200,
    body: { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: 'eyJ0.fake.token' },
  },
  subscription: {
    status: 200,
    body: {
      id: `/subscriptions/${CREDENTIALS.subscription_id}`,
      subscriptionId: CREDENTIALS.subscription_id,
      displayName: 'Production',
      tenantId: CREDENTIALS.tenant_id,
      state: 'Enabled',
    },
  },
  cost: {
    status: 200,
    body: { properties: { nextLink: null, columns: [{ name: 'totalCost', type: 'Number' }], rows: [[12.3]] } },
  },
};

const HOSTS = [
  ...['login.microsoftonline.com', 'management.azure.com', 'login.microsoftonline.us'],
  ...['management.usgovcloudapi.net', 'login.chinacloudapi.cn', 'management.chinacloudapi.cn'],
];

function stepOf(url: string): Step {
  if (url.includes('/oauth2/')) return 'token';
  return url.includes('/query') ? 'cost' : 'subscription';
}

interface TestOptions {
  readonly credentials?: Readonly<Record<string, string>>;
  readonly deps?: Partial<ConnectionTestDeps>;
}

function listOf(said: Said | readonly Said[]): Said[] {
  return Array.isArray(said) ? [...(said as readonly Said[])] : [said as Said];
}

/** Tests a credential against hosts that answer well, but for `changes`; a list is said in turn, its last one for ever. */
export async function testAzure(
  changes: Partial<Record<Step, Said | readonly Said[]>> = {},
  { credentials = CREDENTIALS, deps = {} }: TestOptions = {},
) {
  const seen: Seen[] = [];
  const turns: Record<Step, Said[]> = {
    token: listOf(changes.token ?? GOOD.token),
    subscription: listOf(changes.subscription ?? GOOD.subscription),
    cost: listOf(changes.cost ?? GOOD.cost),
  };
  const listener =
    (host: string): RequestListener =>
    (req, res) => {
      void buffer(req).then((body) => {
        const { method, url = '', headers } = req;
        seen.push({ host, method, url, headers, body: body.toString() });
        const list = turns[stepOf(url)];
        const said = list.length > 1 ? list.shift()! : list[0]!;
        res.writeHead(said.status, said.headers);
        res.end(typeof said.body === 'object' ? JSON.stringify(said.body) : said.body);
      });
    };
  const servers = await Promise.all(HOSTS.map(async (host) => [host, await serve(listener(host))] as const));
  const config = loadConfig({
    PROJECT_ID: 'test-project',
    KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
    PROVIDER_ENDPOINTS: JSON.stringify(Object.fromEntries(servers.map(([host, { url }]) => [host, url]))),
  });
  const provider = registry.get('azure');
  const subject = { org: 'acme', provider, credentials: Secret.of(credentials), metadata: {}, expiresAt: null };
  try {
    const result = await testConnection(subject, { ...askedOnce({ config, clock }), ...deps });
    const last = result.checks.at(-1)!;
    const statuses = result.checks.map(({ id, status }) => `${id} ${status}`);
    return { ...result, seen, last, statuses, hosts: seen.map(({ host }) => host) };
  } finally {
    await Promise.all(servers.map(([, { close }]) => close()));
  }
}

/** A refusal of Microsoft Entra in full; its text holds what must never be shown. */
export function entraError(code: number, error = 'invalid_client', changes: object = {}): object {
  return {
    error,
    error_description: `AADSTS${code}: CANARY text. Trace ID: 0 Correlation ID: 0 Timestamp: 2026-11-24 00:30:00Z`,
    error_codes: [code],
    timestamp: '2026-11-24 00:30:00Z',
    trace_id: '0b9c6f0e-0000-0000-0000-000000000000',
    correlation_id: '0b9c6f0e-0000-0000-0000-000000000001',
    ...changes,
  };
}

export const armError = (code: string): object => ({ error: { code, message: 'CANARY text' } });
