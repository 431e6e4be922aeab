import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { replacementOf } from '../provider-endpoint.ts';
import { exchange, type ProviderAnswer, type WireAnswer } from '../provider-http.ts';
import type { TestRun } from '../test-run.ts';
import type { AwsKeys } from './aws-request.ts';

export interface StsOptions {
  readonly region: string;
  /** Absent: the request is not signed. */
  readonly keys?: AwsKeys | undefined;
  /** In place of the one that the client's rules find for the region. */
  readonly endpoint?: string;
}

/** What the official client hands to whoever carries its requests. */
interface ClientRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

type Handler = NonNullable<STSClientConfig['requestHandler']>;

/**
 * Asks STS through its official client, under the limits of every test.
 *
 * @returns Fields of the result as body, or `{ Error: { Code, Message } }`; no body when the answer is not in AWS's form.
 * @throws NoAnswerError
 */
export async function askSts(
  send: (client: STSClient) => Promise<object>,
  options: StsOptions,
  run: TestRun,
): Promise<ProviderAnswer> {
  let wire: WireAnswer | undefined;
  const client = clientFor(options, run, async (request) => {
    wire = await exchange(toRequest(request), run.endpoints);
    return wire;
  });
  try {
    const body = await send(client);
    return answer(wire, body);
  } catch (err) {
    if (!wire) throw err;
    return answer(wire, errorIn(err, wire));
  } finally {
    client.destroy();
  }
}

/** The client looks for nothing on its own: no keys, regions, profiles, endpoints or retries of the machine that it runs on. */
function clientFor(
  { region, keys, endpoint }: StsOptions,
  run: TestRun,
  carry: (request: ClientRequest) => Promise<WireAnswer>,
): STSClient {
  const client = new STSClient({
    ...NOTHING_FOUND,
    region,
    credentials: keys ?? (() => Promise.reject(new Error('This request is not signed'))),
    systemClockOffset: run.platform.clock.now().getTime() - Date.now(),
    requestHandler: handlerOf(carry),
  });
  client.middlewareStack.remove('recursionDetectionMiddleware'); // reads the environment
  // The address goes through the configuration before it is signed: what is signed has to be what is sent.
  const rules = client.config.endpointProvider;
  client.config.endpointProvider = (parameters, context) => {
    const found = rules(parameters, context);
    const url = endpoint === undefined ? found.url : new URL(endpoint);
    return { ...found, url: replacementOf(url, run.endpoints.providers) };
  };
  return client;
}

const NOTHING_FOUND: STSClientConfig = {
  maxAttempts: 1,
  retryMode: 'standard',
  defaultsMode: 'standard',
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  ignoreConfiguredEndpointUrls: true,
  authSchemePreference: [],
  sigv4aSigningRegionSet: [],
  userAgentAppId: '',
  defaultUserAgentProvider: async () => [['integration-setup', '1']],
};

function handlerOf(carry: (request: ClientRequest) => Promise<WireAnswer>): Handler {
  return {
    async handle(request: ClientRequest) {
      const { status, headers, text } = await carry(request);
      return { response: { statusCode: status, headers: { ...headers }, body: Buffer.from(text) } };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function toRequest({ method, protocol, hostname, port, path, headers, body }: ClientRequest) {
  const url = `${protocol}//${hostname}${port ? `:${port}` : ''}${path}`;
  // STS answers in JSON where that is asked for, which its client does not read.
  return { method, url, headers: { accept: '*/*', ...headers }, body };
}

function answer(wire: WireAnswer | undefined, body: unknown): ProviderAnswer {
  return { status: wire?.status ?? 0, headers: wire?.headers ?? {}, body };
}

/** The error in AWS's own form; what a proxy or a firewall says in AWS's place is none. */
function errorIn(err: unknown, { text }: WireAnswer): unknown {
  const { Error: found } = err as { Error?: { Code?: unknown; Message?: unknown } };
  const isOwn = /^\s*(?:<\?xml[^>]*>\s*)?<ErrorResponse[\s>]/.test(text) && typeof found?.Code === 'string';
  return isOwn ? { Error: { Code: found.Code, Message: found.Message } } : undefined;
}
