import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

const contentTypes = new WeakMap<IncomingMessage, string>();

/**
 * Keeps request bodies out of the hands of functions-framework.
 *
 * Its parsers read a body before the function is asked, and log the raw text when it is not the JSON it should be:
 * a credential with a stray comma would end up in the logs. Without a content type they pass the body on untouched, so
 * the type is set aside before the first of them runs. A path that does not decode, or a target that is no path, would fail there in a similar way. It holds for every
 * server of the process, which in a deployed function is one.
 */
export function guardBodies(): void {
  subscribe('http.server.request.start', (message) => guardBody((message as { request: IncomingMessage }).request));
}

/** Guards one request, where it comes to the framework by another way than its own server. */
export function guardBody(request: IncomingMessage): void {
  contentTypes.set(request, request.headers['content-type'] ?? '');
  delete request.headers['content-type'];
  if (!isPath(request.url ?? '/')) request.url = '/malformed-path';
}

/** The content type as it was sent, set aside or not. */
export function contentTypeOf(request: IncomingMessage): string {
  return contentTypes.get(request) ?? request.headers['content-type'] ?? '';
}

function isPath(url: string): boolean {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '').startsWith('/');
  } catch {
    return false;
  }
}
