import type { Check } from '../credentials/integration-row.ts';
import type { Tester } from './connection-test.ts';
import type { Credentials, Metadata } from './format-check.ts';
import { askProvider, NoAnswerError, type ProviderAnswer, type ProviderRequest } from './provider-http.ts';
import type { FieldPattern, Outcome, OutcomeRule, TestRequest } from './provider-spec.ts';
import type { Provider } from './registry.ts';

/** What a request came to; `check` as the registry words it. */
interface Finding {
  readonly outcome: Outcome;
  readonly check: Omit<Check, 'id'>;
}

/** Tests a credential with the requests that the registry declares, in their order, until one fails. */
export const testDeclaratively: Tester = async (subject, { config, clock }, report) => {
  const { provider, credentials, expiresAt } = subject;
  for (const request of requestsOf(provider)) {
    if (request.when && !fits(request.when, credentials)) continue;
    const isOptional = request.optional_unless !== undefined && !fits(request.optional_unless, credentials);
    const found = await ask(request, subject, config.endpoints, clock.now());
    const finding = found.outcome === 'rejected' && hasPassed(expiresAt, clock.now()) ? asExpired(found) : found;
    const isRefused = finding.outcome !== 'accepted';
    const status = isRefused && isOptional ? 'warn' : finding.check.status;
    report({ id: request.id, ...finding.check, status });
    if (isRefused && !isOptional) return { outcome: finding.outcome };
  }
  return { outcome: 'accepted' };
};

function requestsOf({ connection_test: test }: Provider): readonly TestRequest[] {
  return test && 'requests' in test ? test.requests : [];
}

function fits({ field, pattern }: FieldPattern, credentials: Credentials): boolean {
  return new RegExp(pattern, 'u').test(credentials[field] ?? '');
}

async function ask(
  request: TestRequest,
  { provider, credentials, metadata }: { provider: Provider; credentials: Credentials; metadata: Metadata },
  endpoints: Parameters<typeof askProvider>[1],
  now: Date,
): Promise<Finding> {
  try {
    const filled = fill(request, credentials, metadata, now);
    return judge(request.outcomes, await askProvider(filled, endpoints), provider);
  } catch (err) {
    if (!(err instanceof NoAnswerError)) throw err;
    return unjudged(err.outcome, provider);
  }
}

/** Puts values into the template; one that reaches the URL has to fit its anchored pattern. */
function fill(request: TestRequest, credentials: Credentials, metadata: Metadata, now: Date): ProviderRequest {
  const sources = { credentials, metadata } as Record<string, Readonly<Record<string, unknown>>>;
  const inUrl = (_match: string, name: string): string => {
    if (name === 'yesterday_unix') return String(startOfYesterday(now));
    const { from = '', pattern = '^$' } = request.variables?.[name] ?? {};
    const [source = '', field = ''] = from.split('.');
    const value = sources[source]?.[field];
    if (typeof value !== 'string' || !new RegExp(pattern, 'u').test(value)) throw new NoAnswerError('blocked');
    return encodeURIComponent(value);
  };
  const inText = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_match, name: string) => credentials[name] ?? '');
  return {
    method: request.method,
    url: request.url.replace(/\{(\w+)\}/g, inUrl),
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, inText(value)])),
    body: request.body,
  };
}

const DAY_SECONDS = 86_400;

function startOfYesterday(now: Date): number {
  return (Math.floor(now.getTime() / 1000 / DAY_SECONDS) - 1) * DAY_SECONDS;
}

function judge(rules: readonly OutcomeRule[], answer: ProviderAnswer, provider: Provider): Finding {
  const rule = rules.find(({ status, match }) => {
    return status.includes(answer.status) && (!match || matches(match, answer.body));
  });
  if (!rule) return unjudged(answer.status === 429 ? 'rate_limited' : 'provider_error', provider);
  // An "accepted" page that is no JSON comes from something in between, not from the provider.
  if (rule.outcome === 'accepted' && answer.body === undefined) return unjudged('provider_error', provider);
  const { outcome, message = defaultMessage(outcome, provider), remedy, check } = rule;
  const status = check ?? (outcome === 'accepted' ? 'pass' : 'fail');
  return { outcome, check: { status, message, ...(remedy ? { remedy } : {}) } };
}

function matches({ path, pattern }: { path: string; pattern: string }, body: unknown): boolean {
  let value = body;
  for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return ['string', 'number', 'boolean'].includes(typeof value) && new RegExp(pattern, 'u').test(String(value));
}

/** An outcome that says nothing about the credential. */
function unjudged(outcome: Outcome, provider: Provider): Finding {
  return { outcome, check: { status: 'fail', message: defaultMessage(outcome, provider) } };
}

function defaultMessage(outcome: Outcome, { name }: Provider): string {
  switch (outcome) {
    case 'accepted':
      return `${name} accepted the credential.`;
    case 'rejected':
      return `${name} refused the credential.`;
    case 'expired':
      return `${name} says that the credential has expired.`;
    case 'insufficient_permission':
      return 'The credential works but lacks a permission that is needed.';
    case 'rate_limited':
      return `${name} limits the rate of requests at the moment; the test is tried again.`;
    case 'unreachable':
      return `${name} could not be reached within 10 s; the test is tried again.`;
    case 'provider_error':
      return `${name} answered with an error of its own; the test is tried again.`;
    case 'blocked':
      return 'The address to ask is not allowed; the test was not made.';
  }
}

function hasPassed(expiresAt: string | null, now: Date): boolean {
  return expiresAt !== null && new Date(expiresAt) <= now;
}

/** Providers answer the same for expired and unknown keys; the stated expiry tells them apart. */
function asExpired({ check }: Finding): Finding {
  return {
    outcome: 'expired',
    check: { ...check, message: 'The credential is refused, and its stated expiry has passed.' },
  };
}
