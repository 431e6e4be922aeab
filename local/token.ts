import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openState } from './host/state.ts';
import { createIssuer, type UserTokenRequest } from './iam/issuer.ts';
import { createClock } from './kit/clock.ts';

const DATA_DIR = join(import.meta.dirname, '../.local');
const USAGE =
  'usage: npm run --silent token -- --org SLUG=viewer|editor|admin [--org ...] [--sub NAME] [--ttl SECONDS]';

/** `npm run --silent token`: prints a bearer token of the embedded issuer, whether the server is up or down. */
async function main(): Promise<void> {
  const request = parse(process.argv.slice(2));
  const db = openState(DATA_DIR);
  try {
    const issuer = await createIssuer({ db, clock: createClock(db) });
    console.log(await issuer.sign(request));
  } finally {
    db.close();
  }
}

function parse(args: string[]): UserTokenRequest {
  const { values } = parseArgs({
    args,
    options: { org: { type: 'string', multiple: true }, sub: { type: 'string' }, ttl: { type: 'string' } },
  });
  if (!values.org) throw new Error('--org is missing');
  const orgs = Object.fromEntries(values.org.map(membership)) as UserTokenRequest['orgs'];
  return {
    orgs,
    ...(values.sub === undefined ? {} : { sub: values.sub }),
    ...(values.ttl === undefined ? {} : { ttl_s: Number(values.ttl) }),
  };
}

function membership(text: string): [slug: string, role: string] {
  const [, slug, role] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (slug === undefined || role === undefined) throw new Error(`--org: expected SLUG=ROLE, not "${text}"`);
  return [slug, role];
}

main().catch((err: unknown) => {
  console.error(`${err instanceof Error ? err.message : String(err)}\n${USAGE}`);
  process.exitCode = 1;
});
