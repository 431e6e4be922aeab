import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RateLimits, StartSettings } from '../../shared/platform/config.ts';
import { startRuntime, type Runtime } from '../../local/runtime.ts';
import { servedChecker } from '../openapi/served-checker.ts';

export type Role = 'viewer' | 'editor' | 'admin';

/** The whole product on an embedded cloud of its own, on free ports and in a folder of its own. */
export interface TestCloud extends Runtime {
  readonly dataDir: string;
  token(orgs: Record<string, Role>): Promise<string>;
  /** Calls the product's API; `as` names who calls (default: admin of every org in the path). */
  call(verb: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  readonly as?: Record<string, Role>;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it is not JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
  readonly body: any;
}

export interface TestCloudOptions {
  readonly dataDir?: string;
  /** Endpoints of providers by their real host, and a registry of its own. */
  readonly providers?: Readonly<Record<string, string>>;
  readonly providerRegistry?: string;
  /** Off unless the test is about them. */
  readonly rateLimits?: Partial<RateLimits>;
}

function settings({ rateLimits, providers = {}, providerRegistry }: TestCloudOptions): StartSettings {
  const off = { writes: 0, validations: 0, reads: 0 };
  return { port: 0, googleApis: {}, providers, providerRegistry, rateLimits: { ...off, ...rateLimits } };
}

export async function startTestCloud(options: TestCloudOptions = {}): Promise<TestCloud> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'cloud-')));
  const runtime = await startRuntime({ dataDir, settings: settings(options) });
  const checked = servedChecker(runtime.url);
  const token = (orgs: Record<string, Role>) => runtime.cloud.issuer.sign({ orgs, sub: 'tester' });
  return {
    ...runtime,
    dataDir,
    token,
    async call(verb, path, { as, body, headers = {} } = {}) {
      const org = path.split('/')[2]?.split('?')[0] ?? 'acme';
      const request = {
        method: verb,
        headers: {
          authorization: `Bearer ${await token(as ?? { [org]: 'admin' })}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      };
      const response = await fetch(runtime.url + path, request);
      const text = await response.text();
      await checked({ ...request, path }, { status: response.status, headers: response.headers, body: text });
      return { status: response.status, headers: response.headers, text, body: parsed(text) };
    },
    async close() {
      await runtime.close();
      if (!options.dataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Waits until `check` answers something truthy, and answers it; fails after `timeoutMs`. */
export async function eventually<T>(check: () => Promise<T>, timeoutMs = 15_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`It did not come true within ${timeoutMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
