import { setTimeout as delay } from 'node:timers/promises';
import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { IdempotencyStore, keyedRequest } from '../../shared/credentials/idempotency-store.ts';
import { toIntegration, type Integration } from '../../shared/credentials/integration.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { validationTopic } from '../../shared/credentials/validation-request.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import { topicOf } from '../../shared/gcp/pubsub.ts';
import { httpFunction, type Answer, type HttpHandler, type ProviderCall } from '../../shared/http/edge.ts';
import { idempotencyKeyOf } from '../../shared/http/idempotency-key.ts';
import { preferredWaitSeconds } from '../../shared/http/prefer.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { testConnection, type ConnectionTestDeps } from '../../shared/providers/connection-test.ts';
import { ProviderGate } from '../../shared/providers/provider-gate.ts';
import { checkFormat } from '../../shared/providers/format-check.ts';
import { platformRegistry } from '../../shared/providers/registry.ts';
import { integrationAnswer } from './answers.ts';
import { parseSetup, type ParsedSetup } from './bodies.ts';
import { dryRunAnswer } from './dry-run.ts';
import { once } from './once.ts';
import { setUpIntegration, type SetupDeps } from './set-up-integration.ts';
import { waitForVerdict } from './wait-for-verdict.ts';

/** POST /integrations/{org}/{provider}/setup */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const deps = {
    registry,
    cipher: new CredentialCipher(kmsClient(platform), platform.config.kmsKey),
    store: new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config),
    topic: validationTopic(topicOf(platform, platform.config.validationTopic)),
    keys: new IdempotencyStore(bigQuery(platform, INTERACTIVE), platform.config, platform.clock),
    clock: platform.clock,
    platform,
    gate: new ProviderGate((ms) => delay(ms)),
    isDryRun: true,
  };
  return httpFunction('integrations-setup', platform, { registry }, [
    { path: '/integrations/{org}/{provider}/setup', scope: 'provider', handle: (call) => handle(call, deps) },
  ]);
}

type HandlerDeps = Omit<SetupDeps, 'log'> & ConnectionTestDeps & { readonly keys: IdempotencyStore };

async function handle(call: ProviderCall, deps: HandlerDeps): Promise<Answer> {
  const { org, provider, log, request } = call;
  const dryRun = isDryRun(call);
  const key = idempotencyKeyOf(request);
  const waitSeconds = preferredWaitSeconds(request);
  const body = await readJsonBody(request);
  const parsed = parseSetup(body);
  if (dryRun) {
    const checked = checkFormat(deps.registry, provider, parsed);
    return dryRunAnswer(request, (report) =>
      testConnection({ org, provider, ...checked, expiresAt: parsed.expiresAt }, deps, report),
    );
  }
  const carryOut = () => setUp(call, parsed, waitSeconds, deps);
  if (key === undefined) return carryOut();
  const keyed = keyedRequest(org, key, ['setup', provider.key, body ?? null]);
  return once(keyed, (status, stored) => integrationAnswer(status, stored as Integration), carryOut, { ...deps, log });
}

async function setUp(call: ProviderCall, parsed: ParsedSetup, waitSeconds: number, deps: HandlerDeps): Promise<Answer> {
  const { org, provider, principal, requestId, log } = call;
  const request = { ...parsed, org, provider, actor: principal.subject, requestId };
  const { row, isNew } = await setUpIntegration(request, { ...deps, log });
  log.info(isNew ? 'integration-set-up' : 'integration-set-up-again', {
    org,
    providerKey: provider.key,
    fingerprint: row.fingerprint,
  });
  const settled = row.validation_status === 'PENDING' ? await waitForVerdict(row, waitSeconds, deps) : row;
  const isTested = settled.validation_status !== 'PENDING';
  const status = isNew ? (isTested ? 201 : 202) : 200;
  return integrationAnswer(status, toIntegration(settled, provider, deps.platform.config), waitSeconds);
}

/** Anything but a clear yes or no is refused, however it is spelt: who meant to test must not store. */
function isDryRun({ query }: ProviderCall): boolean {
  const names = [...query.keys()];
  if (names.length > 1 || names.some((name) => name !== 'dry_run')) {
    throw new ServiceError('invalid_request', 'The only query parameter here is dry_run, once');
  }
  const value = query.get('dry_run') ?? 'false';
  if (value === 'true' || value === 'false') return value === 'true';
  throw new ServiceError('invalid_request', 'The query parameter dry_run is true or false');
}
