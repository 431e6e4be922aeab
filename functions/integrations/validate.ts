import { isLive, type VisibleRow } from '../../shared/credentials/integration-row.ts';
import { toIntegration } from '../../shared/credentials/integration.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { recordAccess } from '../../shared/credentials/record-event.ts';
import { isByHand } from '../../shared/credentials/row-drafts.ts';
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
import type { Logger } from '../../shared/platform/log.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry, type Provider } from '../../shared/providers/registry.ts';
import { integrationAnswer, notConfigured } from './answers.ts';
import { isJudged, waitForVerdict } from './wait-for-verdict.ts';

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
export async function requestValidation(request: ValidateRequest, deps: ValidateDeps): Promise<VisibleRow> {
  const { org, provider, actor, requestId } = request;
  const row = await deps.store.find(org, provider.key);
  if (!isLive(row)) throw notConfigured(provider);
  if (isUntestable(row)) return row;

  await deps.topic.publish(validationRequest(row));
  const asked = { action: 'validation_requested', actor, requestId } as const;
  await recordAccess(deps, row, asked).catch((error: unknown) => deps.log.error('event-not-appended', { error }));
  return row;
}

/** The verdict on a manual entry stands, unless somebody has added a credential that waits for its own. */
function isUntestable(row: VisibleRow): boolean {
  return isByHand(row) && row.candidate_status !== 'PENDING';
}

/** POST /integrations/{org}/{provider}/validate */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const deps = {
    store: new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config),
    topic: validationTopic(topicOf(platform, platform.config.validationTopic)),
    clock: platform.clock,
    config: platform.config,
  };
  return httpFunction('integrations-validate', platform, { registry }, [
    { path: '/integrations/{org}/{provider}/validate', scope: 'provider', handle: (call) => handle(call, deps) },
  ]);
}

async function handle(call: ProviderCall, deps: Omit<ValidateDeps, 'log'> & Pick<Platform, 'config'>): Promise<Answer> {
  const { org, provider, principal, requestId, log, request } = call;
  const waitSeconds = preferredWaitSeconds(request);
  await readJsonBody(request);
  const row = await requestValidation({ org, provider, actor: principal.subject, requestId }, { ...deps, log });
  log.info('validation-requested', {
    org,
    providerKey: provider.key,
    fingerprint: row.fingerprint,
    version: row.version,
  });
  const { config } = deps;
  if (isUntestable(row)) return integrationAnswer(200, toIntegration(row, provider, config));
  const settled = await waitForVerdict(row, waitSeconds, deps);
  return integrationAnswer(isJudged(row, settled) ? 200 : 202, toIntegration(settled, provider, config), waitSeconds);
}
