import type { RateLimits } from '../platform/config.ts';
import type { Role } from './authentication.ts';

export interface Operation {
  /** The deployed function that answers. */
  readonly function: string;
  /** Who may call; absent: everybody, without a token. */
  readonly role?: Role;
  /** Which of the organisation's limits a call counts for; absent: none. */
  readonly limit?: keyof RateLimits;
}

/** The API: path templates, their methods, and which function answers each. */
export const ROUTES = {
  '/integrations/{org}': { GET: { function: 'integrations-list', role: 'viewer', limit: 'reads' } },
  '/integrations/{org}/{provider}': {
    GET: { function: 'integrations-get', role: 'viewer', limit: 'reads' },
    PUT: { function: 'integrations-update', role: 'editor', limit: 'writes' },
    DELETE: { function: 'integrations-delete', role: 'admin', limit: 'writes' },
  },
  '/integrations/{org}/{provider}/setup': {
    POST: { function: 'integrations-setup', role: 'editor', limit: 'writes' },
  },
  '/integrations/{org}/{provider}/validate': {
    POST: { function: 'integrations-validate', role: 'editor', limit: 'validations' },
  },
  '/pipelines/{org}/runs': {
    GET: { function: 'pipelines', role: 'viewer', limit: 'reads' },
    POST: { function: 'pipelines', role: 'editor', limit: 'writes' },
  },
  '/pipelines/{org}/runs/{id}': { GET: { function: 'pipelines', role: 'viewer', limit: 'reads' } },
  '/pipelines/{org}/runs/{id}/cancel': { POST: { function: 'pipelines', role: 'editor', limit: 'writes' } },
  '/costs/{org}': { GET: { function: 'costs', role: 'viewer', limit: 'reads' } },
  '/providers': { GET: { function: 'providers' } },
  '/openapi.json': { GET: { function: 'providers' } },
  '/health': { GET: { function: 'providers' } },
} as const satisfies Record<string, Record<string, Operation>>;

export type Path = keyof typeof ROUTES;

export interface MatchedPath {
  readonly template: Path;
  /** Parts of the path in braces, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

const patterns = (Object.keys(ROUTES) as Path[]).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`, 'u'),
}));

export function matchPath(pathname: string): MatchedPath | undefined {
  for (const { template, pattern } of patterns) {
    const match = pattern.exec(pathname);
    if (match) return { template, parameters: decodeAll(match.groups ?? {}) };
  }
  return undefined;
}

export function operationsOf(template: Path): Readonly<Record<string, Operation>> {
  return ROUTES[template];
}

/** The function that answers a path: that of its method, else any of its functions, which then says 405. */
export function functionFor(method: string, pathname: string): string | undefined {
  const found = matchPath(pathname);
  if (!found) return undefined;
  const operations = operationsOf(found.template);
  return (operations[readMethod(method)] ?? Object.values(operations)[0])?.function;
}

/** HEAD asks for what GET answers, without the body. */
export function readMethod(method: string): string {
  return method === 'HEAD' ? 'GET' : method;
}

function decodeAll(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decode(value)]));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return ''; // names nothing: no org, no provider
  }
}
