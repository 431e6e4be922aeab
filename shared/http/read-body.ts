import type { IncomingMessage } from 'node:http';
import { bounded } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';
import { contentTypeOf } from './body-guard.ts';
import { parseStrictJson } from './strict-json.ts';

export const MAX_BODY_BYTES = 64 * 1024;
const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Reads a JSON body, never more of it than allowed; undefined when there is none.
 *
 * @throws ServiceError `unsupported_media_type`, `body_too_large`, `malformed_json`; none of them quotes the body.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  checkEncoding(request);
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const bytes = await readCapped(request);
  if (bytes.length === 0) return undefined;
  checkContentType(contentTypeOf(request));
  return parseStrictJson(decode(bytes));
}

function checkEncoding({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() === 'identity') return;
  throw new ServiceError('unsupported_media_type', 'Send the body uncompressed, without Content-Encoding');
}

function checkContentType(contentType: string): void {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  if (!JSON_TYPE.test(type)) throw new ServiceError('unsupported_media_type', 'Send Content-Type: application/json');
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset === undefined || ['utf-8', 'utf8', '"utf-8"', '"utf8"'].includes(charset)) return;
  throw new ServiceError('unsupported_media_type', 'Send the body in UTF-8');
}

async function readCapped(request: IncomingMessage): Promise<Buffer> {
  const parsed = (request as { rawBody?: Buffer }).rawBody; // where a server without our guard has read it
  if (parsed) return parsed.length > MAX_BODY_BYTES ? Promise.reject(tooLarge()) : parsed;
  return bounded('The sender of the body', collect(request));
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // A destroyed request could not be answered any more; Node discards what is left after the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new ServiceError('malformed_json', 'The body is not UTF-8 text; send JSON in UTF-8');
  }
}

function tooLarge(): ServiceError {
  return new ServiceError('body_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes; send less`);
}
