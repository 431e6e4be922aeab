import { createHash, sign, type KeyObject } from 'node:crypto';

export interface ApiKey {
  /** `<tenancy>/<user>/<fingerprint>` */
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

export interface UnsignedRequest {
  readonly method: 'GET' | 'POST';
  /** As it is sent: the host that is signed is the one that the connection is made to. */
  readonly url: URL;
  /** JSON. */
  readonly body?: string | undefined;
}

/**
 * The headers of a request to Oracle Cloud, its signature among them: version 1 of Oracle's HTTP signature, RSA-SHA256 over
 * the headers that Oracle's own SDK for JavaScript signs. `x-date` stands for `date`, which what lies between may rewrite.
 *
 * @param at - The request counts for five minutes before and after.
 * @see https://docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm
 * @see draft-cavage-http-signatures-08
 */
export function signedHeaders(request: UnsignedRequest, key: ApiKey, at: Date): Record<string, string> {
  const headers = headersOf(request, at);
  const target = `${request.method.toLowerCase()} ${request.url.pathname}${request.url.search}`;
  const [date, ...others] = Object.entries(headers);
  const lines = [date!, ['(request-target)', target] as const, ...others];
  const text = lines.map(([name, value]) => `${name}: ${value}`).join('\n');
  const parameters = {
    version: '1',
    keyId: key.keyId,
    algorithm: 'rsa-sha256',
    headers: lines.map(([name]) => name).join(' '),
    signature: sign('RSA-SHA256', Buffer.from(text), key.privateKey).toString('base64'),
  };
  const written = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  return { ...headers, authorization: `Signature ${written.join(',')}` };
}

/** In the order in which they are signed. */
function headersOf({ url, body }: UnsignedRequest, at: Date): Record<string, string> {
  const always = { 'x-date': at.toUTCString(), host: url.host };
  if (body === undefined) return always;
  return {
    ...always,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-content-sha256': createHash('sha256').update(body).digest('base64'),
  };
}
