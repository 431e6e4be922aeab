import type { OAuth2Client } from 'google-auth-library';
import type { Config } from '../../platform/config.ts';
import type { Outcome } from '../provider-spec.ts';
import { ANSWER_LIMIT_MS } from '../provider-http.ts';

/** What an API of Google came back with, reduced to what tells cases apart; its text is never passed on. */
export interface GoogleFailure {
  readonly status: number | undefined;
  readonly reason: string | undefined;
}

/** Real host, or what configuration puts in its place by the host's first label. */
export function googleApi({ googleApis }: Config['endpoints'], label: string): string {
  return (googleApis[label] ?? `https://${label}.googleapis.com`).replace(/\/$/, '');
}

/** Calls a Google API as the customer. */
export async function askGoogle<T>(
  auth: OAuth2Client,
  url: string,
  { method = 'GET', body }: { method?: 'GET' | 'POST'; body?: object } = {},
): Promise<T> {
  const { data } = await auth.request<T>({
    url,
    method,
    ...(body ? { data: body } : {}),
    timeout: ANSWER_LIMIT_MS,
    retry: false,
    responseType: 'json',
    redirect: 'error',
  });
  return data;
}

interface GoogleErrorBody {
  readonly errors?: readonly { readonly reason?: string }[];
  readonly status?: string;
  readonly details?: readonly { readonly reason?: string }[];
}

/** Reads status and reason out of the error of any Google client. */
export function failureOf(err: unknown): GoogleFailure {
  const { code, status, response, errors } = err as {
    code?: unknown;
    status?: unknown;
    errors?: GoogleErrorBody['errors'];
    response?: { status?: number; data?: { error?: GoogleErrorBody } };
  };
  const httpStatus = [response?.status, status, code].map(Number).find((value) => value >= 100 && value < 600);
  const body = response?.data?.error;
  const reason =
    errors?.[0]?.reason ?? body?.details?.find((detail) => detail.reason)?.reason ?? body?.errors?.[0]?.reason;
  return { status: httpStatus, reason };
}

const RATE_REASONS = new Set(['rateLimitExceeded', 'quotaExceeded', 'jobRateLimitExceeded', 'RATE_LIMIT_EXCEEDED']);
const OUTAGE_REASONS = new Set(['backendError', 'internalError', 'jobBackendError', 'jobInternalError', 'timeout']);

/** What a failed call says about the credential; Google answers 403 for rate limits as well, so the reason goes first. */
export function outcomeOf({ status, reason = '' }: GoogleFailure): Outcome {
  if (RATE_REASONS.has(reason) || status === 429) return 'rate_limited';
  if (OUTAGE_REASONS.has(reason)) return 'provider_error';
  if (reason === 'blocked') return 'blocked';
  if (status === undefined) return 'unreachable';
  if (status === 401) return 'rejected';
  if (status === 403 || status === 404) return 'insufficient_permission';
  return 'provider_error';
}
