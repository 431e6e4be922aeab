import { isLive } from '../../shared/credentials/integration-row.ts';
import { toIntegration, type Integration } from '../../shared/credentials/integration.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import type { SetupContextConfig } from '../../shared/credentials/setup-context.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { httpFunction, type HttpHandler } from '../../shared/http/edge.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry, type Provider } from '../../shared/providers/registry.ts';
import { integrationAnswer, notConfigured } from './answers.ts';

/**
 * One integration with its history, newest first.
 *
 * @throws ServiceError `not_configured`
 */
export async function getIntegration(
  org: string,
  provider: Provider,
  { store, config }: { store: Pick<IntegrationStore, 'findWithHistory'> } & { config: SetupContextConfig },
): Promise<Integration> {
  const found = await store.findWithHistory(org, provider.key);
  if (!found || !isLive(found.row)) throw notConfigured(provider);
  return { ...toIntegration(found.row, provider, config), history: found.history };
}

/** GET /integrations/{org}/{provider} */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const store = new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config);
  return httpFunction('integrations-get', platform, { registry }, [
    {
      path: '/integrations/{org}/{provider}',
      scope: 'provider',
      async handle({ org, provider }) {
        return integrationAnswer(200, await getIntegration(org, provider, { store, config: platform.config }));
      },
    },
  ]);
}
