import type { IncomingMessage } from 'node:http';
import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { isLive, type Check, type IntegrationRow, type LastCheck } from '../../shared/credentials/integration-row.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { isVerdict } from '../../shared/credentials/lifecycle.ts';
import { openCredential } from '../../shared/credentials/open-credential.ts';
import { recordEvent } from '../../shared/credentials/record-event.ts';
import { testedRow } from '../../shared/credentials/row-drafts.ts';
import type { ValidationRequest } from '../../shared/credentials/validation-request.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import type { HttpHandler } from '../../shared/http/edge.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { testConnection, type TestResult, type TestSubject } from '../../shared/providers/connection-test.ts';
import { platformRegistry, type Registry } from '../../shared/providers/registry.ts';
import { parsePush } from './push-message.ts';
import { pushAuthenticator } from './push-token.ts';

export interface ValidationDeps {
  readonly registry: Registry;
  readonly store: Pick<IntegrationStore, 'findSealed' | 'replace' | 'append'>;
  readonly cipher: Pick<CredentialCipher, 'decrypt'>;
  readonly test: (subject: TestSubject) => Promise<TestResult>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Tests a stored credential and writes what came of it; any delivery may come twice.
 *
 * @throws ServiceError `provider_unreachable` when the test came to no verdict, `version_conflict` when the row changed
 * during the test, and what the backends throw: each asks for another delivery.
 */
export async function validateCredential(
  request: ValidationRequest,
  messageId: string,
  deps: ValidationDeps,
): Promise<void> {
  const ids = { org: request.org, providerKey: request.provider_key, credentialId: request.credential_id };
  const row = await deps.store.findSealed(request.org, request.provider_key);
  if (!isLive(row) || row.credential_id !== request.credential_id || !isDue(row, request, messageId)) {
    deps.log.info('validation-skipped', { ...ids, version: request.version });
    return;
  }
  const { outcome, checks, discovered } = await judge(row, deps);

  const check: LastCheck = { outcome, checks, at: deps.clock.now().toISOString(), message_id: messageId };
  const tested = await deps.store.replace(row, testedRow(row, check, discovered));
  await recordEvent(deps, tested, {
    action: 'tested',
    actor: 'validation',
    requestId: request.request_id,
    from: row.validation_status,
    outcome,
  });
  deps.log.info('credential-tested', {
    ...ids,
    fingerprint: row.fingerprint,
    outcome,
    status: tested.validation_status,
  });
  if (!isVerdict(outcome)) {
    throw new ServiceError(
      'provider_unreachable',
      `The test of ${request.provider_key} came to no verdict: ${outcome}`,
    );
  }
}

/** Whether this message still asks for something: a row that was judged or changed since is for another message. */
function isDue(row: IntegrationRow, { version }: ValidationRequest, messageId: string): boolean {
  const { last_check, validation_status } = row;
  if (last_check?.message_id === messageId) return !isVerdict(last_check.outcome);
  return row.version === version || validation_status === 'PENDING';
}

async function judge(row: IntegrationRow, { registry, cipher, test }: ValidationDeps): Promise<TestResult> {
  const provider = registry.get(row.provider_key);
  try {
    const credentials = row.encrypted_credentials === null ? undefined : await openCredential(row, { cipher });
    return await test({ provider, credentials, metadata: row.metadata, expiresAt: row.expires_at });
  } catch (err) {
    // Nothing will ever open this ciphertext; only a new upload helps, and the user has to know.
    if (err instanceof ServiceError && err.code === 'decryption_failed')
      return { outcome: 'rejected', checks: [UNREADABLE] };
    throw err;
  }
}

const UNREADABLE: Check = {
  id: 'decrypt',
  status: 'fail',
  message: 'The stored credential does not open any more.',
  remedy: 'Upload the credential again.',
};

/** Push target of the subscription of `integration-validation`. */
export function create(platform: Platform): HttpHandler {
  const authenticate = pushAuthenticator(platform);
  const deps = {
    registry: platformRegistry(platform.config),
    store: new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config),
    cipher: new CredentialCipher(kmsClient(platform), platform.config.kmsKey),
    test: (subject: TestSubject) => testConnection(subject, { platform }),
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
  try {
    await authenticate(request.headers.authorization);
    const pushed = parsePush(await readJsonBody(request));
    await validateCredential(pushed.request, pushed.messageId, deps);
    return 204;
  } catch (error) {
    const code = error instanceof ServiceError ? error.code : 'internal';
    deps.log.warn('validation-not-done', { code, error });
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
