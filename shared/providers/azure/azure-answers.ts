import { valuesAt } from '../body-match.ts';
import type { ProviderAnswer } from '../provider-http.ts';

/**
 * A refusal with its number in one place: Microsoft puts `AADSTS7000215` at the head of `error_description` and 7000215
 * into `error_codes`, and where the list is missing the text stands in for it.
 */
export function withErrorCodes(answer: ProviderAnswer): ProviderAnswer {
  const [text] = valuesAt(answer.body, 'error_description');
  const number = typeof text === 'string' ? /^AADSTS(\d{4,9}):/.exec(text)?.[1] : undefined;
  if (number === undefined || valuesAt(answer.body, 'error_codes[]').length > 0) return answer;
  return { ...answer, body: { ...(answer.body as object), error_codes: [Number(number)] } };
}

/** Statuses of Cost Management that say it all: no costs on that day, and not now. */
const SPEAKING = [204, 429];

/** Gives an answer of such a status a body where it has none, so that it can be looked up. */
export function withBody(answer: ProviderAnswer): ProviderAnswer {
  return answer.body === undefined && SPEAKING.includes(answer.status) ? { ...answer, body: {} } : answer;
}

/** Text to send in a header: the table of the check `token` accepts nothing but a token's characters (RFC 6750, 2.1). */
export function accessTokenIn(answer: ProviderAnswer | undefined): string {
  return String(valuesAt(answer?.body, 'access_token')[0]);
}
