import { notConfigured, toIntegration, type Integration } from '../../shared/credentials/integration.ts';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import type { SetupContextConfig } from '../../shared/credentials/setup-context.ts';
import { STATUSES } from '../../shared/credentials/lifecycle.ts';
import { bigQuery, INTERACTIVE } from '../../shared/gcp/bigquery.ts';
import { httpFunction, type HttpHandler, type OrgCall } from '../../shared/http/edge.ts';
import { ServiceError } from '../../shared/platform/errors.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry, type Registry } from '../../shared/providers/registry.ts';

export interface ListDeps {
  readonly registry: Registry;
  readonly store: Pick<IntegrationStore, 'list'>;
  readonly config: SetupContextConfig;
}

export interface ListFilter {
  readonly status: string | null;
  readonly category: string | null;
}

/** Every provider of the registry, with the organisation's integration where there is one. */
export async function listIntegrations(
  org: string,
  filter: ListFilter,
  { registry, store, config }: ListDeps,
): Promise<Integration[]> {
  const rows = new Map((await store.list(org)).map((row) => [row.provider_key, row]));
  return registry.providers
    .map((provider) => {
      const row = rows.get(provider.key);
      return row ? toIntegration(row, provider, config) : notConfigured(org, provider, config);
    })
    .filter(({ validation_status }) => filter.status === null || validation_status === filter.status)
    .filter(({ category }) => filter.category === null || category === filter.category);
}

/** GET /integrations/{org} */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const store = new IntegrationStore(bigQuery(platform, INTERACTIVE), platform.config);
  return httpFunction('integrations-list', platform, { registry }, [
    {
      path: '/integrations/{org}',
      scope: 'org',
      async handle(call) {
        const integrations = await listIntegrations(call.org, filterOf(call), {
          registry,
          store,
          config: platform.config,
        });
        return { status: 200, body: { integrations } };
      },
    },
  ]);
}

function filterOf({ query }: OrgCall): ListFilter {
  return {
    status: oneOf('status', query.get('status'), [...STATUSES, 'NOT_CONFIGURED']),
    category: oneOf('category', query.get('category'), ['cloud', 'genai', 'saas']),
  };
}

function oneOf(name: string, value: string | null, known: readonly string[]): string | null {
  if (value === null || known.includes(value)) return value;
  throw new ServiceError('invalid_request', `The query parameter ${name} is one of ${known.join(', ')}`);
}
