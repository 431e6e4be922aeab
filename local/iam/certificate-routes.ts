import type { ApiRoute } from '../kit/api-server.ts';
import type { AccountKey } from './keys.ts';
import { notFound } from './google-error.ts';
import type { Iam } from './iam.ts';
import { route } from './requests.ts';
import { publicJwk } from './signing-key.ts';

const CACHED = { 'cache-control': 'public, max-age=300' };

/** The public keys that anybody may read: those of a service account, and Google's own that sign ID tokens. */
export function certificateRoutes(iam: Iam): ApiRoute[] {
  const { keys, signer } = iam.internals;
  const keysOf = (email = ''): AccountKey[] => {
    const account = iam.findServiceAccount(email);
    if (!account) throw notFound(`Service account ${email} was not found.`);
    return keys.usable(account.uniqueId);
  };
  const routes = [
    route('GET', /^\/(robot\/v1|service_accounts\/v1)\/metadata\/x509\/(?<email>[^/]+)$/, 'x509', ({ params }) => ({
      headers: CACHED,
      body: Object.fromEntries(keysOf(params['email']).map(({ id, certificate }) => [id, certificate])),
    })),
    route('GET', /^\/(robot\/v1\/metadata|service_accounts\/v1)\/jwk\/(?<email>[^/]+)$/, 'jwk', ({ params }) => ({
      headers: CACHED,
      body: { keys: keysOf(params['email']).map((key) => publicJwk(key.id, keys.publicKey(key))) },
    })),
    route('GET', /^\/oauth2\/v1\/certs$/, 'certs', async () => ({
      headers: CACHED,
      body: await signer.certificates(),
    })),
    route('GET', /^\/oauth2\/v3\/certs$/, 'certs', async () => ({ headers: CACHED, body: await signer.jwks() })),
  ];
  return routes.map((open) => ({ ...open, anonymous: true }));
}
