import type { IncomingMessage } from 'node:http';

const MAX_WAIT_SECONDS = 30;

/** Seconds that the caller is ready to wait for a verdict (RFC 7240, `Prefer: wait=N`); 0 without the header. */
export function preferredWaitSeconds({ headers }: IncomingMessage): number {
  const prefer = headers['prefer'];
  const text = Array.isArray(prefer) ? prefer.join(',') : (prefer ?? '');
  const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(text)?.[1];
  return Math.min(Number(wait ?? 0), MAX_WAIT_SECONDS);
}
