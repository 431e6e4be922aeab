import { createHash, verify } from 'node:crypto';
import type { OciKey } from './oci-keys.ts';

/** A request as it arrived. */
export interface ArrivedRequest {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Signature {
  readonly keyId: string;
  /** Names of what was signed, in its order. */
  readonly headers: readonly string[];
  readonly signature: Buffer;
}

const MAX_SKEW_MS = 5 * 60_000;
const WEEKDAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const RFC_1123 = new RegExp(`^${WEEKDAY}, \\d\\d ${MONTH} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT$`);
/** What only a request with a body carries. */
const OF_BODY = ['content-length', 'content-type', 'x-content-sha256'];

/** The parts of an `Authorization` header of version 1; undefined when one is missing or strange. */
export function signatureIn({ headers }: ArrivedRequest): Signature | undefined {
  const [, list] = /^Signature ((?:[a-zA-Z]+="[^"]*",?)+)$/.exec(one(headers['authorization'])) ?? [];
  if (list === undefined) return undefined;
  const parts = new Map([...list.matchAll(/([a-zA-Z]+)="([^"]*)"/g)].map(([, name, value]) => [name, value ?? '']));
  const [keyId, names, signature] = [parts.get('keyId'), parts.get('headers'), parts.get('signature')];
  if (parts.get('version') !== '1' || parts.get('algorithm') !== 'rsa-sha256') return undefined;
  if (!keyId || !names || !signature) return undefined;
  // Some of Oracle's own SDKs write names in capitals here, and in small letters in what they sign.
  return { keyId, headers: names.toLowerCase().split(' '), signature: Buffer.from(signature, 'base64') };
}

/** Whether the key's owner has made this very request within the last five minutes. */
export function isAuthentic(request: ArrivedRequest, signature: Signature, key: OciKey, now: Date): boolean {
  const signed = new Set(signature.headers);
  const isWhole =
    (signed.has('x-date') || signed.has('date')) &&
    [...['(request-target)', 'host'], ...(hasBody(request) ? OF_BODY : [])].every((name) => signed.has(name));
  return isWhole && isTimely(request, now) && isBodyIntact(request) && isSignedBy(key, request, signature);
}

function hasBody({ method }: ArrivedRequest): boolean {
  return ['POST', 'PUT', 'PATCH'].includes(method);
}

/** `x-date` goes before `date`, which some clients cannot set. */
function isTimely({ headers }: ArrivedRequest, now: Date): boolean {
  const date = one(headers['x-date'] ?? headers['date']);
  return RFC_1123.test(date) && Math.abs(Date.parse(date) - now.getTime()) <= MAX_SKEW_MS;
}

function isBodyIntact(request: ArrivedRequest): boolean {
  const { headers, body } = request;
  if (!hasBody(request)) return body.length === 0;
  return (
    one(headers['content-type']).split(';')[0] === 'application/json' &&
    one(headers['content-length']) === String(body.length) &&
    one(headers['x-content-sha256']) === createHash('sha256').update(body).digest('base64')
  );
}

function isSignedBy(key: OciKey, request: ArrivedRequest, { headers: names, signature }: Signature): boolean {
  const lines = names.map((name) => `${name}: ${valueOf(name, request)}`);
  return verify('RSA-SHA256', Buffer.from(lines.join('\n')), key.publicKey, signature);
}

function valueOf(name: string, { method, target, headers }: ArrivedRequest): string {
  return name === '(request-target)' ? `${method.toLowerCase()} ${target}` : one(headers[name]);
}

function one(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
