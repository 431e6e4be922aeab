import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../local/main.ts');

/** The whole product as a process of its own, of which every word and every answer is kept. */
export interface LeakServer {
  readonly url: string;
  readonly pid: number;
  /** What the process wrote to its standard output and standard error. */
  output(): Buffer;
  /** Status, headers and bodies of all answers so far, by the request that they are answers to. */
  readonly answers: readonly { readonly to: string; readonly status: number; readonly bytes: Buffer }[];
  /** Calls the product's API as an admin of the organisation in the path. */
  call(verb: string, path: string, request?: Sent): Promise<Heard>;
  /** Calls `/local/*`, whose answers are not the product's and are not kept. */
  steer(verb: string, path: string, body?: object): Promise<unknown>;
  stop(): Promise<void>;
}

export interface Sent {
  /** Sent as JSON unless it is text or bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Heard {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of any shape
  readonly body: any;
}

/** @param providers - Real hosts of providers to the addresses that stand in for them. */
export async function startLeakServer(
  dataDir: string,
  providers: Readonly<Record<string, string>>,
): Promise<LeakServer> {
  const child = spawn(process.execPath, ['--no-warnings', MAIN, '--data', dataDir, '--no-demo'], {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      RATE_LIMIT_WRITES: '0',
      RATE_LIMIT_VALIDATIONS: '0',
      RATE_LIMIT_READS: '0',
      PROVIDER_ENDPOINTS: JSON.stringify(providers),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  const output = (): Buffer => Buffer.concat(chunks);
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      chunks.push(chunk);
      const ready = /^ready (?<url>\S+)$/m.exec(output().toString())?.groups?.['url'];
      if (ready) resolve(ready);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${output().toString()}`)));
  });
  const answers: { to: string; status: number; bytes: Buffer }[] = [];
  const tokens = new Map<string, Promise<string>>();

  const steer: LeakServer['steer'] = async (verb, path, body) => {
    const response = await fetch(`${url}/local/${path}`, {
      method: verb,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  };
  const tokenFor = (path: string): Promise<string> => {
    const org = /^\/integrations\/(?<org>[a-z0-9_]+)/.exec(path)?.groups?.['org'] ?? 'acme';
    const token =
      tokens.get(org) ??
      steer('POST', 'token', { orgs: { [org]: 'admin' }, sub: 'leaks' }).then(
        (answer) => (answer as { token: string }).token,
      );
    tokens.set(org, token);
    return token;
  };
  return {
    url,
    pid: child.pid!,
    output,
    answers,
    steer,
    async call(verb, path, { body, headers } = {}) {
      const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
      const response = await fetch(url + path, {
        method: verb,
        headers: {
          authorization: `Bearer ${await tokenFor(path)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      const head = [response.statusText, ...[...response.headers].map((header) => header.join(': '))].join('\n');
      // Of a path that holds a secret no more is kept than its beginning.
      const to = `${verb} ${path.slice(0, 60)}`;
      answers.push({ to, status: response.status, bytes: Buffer.concat([Buffer.from(`${head}\n\n`), bytes]) });
      return { status: response.status, body: parsed(bytes.toString()) };
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'close');
      child.kill('SIGTERM');
      await gone;
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
