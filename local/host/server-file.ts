import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `.local/server.json`: how a second process finds the running server. */
interface ServerFile {
  readonly pid: number;
  readonly url: string;
}

const fileIn = (dataDir: string): string => join(dataDir, 'server.json');

export function announceServer(dataDir: string, url: string): void {
  writeFileSync(fileIn(dataDir), `${JSON.stringify({ pid: process.pid, url })}\n`, { mode: 0o600 });
}

export function withdrawServer(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/**
 * The server that runs on this store, if one does; a file left by a killed one does not count. Its process id alone says little: it
 * may have gone to another process, or be that of one that nobody has buried yet.
 */
export async function findServer(dataDir: string): Promise<ServerFile | undefined> {
  try {
    const server = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as ServerFile;
    process.kill(server.pid, 0);
    return (await isDown(server.url)) ? undefined : server;
  } catch {
    return undefined;
  }
}

/** One that is slow to answer is there. */
async function isDown(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
    return false;
  } catch (err) {
    return ((err as Error).cause as { code?: string } | undefined)?.code === 'ECONNREFUSED';
  }
}
