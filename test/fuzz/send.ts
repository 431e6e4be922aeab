import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import type { CheckedResponse } from '../openapi/checker.ts';
import type { FuzzRequest } from './requests.ts';

export interface Exchange {
  readonly request: FuzzRequest & { readonly headers: Readonly<Record<string, string>> };
  readonly response: CheckedResponse;
  readonly ms: number;
}

/** An answer that takes longer never comes. */
export const HANGS_AFTER_MS = 10_000;

/** Sends a request as it stands; `fetch` would tidy up paths and headers first. */
export async function send(
  url: string,
  request: FuzzRequest,
  authorization: string | undefined,
  agent: Agent,
): Promise<Exchange> {
  const headers = { ...(authorization ? { authorization } : {}), ...request.headers };
  const startedAt = performance.now();
  const response = await answerTo(url, { ...request, headers }, agent);
  return { request: { ...request, headers }, response, ms: performance.now() - startedAt };
}

function answerTo(url: string, request: FuzzRequest, agent: Agent): Promise<CheckedResponse> {
  const { hostname, port } = new URL(url);
  const { method, path, body } = request;
  // Node frames no body of a DELETE by itself; what follows would be read as another request.
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const headers = { ...request.headers, ...length };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, method, path, headers, agent }, (incoming) => {
      collect(incoming).then(resolve, reject);
    });
    outgoing.setTimeout(HANGS_AFTER_MS, () => outgoing.destroy(new Error(`No answer within ${HANGS_AFTER_MS} ms`)));
    outgoing.on('error', (err: NodeJS.ErrnoException) => {
      // A kept connection may be closed by the server at the moment that it is used again: then nothing was received.
      if (outgoing.reusedSocket && err.code === 'ECONNRESET') resolve(answerTo(url, request, agent));
      else reject(err);
    });
    outgoing.end(body);
  });
}

async function collect(incoming: IncomingMessage): Promise<CheckedResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
  }
  return { status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks).toString() };
}
