import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const FRAMEWORK = fileURLToPath(import.meta.resolve('@google-cloud/functions-framework')).replace(
  /index\.js$/,
  'main.js',
);
const ENTRY = join(import.meta.dirname, '../functions/main.ts');
const CPU_METER = pathToFileURL(join(import.meta.dirname, 'cpu-meter.ts')).href;

/** A function of the product under the official runtime, in a process of its own. */
export interface DeployedFunction extends AsyncDisposable {
  /** @throws Error unless the answer is a success. */
  call(call: { verb: string; path: string; token: string; body?: unknown }): Promise<void>;
  /** Milliseconds of CPU that the process has used up to now. */
  cpuMs(): Promise<number>;
}

export async function deploy(
  name: string,
  environment: Readonly<Record<string, string>>,
  nodeFlags: readonly string[] = [],
): Promise<DeployedFunction> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--no-warnings', ...nodeFlags, '--import', CPU_METER, FRAMEWORK, '--source', ENTRY, '--port', String(port)],
    { env: { ...environment, FUNCTION_TARGET: name }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${name} did not start:\n${output}`)));
    child.stdout?.on('data', () => output.includes('Serving function') && resolve());
  });
  const agent = new Agent({ keepAlive: true });

  return {
    async call({ verb, path, token, body }) {
      const { status, text } = await send(
        { agent, port, path, method: verb, headers: { authorization: `Bearer ${token}` } },
        body === undefined ? undefined : JSON.stringify(body),
      );
      if (status >= 300) throw new Error(`${verb} ${path}: ${status} ${text}`);
    },
    async cpuMs() {
      child.send('cpu');
      const [microseconds] = (await once(child, 'message')) as [number];
      return microseconds / 1000;
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

/** Node's plain client: what the caller does weighs as little as possible. */
function send(options: object, body: string | undefined): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    if (body !== undefined) outgoing.setHeader('content-type', 'application/json');
    outgoing.end(body);
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
