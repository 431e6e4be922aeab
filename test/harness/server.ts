import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = join(import.meta.dirname, '../../local/main.ts');

/** `npm start` as a process of its own, which a test may kill. */
export interface ServerProcess {
  readonly url: string;
  readonly output: readonly string[];
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts the server on a free port and waits for its `ready` line. */
export async function spawnServer(dataDir: string, flags: readonly string[] = ['--no-demo']): Promise<ServerProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--no-warnings', MAIN, '--data', dataDir, ...flags], {
    env: { PATH: process.env['PATH'], PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const url = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => {
        output.push(line);
        if (line.startsWith('ready ')) resolve(line.slice('ready '.length));
      });
    }
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}:\n${output.join('\n')}`)));
  });
  return {
    url: await url,
    output,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}
