import type { IncomingMessage, ServerResponse } from 'node:http';
import { exchangeChecker } from './checker.ts';
import type { OpenApiDocument } from './document.ts';

/** Listens to a server's exchanges and holds them against a document when asked. */
export function recorder(document: object) {
  const checkExchange = exchangeChecker(JSON.parse(JSON.stringify(document)) as OpenApiDocument);
  const checks: (() => void)[] = [];
  return {
    record(request: IncomingMessage, response: ServerResponse): void {
      const sent: Buffer[] = [];
      const received: Buffer[] = [];
      // A listener for data would start the stream; what the handler is given is looked at instead.
      tap(request, 'push', sent);
      tap(response, 'write', received);
      tap(response, 'end', received);
      // The guard takes the content type away before the handler sees it.
      const head = { method: request.method ?? '', path: request.url ?? '', headers: { ...request.headers } };
      response.once('finish', () =>
        checks.push(() => checkExchange(requestOf(head, sent), answerOf(response, received))),
      );
    },
    /** Throws what the first wrong exchange deserves. */
    check(): void {
      for (const check of checks) check();
    },
  };
}

function tap(stream: object, method: string, chunks: Buffer[]): void {
  const target = stream as Record<string, (chunk: unknown, ...rest: unknown[]) => unknown>;
  const original = target[method]!.bind(stream);
  target[method] = (chunk, ...rest) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
    return original(chunk, ...rest);
  };
}

function requestOf(
  { headers, ...head }: { method: string; path: string; headers: IncomingMessage['headers'] },
  sent: Buffer[],
) {
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  const body = Buffer.concat(sent).toString();
  return { ...head, headers: Object.fromEntries(texts), body: body === '' ? undefined : body };
}

function answerOf(response: ServerResponse, received: Buffer[]) {
  const headers = new Headers();
  // writeHead keeps what it is given to itself where no header was set before; the head that was sent has all.
  for (const line of String(Reflect.get(response, '_header')).split('\r\n').slice(1)) {
    const at = line.indexOf(':');
    if (at > 0) headers.append(line.slice(0, at), line.slice(at + 1).trim());
  }
  return { status: response.statusCode, headers, body: Buffer.concat(received).toString() };
}
