import type { Config } from '../../platform/config.ts';
import { googleHost, googleHosts } from '../../gcp/google-hosts.ts';
import { valuesAt } from '../body-match.ts';
import { askProvider, type ProviderAnswer } from '../provider-http.ts';

/** As whom a test asks, and the project that runs its queries. */
export interface Reader {
  readonly email: string;
  readonly projectId: string;
  readonly token: string;
}

export interface GoogleQuestion {
  /** First label of the API's host. */
  readonly label: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** Access token; absent where anybody may ask. */
  readonly token?: string;
  /** Sent as JSON by POST. */
  readonly body?: object;
}

/**
 * One exchange with a Google API. To the answer's JSON it adds `reasons`: every word by which Google tells its errors apart,
 * wherever this API has it, so that a table needs one row and not one for each generation of APIs.
 *
 * @throws NoAnswerError
 */
export async function askGoogle(
  endpoints: Config['endpoints'],
  { label, path, token, body }: GoogleQuestion,
): Promise<ProviderAnswer> {
  const request = {
    method: body ? 'POST' : 'GET',
    url: `https://${googleHost(label)}${path}`,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  };
  return withReasons(await askProvider(request, googleHosts(endpoints)));
}

const REASON_PATHS = [
  'error.errors[].reason',
  'error.details[].reason',
  'error.details[].violations[].type',
  'error.status',
] as const;

export function withReasons(answer: ProviderAnswer): ProviderAnswer {
  const reasons = REASON_PATHS.flatMap((path) => valuesAt(answer.body, path)).filter(
    (word) => typeof word === 'string',
  );
  return withFacts(answer, { reasons });
}

/** The answer with what we read out of it, for tables that could not read it themselves; only beside JSON. */
export function withFacts(answer: ProviderAnswer, facts: Readonly<Record<string, unknown>>): ProviderAnswer {
  return isRecord(answer.body) ? { ...answer, body: { ...answer.body, ...facts } } : answer;
}

/** The project whose switched-off API is meant, as Google names it: `projects/731000000001`. */
export function consumerIn({ body }: ProviderAnswer): string | undefined {
  const named = valuesAt(body, 'error.details[].metadata.consumer').find((value) => typeof value === 'string');
  return /^projects\/([a-z0-9:.-]{1,80})$/.exec(typeof named === 'string' ? named : '')?.[1];
}

/** Whether the answer says that a permission is missing, rather than anything else that Google answers with 403. */
export function isDenied({ status, body }: ProviderAnswer): boolean {
  const words = valuesAt(body, 'reasons').flat();
  return (
    status === 403 && words.some((word) => /^(?:accessDenied|forbidden|IAM_PERMISSION_DENIED)$/.test(String(word)))
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
