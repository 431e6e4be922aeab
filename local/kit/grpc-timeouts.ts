import type { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http2';
import type * as grpc from '@grpc/grpc-js';

const HOURS: Record<string, number> = { H: 1, M: 1 / 60, S: 1 / 3600, m: 1 / 3.6e6, u: 1 / 3.6e9, n: 1 / 3.6e12 };
const MAX_HOURS = 24;

/**
 * Shortens absurd deadlines to a day.
 * Python's ordered publisher asks for 27000 hours, which grpc-js counts in 32 bits of milliseconds and so cuts off at once.
 */
export function boundTimeouts(server: grpc.Server): void {
  const { http2Servers } = server as unknown as { http2Servers: ReadonlyMap<EventEmitter, unknown> };
  for (const http2Server of http2Servers.keys()) {
    http2Server.prependListener('stream', (_stream: unknown, headers: IncomingHttpHeaders) => {
      const timeout = headers['grpc-timeout'];
      if (typeof timeout === 'string') headers['grpc-timeout'] = bounded(timeout);
    });
  }
}

function bounded(timeout: string): string {
  const hours = Number(timeout.slice(0, -1)) * (HOURS[timeout.slice(-1)] ?? 0);
  return hours > MAX_HOURS ? `${MAX_HOURS}H` : timeout;
}
