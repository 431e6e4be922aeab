import { canonicalJson } from '../../shared/credentials/canonical-json.ts';
import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { fingerprint } from '../../shared/credentials/fingerprint.ts';
import { toIntegration } from '../../shared/credentials/integration.ts';
import { isLive, newCredentialId, type IntegrationRow } from '../../shared/credentials/integration-row.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { newRow, tombstone } from '../../shared/credentials/row-drafts.ts';
import { recordEvent } from '../../shared/credentials/record-event.ts';
import {
  validationRequest,
  validationTopic,
  type ValidationTopic,
} from '../../shared/credentials/validation-request.ts';
import { bigQuery } from '../../shared/gcp/bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import { topicOf } from '../../shared/gcp/pubsub.ts';
import { httpFunction, type Answer, type HttpHandler, type ProviderCall } from '../../shared/http/edge.ts';
import { preferredWaitSeconds } from '../../shared/http/prefer.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { remainingMs, withinMs } from '../../shared/platform/deadline.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { testConnection, type ConnectionTestDeps } from '../../shared/providers/connection-test.ts';
import { checkFormat, type CheckedInput } from '../../shared/providers/format-check.ts';
import { platformRegistry, type Provider, type Registry } from '../../shared/providers/registry.ts';
import { parseSetup, type ParsedSetup } from './bodies.ts';
import { dryRunAnswer } from './dry-run.ts';
import { integrationAnswer } from './answers.ts';
import { waitForVerdict } from './wait-for-verdict.ts';

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
  readonly row: IntegrationRow;
  /** False when the very same integration was stored before. */
  readonly isNew: boolean;
}

/** What is kept of the request's time to undo a row that could not be announced, milliseconds. */
const UNDO_BUDGET_MS = 2_500;

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

    const row = await storeNew(request, checked, stored, deps);
    if (!row) return setUpAfterAll(request, checked, deps);
    await announce(row, deps);
    await recordEvent(deps, row, { action: 'set_up', actor: request.actor, requestId: request.requestId });
    return { row, isNew: true };
  });
}

async function storeNew(
  { org, provider, label, expiresAt, actor }: SetupRequest,
  { credentials, metadata }: CheckedInput,
  former: IntegrationRow | undefined,
  { cipher, store, clock }: SetupDeps,
): Promise<IntegrationRow | undefined> {
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
  return former ? store.replace(former, draft) : store.create(draft);
}

/** The same credential and metadata again are no conflict; a test that never came is asked for once more. */
async function setUpAgain(stored: IntegrationRow, checked: CheckedInput, { topic }: SetupDeps): Promise<SetupResult> {
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

/** Nothing half done: a row whose test could not be asked for is withdrawn, and the next setup is a first one. */
async function announce(row: IntegrationRow, { topic, store, clock, log }: SetupDeps): Promise<void> {
  if (row.validation_status !== 'PENDING') return;
  try {
    await topic.publish(validationRequest(row));
  } catch (err) {
    const { org_slug: org, provider_key: providerKey } = row;
    await withinMs(UNDO_BUDGET_MS, () => store.replace(row, tombstone(row, 'integrations-setup', clock.now())))
      .then(() => log.warn('setup-withdrawn', { org, providerKey }))
      // The row stays PENDING then; upkeep asks for its test.
      .catch((error: unknown) => log.error('setup-not-withdrawn', { org, providerKey, error }));
    throw err;
  }
}

/** A manual entry is known by what it says. */
function fingerprintOf({ credentials, metadata }: Pick<CheckedInput, 'credentials' | 'metadata'>): string {
  return fingerprint(credentials ? credentials.reveal() : JSON.parse(JSON.stringify(metadata)));
}

/** POST /integrations/{org}/{provider}/setup */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const deps = {
    registry,
    cipher: new CredentialCipher(kmsClient(platform), platform.config.kmsKey),
    store: new IntegrationStore(bigQuery(platform), platform.config),
    topic: validationTopic(topicOf(platform, platform.config.validationTopic)),
    clock: platform.clock,
    platform,
  };
  return httpFunction('integrations-setup', platform, { registry }, [
    { path: '/integrations/{org}/{provider}/setup', scope: 'provider', handle: (call) => handle(call, deps) },
  ]);
}

type HandlerDeps = Omit<SetupDeps, 'log'> & { store: IntegrationStore } & ConnectionTestDeps;

async function handle(call: ProviderCall, deps: HandlerDeps): Promise<Answer> {
  const { org, provider, principal, requestId, log } = call;
  const body = parseSetup(await readJsonBody(call.request));
  if (call.query.get('dry_run') === 'true') {
    const checked = checkFormat(deps.registry, provider, body);
    return dryRunAnswer(call.request, (report) =>
      testConnection({ provider, ...checked, expiresAt: body.expiresAt }, deps, report),
    );
  }
  const request = { ...body, org, provider, actor: principal.subject, requestId };
  const { row, isNew } = await setUpIntegration(request, { ...deps, log });
  log.info(isNew ? 'integration-set-up' : 'integration-set-up-again', {
    org,
    providerKey: provider.key,
    fingerprint: row.fingerprint,
  });
  const settled =
    row.validation_status === 'PENDING' ? await waitForVerdict(row, preferredWaitSeconds(call.request), deps) : row;
  const isTested = settled.validation_status !== 'PENDING';
  return integrationAnswer(isNew ? (isTested ? 201 : 202) : 200, toIntegration(settled, provider));
}
