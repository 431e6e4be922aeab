import { randomUUID } from 'node:crypto';
import { isLive, type IntegrationRow } from '../../shared/credentials/integration-row.ts';
import { toIntegration } from '../../shared/credentials/integration.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { isVerdict } from '../../shared/credentials/lifecycle.ts';
import { recordEvent } from '../../shared/credentials/record-event.ts';
import {
  validationRequest,
  validationTopic,
  type ValidationTopic,
} from '../../shared/credentials/validation-request.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { topicOf } from '../../shared/gcp/pubsub.ts';
import { httpFunction, type Answer, type HttpHandler, type ProviderCall } from '../../shared/http/edge.ts';
import { preferredWaitSeconds } from '../../shared/http/prefer.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry, type Provider } from '../../shared/providers/registry.ts';
import { integrationAnswer } from './answers.ts';
import { waitForVerdict } from './wait-for-verdict.ts';

export interface ValidateRequest {
  readonly org: string;
  readonly provider: Provider;
  readonly actor: string;
  readonly requestId: string;
}

export interface ValidateDeps {
  readonly store: Pick<IntegrationStore, 'find' | 'append'>;
  readonly topic: ValidationTopic;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Asks for a test of what is stored now.
 *
 * @throws ServiceError `not_configured`, `backend_unavailable`.
 */
export async function requestValidation(request: ValidateRequest, deps: ValidateDeps): Promise<IntegrationRow> {
  const { org, provider, actor, requestId } = request;
  const row = await deps.store.find(org, provider.key);
  if (!isLive(row))
    throw new ServiceError('not_configured', `${provider.name} is not set up; POST to its setup path first`);
  if (isByHand(row)) return row;

  await deps.topic.publish(validationRequest(row));
  const asked = { ...row, updated_at: deps.clock.now().toISOString() };
  await recordEvent(deps, asked, {
    action: 'validation_requested',
    actor,
    requestId,
    from: row.validation_status,
    eventId: randomUUID(),
  });
  return row;
}

/** A manual entry has nothing to test: its verdict stands. */
function isByHand({ kms_key_version }: IntegrationRow): boolean {
  return kms_key_version === null;
}

/** POST /integrations/{org}/{provider}/validate */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const deps = {
    store: new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config),
    topic: validationTopic(topicOf(platform, platform.config.validationTopic)),
    clock: platform.clock,
  };
  return httpFunction('integrations-validate', platform, { registry }, [
    { path: '/integrations/{org}/{provider}/validate', scope: 'provider', handle: (call) => handle(call, deps) },
  ]);
}

async function handle(call: ProviderCall, deps: Omit<ValidateDeps, 'log'>): Promise<Answer> {
  const { org, provider, principal, requestId, log, request } = call;
  await readJsonBody(request);
  const row = await requestValidation({ org, provider, actor: principal.subject, requestId }, { ...deps, log });
  log.info('validation-requested', {
    org,
    providerKey: provider.key,
    fingerprint: row.fingerprint,
    version: row.version,
  });
  if (isByHand(row)) return integrationAnswer(200, toIntegration(row, provider));
  const settled = await waitForVerdict(row, preferredWaitSeconds(request), deps);
  const isJudged =
    settled.version > row.version && settled.last_check !== null && isVerdict(settled.last_check.outcome);
  return integrationAnswer(isJudged ? 200 : 202, toIntegration(settled, provider));
}
