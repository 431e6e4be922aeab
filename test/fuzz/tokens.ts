import type { Caller } from './requests.ts';

/** The organisations that the callers work in; a stranger's token names another one. */
export const ORGS = ['acme_fuzz', 'globex_fuzz'];
const ELSEWHERE = 'initech_fuzz';

/** An Authorization header per caller, from the issuer of a running embedded cloud; undefined for none. */
export async function authorizations(url: string): Promise<Record<Caller, string | undefined>> {
  const as = async (role: string, orgs = ORGS) => {
    const body = JSON.stringify({
      sub: 'fuzzer',
      orgs: Object.fromEntries(orgs.map((org) => [org, role])),
      ttl_s: 86_400,
    });
    const response = await fetch(`${url}/local/token`, { method: 'POST', body });
    return `Bearer ${((await response.json()) as { token: string }).token}`;
  };
  const admin = await as('admin');
  const [head = '', claims = '', signature = ''] = admin.slice('Bearer '.length).split('.');
  return {
    admin,
    editor: await as('editor'),
    viewer: await as('viewer'),
    stranger: await as('admin', [ELSEWHERE]),
    altered: `Bearer ${head}.${withClaims(claims, { exp: 1 })}.${signature}`,
    forged: `Bearer ${head}.${withClaims(claims, { orgs: { [ELSEWHERE]: 'admin' } })}.${signature}`,
    unsigned: `Bearer ${encoded({ alg: 'none', typ: 'JWT' })}.${claims}.`,
    junk: 'Bearer a.b.c',
    nobody: undefined,
  };
}

function withClaims(claims: string, changed: object): string {
  return encoded({ ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), ...changed });
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
