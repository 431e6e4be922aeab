import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Config } from '../platform/config.ts';
import { BlockedAddressError, guardedLookup, isPrivateAddress } from './address-guard.ts';

export interface ProviderRequest {
  readonly method: string;
  /** `https://` and the provider's real host. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface ProviderAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when the answer is something else. */
  readonly body: unknown;
}

/** Why there is no answer: nobody is there, or one that must not be asked. */
export type NoAnswer = 'unreachable' | 'blocked' | 'provider_error';

export class NoAnswerError extends Error {
  readonly outcome: NoAnswer;

  constructor(outcome: NoAnswer, cause?: unknown) {
    super(`No usable answer: ${outcome}`, { cause });
    this.name = 'NoAnswerError';
    this.outcome = outcome;
  }
}

export const ANSWER_LIMIT_MS = 10_000;
const ANSWER_LIMIT_BYTES = 64 * 1024;

/**
 * Asks a provider: no redirects, 10 s, 64 KiB, no private addresses, unless configuration maps the host elsewhere.
 *
 * @throws NoAnswerError
 */
export async function askProvider(
  request: ProviderRequest,
  { providers }: Pick<Config['endpoints'], 'providers'>,
): Promise<ProviderAnswer> {
  const url = new URL(request.url);
  const mapped = providers[url.hostname];
  if (mapped) return send(new URL(mapped.replace(/\/$/, '') + url.pathname + url.search), request, false);
  if (url.protocol !== 'https:' || (isIP(bare(url.hostname)) !== 0 && isPrivateAddress(bare(url.hostname)))) {
    throw new NoAnswerError('blocked');
  }
  return send(url, request, true);
}

function send(url: URL, { method, headers, body }: ProviderRequest, isGuarded: boolean): Promise<ProviderAnswer> {
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const fail = (err: unknown): void => reject(toNoAnswer(err));
    const call = request(url, {
      method,
      headers: { accept: 'application/json', 'user-agent': 'integration-setup', ...headers, ...length },
      signal,
      ...(isGuarded ? { lookup: guardedLookup } : {}),
    });
    call.on('error', fail);
    call.on('response', (response) => {
      readCapped(response).then((text) => resolve({ status: response.statusCode ?? 0, body: parse(text) }), fail);
    });
    call.end(body);
  });
}

async function readCapped(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    // An answer that goes on and on is cut: its status and beginning say enough, and its rest is not JSON any more.
    if (size > ANSWER_LIMIT_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function toNoAnswer(err: unknown): NoAnswerError {
  return new NoAnswerError(err instanceof BlockedAddressError ? 'blocked' : 'unreachable', err);
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
