import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { Config } from '../platform/config.ts';
import { remainingMs } from '../platform/deadline.ts';
import { BlockedAddressError, guardedLookup, isPrivateAddress } from './address-guard.ts';
import { replacementOf } from './provider-endpoint.ts';
import type { Outcome } from './provider-spec.ts';

export interface ProviderRequest {
  readonly method: string;
  /** `https://` and the provider's real host, or an address that configuration put in its place. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

/** What came over the wire; without its text when that is longer than 64 KiB. */
export interface WireAnswer {
  readonly status: number;
  /** By names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface ProviderAnswer extends Omit<WireAnswer, 'text'> {
  /** Parsed JSON; undefined when the answer is something else. */
  readonly body: unknown;
}

/** Why there is no answer: nobody is there, one that must not be asked, or one that we have asked often enough. */
export type NoAnswer = Extract<Outcome, 'unreachable' | 'blocked' | 'provider_error' | 'rate_limited'>;

export class NoAnswerError extends Error {
  readonly outcome: NoAnswer;
  /** Whether asking again within seconds may help; not so after a time-out, which has cost seconds enough. */
  readonly canHeal: boolean;
  /** It is we who did not ask. */
  readonly isOurs: boolean;

  constructor(
    outcome: NoAnswer,
    { cause, canHeal = false, isOurs = false }: { cause?: unknown; canHeal?: boolean; isOurs?: boolean } = {},
  ) {
    super(`No usable answer: ${outcome}`, { cause });
    this.name = 'NoAnswerError';
    this.outcome = outcome;
    this.canHeal = canHeal;
    this.isOurs = isOurs;
  }
}

export const ANSWER_LIMIT_MS = 10_000;
const ANSWER_LIMIT_BYTES = 64 * 1024;

type Endpoints = Pick<Config['endpoints'], 'providers'>;

/**
 * Asks a provider for JSON: no redirects, 10 s, 64 KiB, no private addresses, unless configuration maps the host elsewhere.
 *
 * @throws NoAnswerError
 */
export async function askProvider(request: ProviderRequest, endpoints: Endpoints): Promise<ProviderAnswer> {
  const url = replacementOf(new URL(request.url), endpoints.providers);
  const { status, headers, text } = await exchange({ ...request, url: url.href }, endpoints);
  return { status, headers, body: parse(text) };
}

/**
 * One exchange over the wire under the limits of every test. Signed requests come here with the address that was signed.
 *
 * @throws NoAnswerError
 */
export async function exchange(request: ProviderRequest, { providers }: Endpoints): Promise<WireAnswer> {
  const url = new URL(request.url);
  if (Object.values(providers).some((base) => new URL(base).origin === url.origin)) return send(url, request, false);
  if (url.protocol !== 'https:' || (isIP(bare(url.hostname)) !== 0 && isPrivateAddress(bare(url.hostname)))) {
    throw new NoAnswerError('blocked');
  }
  return send(url, request, true);
}

function send(url: URL, { method, headers, body }: ProviderRequest, isGuarded: boolean): Promise<WireAnswer> {
  const signal = AbortSignal.timeout(Math.floor(Math.min(ANSWER_LIMIT_MS, remainingMs())));
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const fail = (err: unknown): void => reject(toNoAnswer(err, signal));
    const call = request(url, {
      method,
      headers: { accept: 'application/json', 'user-agent': 'integration-setup', ...headers, ...length },
      signal,
      ...(isGuarded ? { lookup: guardedLookup } : {}),
    });
    call.on('error', fail);
    call.on('response', (response) => {
      readCapped(response).then((text) => {
        resolve({ status: response.statusCode ?? 0, headers: plainHeaders(response), text });
      }, fail);
    });
    call.end(body);
  });
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

async function readCapped(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    // An answer that goes on and on is not the provider's: its status is all that is taken of it.
    if (size > ANSWER_LIMIT_BYTES) return '';
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

function toNoAnswer(cause: unknown, { aborted }: AbortSignal): NoAnswerError {
  if (cause instanceof BlockedAddressError) return new NoAnswerError('blocked', { cause });
  return new NoAnswerError('unreachable', { cause, canHeal: !aborted });
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
