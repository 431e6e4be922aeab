import type { IncomingMessage, ServerResponse } from 'node:http';
import { functionFor } from '../../shared/http/routes.ts';
import type { FunctionHost } from '../host/functions.ts';

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** What stands before the functions, as the load balancer does: `/local` is the embedded runtime's, all else the functions'. */
export function gateway(
  functions: Pick<FunctionHost, 'handle'>,
  localApi: (req: IncomingMessage, res: ServerResponse) => void,
  welcome: (org: string) => Promise<void> = async () => undefined,
): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
    if (path !== '/local' && !path.startsWith('/local/')) {
      const [, root, org = ''] = path.split('/', 3);
      if (root === 'integrations' && org) welcome(org).catch(() => undefined); // the test of a credential will say so
      // The function with the public paths also says that a path does not exist.
      functions.handle(functionFor(req.method ?? 'GET', path) ?? 'providers', req, res);
    } else if (isFromThisMachine(req)) {
      localApi(req, res);
    } else {
      res.writeHead(403, { 'content-type': 'text/plain' }).end('/local answers loopback host names only.\n');
    }
  };
}

// `/local` mints tokens: neither a rebound DNS name nor a page of another origin may reach it through a browser.
function isFromThisMachine({ headers }: IncomingMessage): boolean {
  if (!LOOPBACK_HOST.test(headers.host ?? '')) return false;
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && LOOPBACK_HOST.test(new URL(headers.origin).host);
}
