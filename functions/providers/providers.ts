import { httpFunction, type HttpHandler } from '../../shared/http/edge.ts';
import type { Platform } from '../../shared/platform/platform.ts';
import { platformRegistry } from '../../shared/providers/registry.ts';
import { openApiDocument } from './openapi.ts';
import { providerView } from './provider-view.ts';

/** What needs no token: the registry, the API's description, and whether the service is up. */
export function create(platform: Platform): HttpHandler {
  const registry = platformRegistry(platform.config);
  const providers = registry.providers.map(providerView);
  const document = openApiDocument(registry);
  const cacheable = { 'cache-control': 'public, max-age=300' };
  return httpFunction('providers', platform, { registry }, [
    {
      path: '/providers',
      scope: 'public',
      handle: async () => ({ status: 200, headers: cacheable, body: { providers } }),
    },
    {
      path: '/openapi.json',
      scope: 'public',
      handle: async () => ({ status: 200, headers: cacheable, body: document }),
    },
    { path: '/health', scope: 'public', handle: async () => ({ status: 200, body: { status: 'ok' } }) },
  ]);
}
