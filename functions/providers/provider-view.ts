import type { Provider } from '../../shared/providers/registry.ts';

/** What anybody may know of a provider: enough to draw its form, and nothing of how it is tested. */
export function providerView(provider: Provider) {
  return {
    key: provider.key,
    slug: provider.slug,
    aliases: provider.aliases,
    name: provider.name,
    category: provider.category,
    credential_type: provider.credential_type,
    docs_url: provider.docs_url,
    setup_steps: provider.setup_steps,
    credential: provider.credential ?? null,
    metadata: provider.metadata,
    permissions: provider.permissions,
    pipelines: provider.pipelines.map(({ id }) => id),
    ...(provider.setup_context ? { setup_context: provider.setup_context } : {}),
  };
}
