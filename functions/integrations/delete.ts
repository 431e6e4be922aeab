import { isLive } from '../../shared/credentials/integration-row.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import { recordChange } from '../../shared/credentials/record-event.ts';
import { tombstone } from '../../shared/credentials/row-drafts.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { httpFunction, type HttpHandler } from '../../shared/http/edge.ts';
import { checkPrecondition, ifMatch, preconditionFailed, type Precondition } from '../../shared/http/precondition.ts';
import type { Clock } from '../../shared/platform/clock.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/log.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry, type Provider } from '../../shared/providers/registry.ts';
import { notConfigured } from './answers.ts';

export interface DeleteRequest {
  readonly org: string;
  readonly provider: Provider;
  readonly precondition: Precondition;
  readonly actor: string;
  readonly requestId: string;
}

export interface DeleteDeps {
  readonly store: Pick<IntegrationStore, 'find' | 'replace' | 'append'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who deletes wants it gone whatever else happened to it meanwhile; so many writes in between happen to nobody. */
const MAX_TRIES = 5;

/**
 * Deletes an integration: its ciphertexts are gone at once, its history stays.
 *
 * @throws ServiceError `not_configured`, `precondition_failed`, `version_conflict`, `backend_unavailable`.
 */
export async function deleteIntegration(request: DeleteRequest, deps: DeleteDeps): Promise<void> {
  const { org, provider, precondition, actor, requestId } = request;
  for (let tries = 1; ; tries += 1) {
    const row = await deps.store.find(org, provider.key);
    if (!isLive(row)) throw notConfigured(provider);
    checkPrecondition(precondition, row);
    try {
      const deleted = await deps.store.replace(row, tombstone(row, { actor, at: deps.clock.now() }));
      const from = row.validation_status;
      await recordChange(deps, deleted, { action: 'deleted', actor, requestId, from, to: 'NOT_CONFIGURED' });
      return;
    } catch (err) {
      if (!(err instanceof ServiceError) || err.code !== 'version_conflict') throw err;
      if (precondition) throw preconditionFailed();
      if (tries === MAX_TRIES) throw err;
    }
  }
}

/** DELETE /integrations/{org}/{provider} */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const { clock } = platform;
  const store = new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config);
  return httpFunction('integrations-delete', platform, { registry }, [
    {
      path: '/integrations/{org}/{provider}',
      scope: 'provider',
      async handle({ org, provider, principal, requestId, log, request }) {
        const asked = { org, provider, precondition: ifMatch(request), actor: principal.subject, requestId };
        await deleteIntegration(asked, { store, clock, log });
        log.info('integration-deleted', { org, providerKey: provider.key });
        return { status: 204 };
      },
    },
  ]);
}
