import type { Check } from '../credentials/integration-row.ts';
import { isVerdict } from '../credentials/lifecycle.ts';
import { matchesBody } from './body-match.ts';
import type { Tester } from './connection-test.ts';
import { discoveredIn } from './discovered.ts';
import type { Credentials, Metadata } from './format-check.ts';
import { askProvider, NoAnswerError, type ProviderAnswer } from './provider-http.ts';
import type { FieldPattern, Outcome, OutcomeRule, TestRequest } from './provider-spec.ts';
import type { Provider } from './registry.ts';
import { filledRequest } from './request-template.ts';

/** What a request came to; `check` as the registry words it. */
interface Finding {
  readonly outcome: Outcome;
  readonly check: Omit<Check, 'id'>;
  readonly discovered?: Metadata;
}

/** Tests a credential with the requests that the registry declares, in their order, until one fails. */
export const testDeclaratively: Tester = async (subject, { config, clock }, report) => {
  const { provider, credentials, expiresAt } = subject;
  const discovered: Metadata[] = [];
  for (const request of requestsOf(provider)) {
    if (request.when && !fits(request.when, credentials)) continue;
    const found = await ask(request, subject, config.endpoints, clock.now());
    const finding = found.outcome === 'rejected' && hasPassed(expiresAt, clock.now()) ? asExpired(found) : found;
    const isRefused = finding.outcome !== 'accepted';
    const isSpared = isRefused && isOptional(request, credentials);
    report({ id: request.id, ...finding.check, status: isSpared ? 'warn' : finding.check.status });
    if (isRefused && !isSpared) return { outcome: finding.outcome };
    discovered.push(finding.discovered ?? {});
  }
  const all: Metadata = Object.assign({}, ...discovered);
  return { outcome: 'accepted', ...(Object.keys(all).length > 0 ? { discovered: all } : {}) };
};

function isOptional({ optional, optional_unless }: TestRequest, credentials: Credentials): boolean {
  return optional === true || (optional_unless !== undefined && !fits(optional_unless, credentials));
}

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
    const answer = await askProvider(filledRequest(request, { credentials, metadata }, now), endpoints);
    const finding = judge(request.outcomes, answer, provider);
    if (finding.outcome !== 'accepted' || !request.discovered) return finding;
    return { ...finding, discovered: discoveredIn(answer.body, request.discovered, credentials) };
  } catch (err) {
    if (!(err instanceof NoAnswerError)) throw err;
    return unjudged(err.outcome, provider);
  }
}

function judge(rules: readonly OutcomeRule[], answer: ProviderAnswer, provider: Provider): Finding {
  const rule = rules.find(({ status, match }) => {
    return status.includes(answer.status) && (!match || matchesBody(match, answer.body));
  });
  if (!rule) return unjudged(answer.status === 429 ? 'rate_limited' : 'provider_error', provider);
  // A page that is no JSON comes from something in between, not from the provider.
  if (isVerdict(rule.outcome) && answer.body === undefined) return unjudged('provider_error', provider);
  const { outcome, message = defaultMessage(outcome, provider), remedy, check } = rule;
  const status = check ?? (outcome === 'accepted' ? 'pass' : 'fail');
  return { outcome, check: { status, message, ...(remedy ? { remedy } : {}) } };
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
