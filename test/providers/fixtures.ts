import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '../../shared/platform/errors.ts';
import { Secret } from '../../shared/platform/secret.ts';
import type { ConnectionTestDeps } from '../../shared/providers/connection-test.ts';
import { checkFormat, type Credentials } from '../../shared/providers/format-check.ts';
import { ProviderGate } from '../../shared/providers/provider-gate.ts';
import { loadRegistry } from '../../shared/providers/registry.ts';
import type { TestPlatform } from '../../shared/providers/test-run.ts';

export const registry = loadRegistry();

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

/** A service account JSON as Google writes it, with a key of our own. */
export function aServiceAccount(changes: Record<string, unknown> = {}): Credentials {
  const whole = {
    type: 'service_account',
    project_id: 'acme-prod',
    private_key_id: '0123456789abcdef0123456789abcdef01234567',
    private_key: PEM,
    client_email: 'finops-reader@acme-prod.iam.gserviceaccount.com',
    client_id: '123456789012345678901',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    ...changes,
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) as Credentials;
}

export const aKey = (api_key = 'sk-proj-abcdefghijklmnopqrstuvwxyz') => Secret.of<Credentials>({ api_key });

/** A server on a free port that answers with `listener`. */
export async function serve(listener: RequestListener): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the format check makes of an input: its warnings, or its error. */
export function checked(slug: string, { credentials, metadata, label }: Submitted): readonly string[] | ServiceError {
  try {
    const secret = credentials === undefined ? undefined : Secret.of(credentials);
    return checkFormat(registry, registry.get(slug), { credentials: secret, metadata, label: label ?? null }).warnings;
  } catch (err) {
    if (err instanceof ServiceError) return err;
    throw err;
  }
}

/** Asks everything once, without pauses: what a dry run does. */
export function askedOnce(platform: object): ConnectionTestDeps {
  return { platform: platform as TestPlatform, gate: new ProviderGate(async () => undefined) };
}

export interface Submitted {
  readonly credentials?: unknown;
  readonly metadata?: unknown;
  readonly label?: string;
}

/** The error of an input that has to be refused. */
export function refused(slug: string, input: Submitted): ServiceError {
  const result = checked(slug, input);
  assert(result instanceof ServiceError, `${slug} accepted it`);
  return result;
}
