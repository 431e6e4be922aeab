import { CredentialCipher } from '../../shared/credentials/credential-cipher.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { toIntegration } from '../../shared/credentials/integration.ts';
import { awaitsTest } from '../../shared/credentials/row-drafts.ts';
import { validationTopic } from '../../shared/credentials/validation-request.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { kmsClient } from '../../shared/gcp/kms.ts';
import { topicOf } from '../../shared/gcp/pubsub.ts';
import { httpFunction, type Answer, type HttpHandler, type ProviderCall } from '../../shared/http/edge.ts';
import { ifMatch } from '../../shared/http/precondition.ts';
import { preferredWaitSeconds } from '../../shared/http/prefer.ts';
import { readJsonBody } from '../../shared/http/read-body.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry } from '../../shared/providers/registry.ts';
import { integrationAnswer } from './answers.ts';
import { parseUpdate } from './bodies.ts';
import { updateIntegration, type UpdateDeps } from './update-integration.ts';
import { waitForVerdict } from './wait-for-verdict.ts';

/** PUT /integrations/{org}/{provider} */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const deps = {
    registry,
    cipher: new CredentialCipher(kmsClient(platform), platform.config.kmsKey),
    store: new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config),
    topic: validationTopic(topicOf(platform, platform.config.validationTopic)),
    clock: platform.clock,
    config: platform.config,
  };
  return httpFunction('integrations-update', platform, { registry }, [
    { path: '/integrations/{org}/{provider}', scope: 'provider', handle: (call) => handle(call, deps) },
  ]);
}

type HandlerDeps = Omit<UpdateDeps, 'log'> & Pick<Platform, 'config'>;

async function handle(call: ProviderCall, deps: HandlerDeps): Promise<Answer> {
  const { org, provider, principal, requestId, log, request } = call;
  const precondition = ifMatch(request);
  const waitSeconds = preferredWaitSeconds(request);
  const change = parseUpdate(await readJsonBody(request));
  const { row, isEdit } = await updateIntegration(
    { org, provider, change, precondition, actor: principal.subject, requestId },
    { ...deps, log },
  );
  log.info('integration-updated', {
    org,
    providerKey: provider.key,
    version: row.version,
    fingerprint: row.fingerprint,
  });
  const settled = isEdit ? row : await waitForVerdict(row, waitSeconds, deps);
  return integrationAnswer(
    awaitsTest(settled) && !isEdit ? 202 : 200,
    toIntegration(settled, provider, deps.config),
    waitSeconds,
  );
}
