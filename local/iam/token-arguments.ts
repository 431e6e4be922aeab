import { parseArgs } from 'node:util';
import { checkTokenRequest, type UserTokenRequest } from './issuer.ts';

export const TOKEN_USAGE =
  'usage: npm run --silent token -- --org SLUG=viewer|editor|admin [--org ...] [--sub NAME] [--ttl SECONDS]';

/** Reads the flags of the token command, and judges them before any store is opened. */
export function parseTokenRequest(args: readonly string[]): UserTokenRequest {
  const { values } = parseArgs({
    args: [...args],
    options: { org: { type: 'string', multiple: true }, sub: { type: 'string' }, ttl: { type: 'string' } },
  });
  if (!values.org) throw new Error('--org is missing');
  const orgs = Object.fromEntries(values.org.map(membership)) as UserTokenRequest['orgs'];
  return checkTokenRequest({
    orgs,
    ...(values.sub === undefined ? {} : { sub: values.sub }),
    ...(values.ttl === undefined ? {} : { ttl_s: Number(values.ttl) }),
  });
}

function membership(text: string): [slug: string, role: string] {
  const [, slug, role] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (slug === undefined || role === undefined) throw new Error(`--org: expected SLUG=ROLE, not "${text}"`);
  return [slug, role];
}
