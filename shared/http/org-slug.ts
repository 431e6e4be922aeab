import type { Registry } from '../providers/registry.ts';

export const ORG_SLUG = /^[a-z][a-z0-9_]{2,49}$/;
/** Paths of the console and of the API: an organisation of that name could not be told from them. */
const RESERVED = new Set(['genai', 'subscriptions', 'providers', 'cloud', 'settings', 'pipelines', 'costs', 'local']);

/** Whether an organisation can be called so; neither reserved words nor names of providers are free. */
export function isOrgSlug(word: string, registry: Pick<Registry, 'isName'>): boolean {
  return ORG_SLUG.test(word) && !RESERVED.has(word) && !registry.isName(word);
}
