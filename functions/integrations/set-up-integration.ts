import { canonicalJson } from '../../shared/credentials/canonical-json.ts';
import type { CredentialCipher, CredentialContext } from '../../shared/credentials/credential-cipher.ts';
import { isLive, newCredentialId, type VisibleRow } from '../../shared/credentials/integration-row.ts';
import type { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { recordChange } from '../../shared/credentials/record-event.ts';
import { awaitsTest, newRow, tombstone } from '../../shared/credentials/row-drafts.ts';
import { validationRequest, type ValidationTopic } from '../../shared/credentials/validation-request.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { remainingMs, withinMs } from '../../shared/platform/deadline.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import { checkFormat, type CheckedInput } from '../../shared/providers/format-check.ts';
import type { Provider, Registry } from '../../shared/providers/registry.ts';
import type { ParsedSetup } from './bodies.ts';
import { fingerprintOf } from './fingerprint-of.ts';

export interface SetupRequest extends ParsedSetup {
  readonly org: string;
  readonly provider: Provider;
  readonly actor: string;
  readonly requestId: string;
}

export interface SetupDeps {
  readonly registry: Registry;
  readonly cipher: Pick<CredentialCipher, 'encrypt'>;
  readonly store: Pick<IntegrationStore, 'find' | 'create' | 'replace' | 'append'>;
  readonly topic: ValidationTopic;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface SetupResult {
  readonly row: VisibleRow;
  /** False when the very same integration was stored before. */
  readonly isNew: boolean;
}

/** What is kept of the request's time to undo a row that could not be announced, milliseconds. */
const UNDO_BUDGET_MS = 2_500;
const ACTOR = 'integrations-setup';

/**
 * Stores a new integration as PENDING and asks for its test; a manual entry is VALID at once.
 *
 * @throws ServiceError `credential_format`, `metadata_invalid`, `integration_exists`, `backend_unavailable`.
 */
export async function setUpIntegration(request: SetupRequest, deps: SetupDeps): Promise<SetupResult> {
  const checked = checkFormat(deps.registry, request.provider, request);
  return withinMs(remainingMs() - UNDO_BUDGET_MS, async () => {
    const stored = await deps.store.find(request.org, request.provider.key);
    if (isLive(stored)) return setUpAgain(stored, checked, deps);
    const row = await storeAndAnnounce(request, checked, stored, deps);
    return row ? { row, isNew: true } : setUpAfterAll(request, checked, deps);
  });
}

/** Seals, stores and asks for the test; undefined when somebody else stored first. */
async function storeAndAnnounce(
  { org, provider, label, expiresAt, actor, requestId }: SetupRequest,
  { credentials, metadata }: CheckedInput,
  former: VisibleRow | undefined,
  deps: SetupDeps,
): Promise<VisibleRow | undefined> {
  const { cipher, store, topic, clock } = deps;
  const credentialId = newCredentialId();
  const context = { org, providerKey: provider.key, credentialId };
  const sealed = credentials && (await cipher.encrypt(credentials, context));
  const draft = newRow({
    ...context,
    sealed,
    fingerprint: fingerprintOf({ credentials, metadata }),
    metadata,
    label,
    expiresAt,
    actor,
    at: clock.now(),
  });
  try {
    const row = await (former ? store.replace(former, draft) : store.create(draft));
    if (!row) return undefined;
    const recorded = recordChange(deps, row, { action: 'set_up', actor, requestId, from: 'NOT_CONFIGURED' });
    if (awaitsTest(row)) await topic.publish(validationRequest(row));
    await recorded;
    return row;
  } catch (err) {
    const code = err instanceof ServiceError ? err.code : undefined;
    if (code === 'version_conflict') return undefined; // over a tombstone, too, one of several is first
    if (code === 'backend_unavailable') await withdraw(context, deps);
    throw err;
  }
}

/**
 * Nothing half done: a row that was stored without an answer, or whose test could not be asked for, becomes a tombstone,
 * and the next setup is a first one.
 */
async function withdraw(
  { org, providerKey, credentialId }: CredentialContext,
  { store, clock, log }: SetupDeps,
): Promise<void> {
  const undo = async (): Promise<void> => {
    const row = await store.find(org, providerKey);
    if (row?.credential_id !== credentialId || !isLive(row)) return;
    const gone = await store.replace(row, tombstone(row, { actor: ACTOR, at: clock.now() }));
    const from = row.validation_status;
    await recordChange({ store, log }, gone, {
      action: 'withdrawn',
      actor: ACTOR,
      requestId: null,
      from,
      to: 'NOT_CONFIGURED',
    });
    log.warn('setup-withdrawn', { org, providerKey });
  };
  // What cannot be undone stays PENDING: the same setup again goes on with it, and so does upkeep.
  await withinMs(UNDO_BUDGET_MS, undo).catch((error: unknown) => {
    log.error('setup-not-withdrawn', { org, providerKey, error });
  });
}

/** The same credential and metadata again are no conflict; a test that never came is asked for once more. */
async function setUpAgain(stored: VisibleRow, checked: CheckedInput, { topic }: SetupDeps): Promise<SetupResult> {
  const isSame =
    stored.fingerprint === fingerprintOf(checked) &&
    canonicalJson(stored.metadata) === canonicalJson(JSON.parse(JSON.stringify(checked.metadata)));
  if (!isSame) {
    throw new ServiceError(
      'integration_exists',
      'This integration is set up already; change it with PUT or delete it first',
    );
  }
  if (stored.validation_status === 'PENDING') await topic.publish(validationRequest(stored));
  return { row: stored, isNew: false };
}

/** Somebody else created the row in the same moment. */
async function setUpAfterAll(
  { org, provider }: SetupRequest,
  checked: CheckedInput,
  deps: SetupDeps,
): Promise<SetupResult> {
  const stored = await deps.store.find(org, provider.key);
  if (!isLive(stored)) throw new ServiceError('version_conflict', 'The integration is being changed; try again');
  return setUpAgain(stored, checked, deps);
}
