import { rmSync } from 'node:fs';
import { loadStartSettings } from '../shared/platform/config.ts';
import { runDemo } from './demo/demo.ts';
import { announceServer, findServer, withdrawServer } from './host/server-file.ts';
import { parseStartOptions } from './options.ts';
import { startRuntime, type Runtime } from './runtime.ts';
import { operatorBigQuery } from './provision.ts';

/** `npm start`: the embedded cloud and all functions, the demo on an empty store, then `ready`. */
async function main(): Promise<void> {
  const options = parseStartOptions(process.argv.slice(2));
  const { dataDir } = options;
  const running = await findServer(dataDir);
  if (running) throw new Error(`A server runs on this store already: ${running.url} (process ${running.pid}).`);
  if (options.fresh) rmSync(dataDir, { recursive: true, force: true });

  const runtime = await startRuntime({ dataDir, live: options.live, settings: loadStartSettings() });
  announceServer(dataDir, runtime.url);
  stopOnSignals(runtime, dataDir);
  // A demo that fails is worth a look, not a reason to take the server away.
  if (options.demo) await demo(runtime).catch((err: unknown) => console.error('The demo failed:', err));
  console.log(`ready ${runtime.url}`);
}

async function demo(runtime: Runtime): Promise<void> {
  const { cloud, jobs } = runtime;
  await runDemo({
    baseUrl: runtime.url,
    token: await cloud.issuer.sign({ orgs: { acme: 'admin' }, sub: 'demo' }),
    cases: (org) => runtime.sandboxCases(org),
    runJob: async (job, args) => ({ exit_code: await jobs.run({ job, args }) }),
    query: async (sql) => (await operatorBigQuery(cloud).query(sql))[0],
    print: (line) => console.log(line),
    cloud,
  });
}

function stopOnSignals(runtime: Runtime, dataDir: string): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(130);
    stopping = true;
    runtime
      .close()
      .then(() => {
        withdrawServer(dataDir);
        process.exit(0);
      })
      .catch((err: unknown) => {
        console.error('stopping failed', err);
        process.exit(1);
      });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((err: Error & { code?: string }) => {
  console.error(err.code === 'EADDRINUSE' ? `${err.message}: set PORT to another one.` : err.message);
  process.exit(1);
});
