import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from '../kit/api-error.ts';
import { listen } from '../kit/api-server.ts';
import type { ServiceContext } from '../kit/contracts.ts';
import type { Iam } from './iam.ts';
import { MAX_TOKEN_LIFETIME_S } from './iam.ts';
import { CLOUD_PLATFORM } from './scopes.ts';

const ROOT = '/computeMetadata/v1/';
const FLAVOR = { 'metadata-flavor': 'Google', server: 'Metadata Server for VM' };

type Answer = string | object;
/** Leaves of the metadata tree by path below the root; a directory's path ends in a slash. */
type Tree = Readonly<Record<string, (query: URLSearchParams) => Answer | Promise<Answer>>>;

/**
 * Starts the metadata server of a machine that runs as `email`.
 *
 * @returns Where `GCE_METADATA_HOST` shall point.
 */
export async function startMetadata(
  context: Pick<ServiceContext, 'clock' | 'projectId' | 'location'>,
  iam: Iam,
  email: string,
): Promise<{ host: string; port: number; close(): Promise<void> }> {
  const tree = metadataTree(context, iam, email);
  const { port, close } = await listen((req, res) => {
    answer(tree, req).then(
      (body) => send(res, 200, body),
      (err: unknown) => (err instanceof ApiError ? send(res, err.httpStatus, err.message) : send(res, 500, 'Internal')),
    );
  });
  return { host: '127.0.0.1', port, close };
}

function metadataTree({ clock, projectId, location }: Parameters<typeof startMetadata>[0], iam: Iam, email: string) {
  const { accounts, projects, tokens } = iam.internals;
  const number = (): string => projects.ensure(projectId).number;
  const identity: Tree = {
    aliases: () => 'default\n',
    email: () => email,
    scopes: () => `${CLOUD_PLATFORM}\n`,
    identity: async (query) => {
      const audience = query.get('audience');
      if (!audience) throw new ApiError(400, 'non-empty audience parameter required');
      return iam.idToken(email, audience);
    },
    token: (query) => {
      const account = accounts.find(email);
      if (!account || account.disabled) throw new ApiError(404, 'The service account is disabled or was not found.');
      const scopes = query.get('scopes')?.split(',').filter(Boolean) ?? [CLOUD_PLATFORM];
      const { accessToken, expiresMs } = tokens.reuse(account, scopes, MAX_TOKEN_LIFETIME_S);
      const expiresIn = Math.floor((expiresMs - clock.now().getTime()) / 1000);
      return { access_token: accessToken, expires_in: expiresIn, token_type: 'Bearer' };
    },
    '': (query) =>
      query.get('recursive') === 'true'
        ? { aliases: ['default'], email, scopes: [CLOUD_PLATFORM] }
        : 'aliases\nemail\nidentity\nscopes\ntoken\n',
  };
  const tree: Tree = {
    '': () => 'instance/\nproject/\nuniverse/\n',
    'instance/': () => 'id\nregion\nservice-accounts/\nzone\n',
    'instance/id': () => `${number()}0001`,
    'instance/region': () => `projects/${number()}/regions/${location}`,
    'instance/zone': () => `projects/${number()}/zones/${location}-1`,
    'instance/service-accounts/': () => `default/\n${email}/\n`,
    'project/project-id': () => projectId,
    'project/numeric-project-id': number,
    'universe/universe-domain': () => 'googleapis.com',
    ...below('instance/service-accounts/default/', identity),
    ...below(`instance/service-accounts/${email}/`, identity),
  };
  return tree;
}

function below(folder: string, leaves: Tree): Tree {
  return Object.fromEntries(Object.entries(leaves).map(([name, read]) => [folder + name, read]));
}

async function answer(tree: Tree, req: IncomingMessage): Promise<Answer> {
  const url = new URL(req.url ?? '/', 'http://metadata');
  if (url.pathname === '/') return 'computeMetadata/\n';
  // A page in a browser cannot send the one header, and a proxy always sends the other.
  if (req.headers['metadata-flavor'] !== 'Google') throw new ApiError(403, 'Missing Metadata-Flavor:Google header.');
  if (req.headers['x-forwarded-for'] !== undefined) throw new ApiError(403, 'X-Forwarded-For is not allowed.');
  if (req.method !== 'GET') throw new ApiError(405, 'Only GET is allowed.');
  const path = decodeURIComponent(url.pathname);
  const name = path.startsWith(ROOT) ? path.slice(ROOT.length) : path === ROOT.slice(0, -1) ? '' : undefined;
  const read = name === undefined ? undefined : (tree[name] ?? tree[`${name}/`]);
  if (!read) throw new ApiError(404, 'Not found.');
  return read(url.searchParams);
}

function send(res: ServerResponse, status: number, body: Answer): void {
  const isText = typeof body === 'string';
  const type = isText ? 'application/text' : 'application/json';
  res.writeHead(status, { ...FLAVOR, 'content-type': type }).end(isText ? body : JSON.stringify(body));
}
