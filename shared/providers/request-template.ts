import type { Credentials, Metadata } from './format-check.ts';
import { NoAnswerError, type ProviderRequest } from './provider-http.ts';
import type { TestRequest } from './provider-spec.ts';

/** What stands in braces in the URL without being declared. */
export const BUILT_IN = ['yesterday', 'yesterday_unix'] as const;

interface Sources {
  readonly credentials: Credentials;
  readonly metadata: Metadata;
}

const PLACE = /\{(\w+)\}/g;
/** What Node sends in a header; anything else would be an error of its own. */
const HEADER_TEXT = /^[\t\x20-\x7e]*$/;

/**
 * Puts values into a declared request. One that reaches the URL has to fit its anchored pattern.
 *
 * @throws NoAnswerError `blocked` when a value must not be sent.
 */
export function filledRequest(request: TestRequest, sources: Sources, now: Date): ProviderRequest {
  const inUrl = (_match: string, name: string): string => builtIn(name, now) ?? variable(request, name, sources);
  const inHeader = (text: string): string => {
    const filled = text.replace(PLACE, (_match, name: string) => sources.credentials[name] ?? '');
    if (!HEADER_TEXT.test(filled)) throw new NoAnswerError('blocked');
    return filled;
  };
  return {
    method: request.method,
    url: request.url.replace(PLACE, inUrl),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, text]) => [name, inHeader(text)])),
    body: request.body,
  };
}

function builtIn(name: string, now: Date): string | undefined {
  const yesterday = startOfYesterday(now);
  if (name === 'yesterday_unix') return String(yesterday);
  return name === 'yesterday' ? new Date(yesterday * 1000).toISOString().replace('.000Z', 'Z') : undefined;
}

function variable({ variables }: TestRequest, name: string, sources: Sources): string {
  const { from = '', pattern = '^$' } = variables?.[name] ?? {};
  const [source = '', field = ''] = from.split('.');
  const value = (sources as unknown as Record<string, Metadata>)[source]?.[field];
  const text = ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
  if (text === '' || !new RegExp(pattern, 'u').test(text)) throw new NoAnswerError('blocked');
  return encodeURIComponent(text);
}

const DAY_SECONDS = 86_400;

function startOfYesterday(now: Date): number {
  return (Math.floor(now.getTime() / 1000 / DAY_SECONDS) - 1) * DAY_SECONDS;
}
