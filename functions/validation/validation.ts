import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import type { HttpHandler } from '../../shared/http/edge.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { testConnection, type TestSubject } from '../../shared/providers/connection-test.ts';
import { ProviderGate } from '../../shared/providers/provider-gate.ts';
import { platformRegistry } from '../../shared/providers/registry.ts';
import { parsePush } from './push-message.ts';
import { pushAuthenticator } from './push-token.ts';
import { validateCredential, type ValidationDeps } from './validate-credential.ts';

/** Push target of the subscription of `integration-validation`. */
export function create(platform: Platform): HttpHandler {
  const authenticate = pushAuthenticator(platform);
  const wait = (ms: number): Promise<void> => delay(ms);
  const asking = { platform, gate: new ProviderGate(wait) };
  const deps = {
    registry: platformRegistry(platform.config),
    store: new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config),
    cipher: new CredentialCipher(kmsClient(platform), platform.config.kmsKey),
    test: (subject: TestSubject, { isRepeated }: { isRepeated: boolean }) =>
      testConnection(subject, isRepeated ? asking : { ...asking, wait }),
    clock: platform.clock,
    log: platform.log,
  };
  return async (request, response) => {
    response.writeHead(await deliver(request, authenticate, deps)).end();
  };
}

/** The HTTP status that acknowledges a message (204), refuses its sender, or asks for another delivery (500). */
async function deliver(
  request: IncomingMessage,
  authenticate: (authorization: string | undefined) => Promise<void>,
  deps: ValidationDeps,
): Promise<number> {
  let about = {};
  try {
    await authenticate(request.headers.authorization);
    const pushed = parsePush(await readJsonBody(request));
    const { org, provider_key: providerKey, credential_id: credentialId, request_id: requestId } = pushed.request;
    about = { org, providerKey, credentialId, request_id: requestId };
    await validateCredential(pushed.request, pushed.messageId, deps);
    return 204;
  } catch (error) {
    const code = error instanceof ServiceError ? error.code : 'internal';
    deps.log.warn('validation-not-done', { ...about, code, error });
    if (code === 'unauthenticated') return 401;
    if (code === 'forbidden') return 403;
    // A message that is none would come back for ever.
    return isPermanent(error) ? 204 : 500;
  }
}

function isPermanent(error: unknown): boolean {
  const permanent = [
    'invalid_request',
    'malformed_json',
    'body_too_large',
    'unsupported_media_type',
    'unknown_provider',
  ];
  return error instanceof ServiceError && permanent.includes(error.code);
}
