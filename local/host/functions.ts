import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { http } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { functions } from '../../functions/index.ts';
import { guardBody } from '../../shared/http/body-guard.ts';
import { loadConfig } from '../../shared/platform/config.ts';
import { createLogger } from '../../shared/platform/log.ts';
import { authClientFor } from '../iam/auth-client.ts';
import type { Cloud } from '../cloud.ts';
import { emailOf, functionAccount } from '../topology.ts';

/** All functions in one process, each behind its own functions-framework server and under its own service account. */
export interface FunctionHost {
  handle(name: string, req: IncomingMessage, res: ServerResponse): void;
  close(): Promise<void>;
}

export async function hostFunctions(
  cloud: Cloud,
  environment: Readonly<Record<string, string>>,
  logFile: string,
): Promise<FunctionHost> {
  await mkdir(join(logFile, '..'), { recursive: true });
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  const config = loadConfig(environment);
  const servers = new Map<string, Server>();
  for (const [name, load] of Object.entries(functions)) {
    const { create } = await load();
    const email = emailOf(functionAccount(name), cloud.context.projectId);
    const platform = {
      config,
      clock: cloud.context.clock,
      log: createLogger({ component: name }, (line) => log.write(line)),
      auth: authClientFor(cloud.iam, email),
    };
    http(name, create(platform));
    servers.set(name, getTestServer(name));
  }
  return {
    handle(name, req, res) {
      guardBody(req);
      servers.get(name)?.emit('request', req, res);
    },
    close: () => new Promise((resolve) => log.end(resolve)),
  };
}
