import type { IncomingMessage } from 'node:http';

const ALLOWED_HEADERS = 'Authorization, Content-Type, Idempotency-Key, If-Match, Prefer, X-Request-Id';
const EXPOSED_HEADERS =
  'Allow, Content-Disposition, ETag, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id';
const PREFLIGHT_SECONDS = 600;

/** Headers for a browser on one of our own pages; a foreign page gets none of them. */
export function corsHeaders({ headers }: IncomingMessage, allowed: readonly string[]): Record<string, string> {
  const { origin } = headers;
  if (origin === undefined || !allowed.includes(origin)) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED_HEADERS };
}

/** What a browser asks before the request itself; it carries no token yet. */
export function preflightHeaders(cors: Record<string, string>, methods: readonly string[]): Record<string, string> {
  const allow = { allow: methods.join(', ') };
  if (Object.keys(cors).length === 0) return allow;
  return {
    ...allow,
    ...cors,
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  };
}
