import type { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { isLive, type Check, type IntegrationRow, type LastCheck } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { isVerdict } from '../../shared/credentials/lifecycle.ts';
import { openSealed } from '../../shared/credentials/open-credential.ts';
import { recordChange } from '../../shared/credentials/record-event.ts';
import { awaitsTest } from '../../shared/credentials/row-drafts.ts';
import { lastCheckOf, subjectOf, testedRow, type Subject } from '../../shared/credentials/tested-row.ts';
import type { ValidationRequest } from '../../shared/credentials/validation-request.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { TestResult, TestSubject } from '../../shared/providers/connection-test.ts';
import type { Registry } from '../../shared/providers/registry.ts';

export interface ValidationDeps {
  readonly registry: Registry;
  readonly store: Pick<IntegrationStore, 'findSealed' | 'replace' | 'append'>;
  readonly cipher: Pick<CredentialCipher, 'decrypt'>;
  /** A repeated delivery is a further try by itself: it asks once. */
  readonly test: (subject: TestSubject, options: { isRepeated: boolean }) => Promise<TestResult>;
  readonly clock: Clock;
  readonly log: Logger;
}

const ACTOR = 'validation';

/**
 * Tests a stored credential, or its candidate, and writes what came of it; any delivery may come twice.
 *
 * @throws ServiceError `provider_unreachable` when the test came to no verdict, `version_conflict` when the row changed
 * during the test, and what the backends throw: each asks for another delivery.
 */
export async function validateCredential(
  request: ValidationRequest,
  messageId: string,
  deps: ValidationDeps,
): Promise<void> {
  const { org, provider_key: providerKey, credential_id: credentialId, version, request_id: requestId } = request;
  const row = await deps.store.findSealed(org, providerKey);
  if (!isLive(row) || row.credential_id !== credentialId || !isDue(row, request, messageId)) {
    deps.log.info('validation-skipped', { org, providerKey, credentialId, version });
    return;
  }
  const subject = subjectOf(row);
  leaveAlone(row, deps);
  const { outcome, checks, discovered, retryAfterMs } = await judge(row, subject, messageId, requestId, deps);
  const now = deps.clock.now();
  const check: LastCheck = {
    outcome,
    checks,
    at: now.toISOString(),
    message_id: messageId,
    ...(retryAfterMs === undefined ? {} : { retry_at: new Date(now.getTime() + retryAfterMs).toISOString() }),
  };
  const tested = await deps.store.replace(row, testedRow(row, check, discovered));
  await recordTest(row, tested, subject, outcome, requestId, deps);
  if (!isVerdict(outcome)) {
    throw new ServiceError('provider_unreachable', `The test of ${providerKey} came to no verdict: ${outcome}`);
  }
}

/** A provider that asked to be left alone is not asked; the message comes back later. */
function leaveAlone(row: IntegrationRow, { clock }: ValidationDeps): void {
  const until = lastCheckOf(row)?.retry_at;
  if (until !== undefined && new Date(until) > clock.now()) {
    throw new ServiceError('provider_unreachable', `${row.provider_key} asked to be left alone until ${until}`);
  }
}

/** Whether this message still asks for something: a row that was judged or changed since is for another message. */
function isDue(row: IntegrationRow, { version }: ValidationRequest, messageId: string): boolean {
  const check = lastCheckOf(row) ?? row.last_check;
  if (check?.message_id === messageId) return !isVerdict(check.outcome);
  return row.version === version || awaitsTest(row);
}

async function recordTest(
  row: IntegrationRow,
  tested: IntegrationRow,
  { isCandidate, fingerprint }: Subject,
  outcome: string,
  requestId: string,
  deps: ValidationDeps,
): Promise<void> {
  const isPromoted = isCandidate && tested.candidate_status === null;
  const action = isPromoted ? 'candidate_promoted' : isCandidate ? 'candidate_tested' : 'tested';
  const from = row.validation_status;
  await recordChange(deps, tested, { action, actor: ACTOR, requestId, from, outcome, fingerprint });
  deps.log.info('credential-tested', {
    org: row.org_slug,
    providerKey: row.provider_key,
    credentialId: row.credential_id,
    fingerprint,
    outcome,
    isCandidate,
    status: tested.validation_status,
  });
}

async function judge(
  row: IntegrationRow,
  { ciphertext, fingerprint, metadata, expiresAt, isCandidate }: Subject,
  messageId: string,
  requestId: string,
  deps: ValidationDeps,
): Promise<TestResult> {
  const provider = deps.registry.get(row.provider_key);
  try {
    const sealed = { ciphertext, fingerprint };
    const credentials =
      ciphertext === null ? undefined : await openSealed(row, sealed, { actor: ACTOR, requestId }, deps);
    const isRepeated = lastCheckOf(row)?.message_id === messageId;
    const subject = { org: row.org_slug, provider, credentials, metadata, expiresAt };
    // What an earlier test found out is about the credential in use, not about the one that may take its place.
    const known = row.discovered && !isCandidate ? { discovered: row.discovered } : {};
    return await deps.test({ ...subject, ...known }, { isRepeated });
  } catch (err) {
    // Nothing will ever open this ciphertext; only a new upload helps, and the user has to know.
    if (err instanceof ServiceError && LOST.has(err.code)) return { outcome: 'rejected', checks: [UNREADABLE] };
    throw err;
  }
}

const LOST: ReadonlySet<string> = new Set(['decryption_failed', 'key_version_destroyed', 'unsupported_format']);

const UNREADABLE: Check = {
  id: 'decrypt',
  status: 'fail',
  message: 'The stored credential does not open any more.',
  remedy: 'Upload the credential again.',
};
