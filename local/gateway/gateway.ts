import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FunctionHost } from '../host/functions.ts';
import { functionFor } from './url-map.ts';

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** What stands before the functions: `/local` for the embedded runtime, the URL map for all else. */
export function gateway(
  functions: FunctionHost,
  localApi: (req: IncomingMessage, res: ServerResponse) => void,
): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
    if (path !== '/local' && !path.startsWith('/local/')) {
      functions.handle(functionFor(path), req, res);
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
