import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import sinon from 'sinon';
import type { SetupDeps } from '../../functions/integrations/set-up-integration.ts';
import { openApiDocument } from '../../functions/providers/openapi.ts';
import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';
import type { HttpHandler } from '../../shared/http/edge.ts';
import { loadConfig } from '../../shared/platform/config.ts';
import { createLogger } from '../../shared/platform/log.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { clock } from '../credentials/fixtures.ts';
import { recorder } from '../openapi/recorder.ts';
import { registry } from '../providers/fixtures.ts';

export const ENVIRONMENT = {
  PROJECT_ID: 'test-project',
  KMS_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k',
  OIDC_ISSUER: 'https://issuer.example',
  OIDC_AUDIENCE: 'integration-setup',
  CORS_ORIGINS: 'https://console.example',
};

export const silent = createLogger({}, () => undefined);

/** A platform whose log lines are kept. */
export function aPlatform(lines: string[] = [], changes: Record<string, string> = {}): Platform {
  return {
    config: loadConfig({ ...ENVIRONMENT, ...changes }),
    clock,
    log: createLogger({}, (line) => void lines.push(line)),
  };
}

/** Fakes of what a setup uses; the store holds one row. */
export function setupDeps(stored?: IntegrationRow) {
  const state = { row: stored };
  const store = {
    find: sinon.fake(async () => state.row),
    create: sinon.fake(async (draft: object) => {
      state.row = { ...draft, version: 1, last_request_id: 'write-1' } as IntegrationRow;
      return state.row;
    }),
    replace: sinon.fake(async (read: IntegrationRow, draft: object) => {
      state.row = { ...draft, version: read.version + 1, last_request_id: 'write-2' } as IntegrationRow;
      return state.row;
    }),
    append: sinon.fake(async (_event: object, _id: string) => undefined),
  };
  const cipher = {
    encrypt: sinon.fake(async (_credentials: object, _context: object) => ({
      ciphertext: 'c2VhbGVk',
      kmsKeyVersion: 'v1',
    })),
  };
  const topic = { publish: sinon.fake(async (_request: object) => undefined) };
  const deps: SetupDeps = { registry, store, cipher, topic, clock, log: silent };
  return { deps, store, cipher, topic, state };
}

/** An issuer with its key server. */
export async function anIssuer() {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' };
  const state = { requests: 0 };
  const server = createServer((_req, res) => {
    state.requests += 1;
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const nowSeconds = Math.floor(clock.now().getTime() / 1000);
  return {
    state,
    jwksUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    token: (claims: JWTPayload = {}, { key = privateKey, kid = 'key-1' } = {}) =>
      new SignJWT({
        iss: 'https://issuer.example',
        aud: 'integration-setup',
        sub: 'ana',
        iat: nowSeconds,
        exp: nowSeconds + 600,
        orgs: { acme: 'admin', globex: 'viewer' },
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', kid })
        .sign(key),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** Serves a handler on a free port, without functions-framework; closing it fails when an answer was not as described. */
export async function host(handler: HttpHandler, { isDescribed = true } = {}) {
  const exchanges = recorder(openApiDocument(registry));
  const server = createServer((req, res) => {
    if (isDescribed) exchanges.record(req, res);
    void handler(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      exchanges.check();
    },
  };
}

/** A text that nothing else holds, to be searched for. */
export const canary = () => `CANARY-${randomBytes(12).toString('hex')}`;
