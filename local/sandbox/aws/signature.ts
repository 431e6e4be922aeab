import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import { hashOf, type AwsKey } from './identities.ts';

/** A request as it arrived. */
export interface SignedCall {
  readonly method: string;
  /** Percent-encoded, as sent. */
  readonly path: string;
  /** What stands behind the question mark, as sent. */
  readonly query: string;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface Verifier {
  readonly service: string;
  readonly now: Date;
  /** Keys that the partition of this region knows. */
  find(id: string, region: string): AwsKey | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const WINDOW_MS = 15 * 60_000;

/**
 * The key that signed a request by Signature Version 4, recomputed from its secret over what arrived.
 *
 * @throws AwsError as AWS words what is wrong.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifiedKey(call: SignedCall, { service, now, find }: Verifier): AwsKey {
  const { id, scope, signedHeaders, signature } = authorizationOf(call);
  const date = dateOf(call);
  checkScope(scope, service, date);
  checkSignedHeaders(call, signedHeaders);
  checkClock(date, now);
  const [, region = ''] = scope;
  const key = find(id, region);
  if (!key || key.state === 'inactive' || !hasToken(call, key)) {
    throw new AwsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  const text = stringToSign(canonicalRequest(call, signedHeaders), date, scope);
  if (!isSame(signature, hmac(signingKey(key.secret, scope), text).toString('hex'))) throw mismatch(MISMATCH);
  if (key.expiresAt && key.expiresAt <= now) {
    throw new AwsError(403, 'ExpiredToken', 'The security token included in the request is expired');
  }
  return key;
}

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** Date, region, service and `aws4_request`. */
type Scope = readonly string[];

function authorizationOf({ headers }: SignedCall) {
  const [given] = headers['authorization'] ?? [];
  if (given === undefined) {
    throw new AwsError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;
  const [, id = '', scope, names = '', signature = ''] = form.exec(given) ?? [];
  if (scope === undefined) {
    throw new AwsError(400, 'IncompleteSignature', 'The Authorization header is not in the form of AWS4-HMAC-SHA256.');
  }
  return { id, scope: scope.split('/'), signedHeaders: names.split(';'), signature };
}

/** `20261124T120000Z` */
function dateOf({ headers }: SignedCall): string {
  const [date = ''] = headers['x-amz-date'] ?? [];
  if (/^\d{8}T\d{6}Z$/.test(date)) return date;
  const message = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
  throw new AwsError(400, 'IncompleteSignature', message);
}

function checkScope(scope: Scope, service: string, date: string): void {
  const [day, region = '', named, terminator, ...more] = scope;
  if (terminator !== 'aws4_request' || more.length > 0) {
    throw new AwsError(400, 'IncompleteSignature', 'Credential must have exactly 5 slash-delimited elements.');
  }
  if (named !== service) throw mismatch(`Credential should be scoped to correct service: '${service}'.`);
  if (!/^[a-z]{2,4}(?:-[a-z]+)+-\d$/.test(region)) throw mismatch('Credential should be scoped to a valid region.');
  if (day !== date.slice(0, 8))
    throw mismatch('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.');
}

function checkSignedHeaders({ headers }: SignedCall, signedHeaders: readonly string[]): void {
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const missing = needed.filter((name) => !signedHeaders.includes(name));
  if (missing.length > 0)
    throw mismatch(`'${missing.join("', '")}' must be a 'SignedHeader' in the AWS Authorization.`);
}

function checkClock(date: string, now: Date): void {
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const server = now.getTime();
  const named = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
  if (at < server - WINDOW_MS) {
    throw mismatch(
      `Signature expired: ${date} is now earlier than ${named(server - WINDOW_MS)} (${named(server)} - 15 min.)`,
    );
  }
  if (at > server + WINDOW_MS) {
    const window = `${named(server + WINDOW_MS)} (${named(server)} + 15 min.)`;
    throw mismatch(`Signature not yet current: ${date} is still later than ${window}`);
  }
}

/** A temporary key comes with its token, and no other key comes with one. */
function hasToken({ headers }: SignedCall, { tokenHash }: AwsKey): boolean {
  const [token] = headers['x-amz-security-token'] ?? [];
  return (token === undefined ? null : hashOf(token)) === tokenHash;
}

/** Exported for the vectors that prove it. */
export function canonicalRequest(
  { method, path, query, headers, body }: SignedCall,
  signedHeaders: readonly string[],
): string {
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? []).map(trimmed).join(',')}\n`);
  const uri = path.split('/').map(encoded).join('/');
  return [method, uri, canonicalQuery(query), lines.join(''), signedHeaders.join(';'), sha256(body)].join('\n');
}

export function stringToSign(canonical: string, date: string, scope: Scope): string {
  return [ALGORITHM, date, scope.join('/'), sha256(Buffer.from(canonical))].join('\n');
}

export function signingKey(secret: string, scope: Scope): Uint8Array {
  return scope.reduce<Uint8Array>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [name, value.join('=')].map((part) => encoded(decoded(part)));
    });
  // By name, then by value; as one text, `a-b=` would stand before `a=`.
  return pairs
    .map(([name, value]) => `${name}\n${value}`)
    .toSorted()
    .map((pair) => pair.replace('\n', '='))
    .join('&');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function trimmed(value: string): string {
  return value.trim().replace(/ +/g, ' ');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function mismatch(message: string): AwsError {
  return new AwsError(403, 'SignatureDoesNotMatch', message);
}
