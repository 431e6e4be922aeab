import { ruleFor } from './body-match.ts';
import type { Tester } from './connection-test.ts';
import { discoveredIn } from './discovered.ts';
import type { Credentials, Metadata } from './format-check.ts';
import { askProvider, type ProviderAnswer } from './provider-http.ts';
import type { CheckSpec, FieldPattern, KindRule, TestRequest } from './provider-spec.ts';
import type { Provider } from './registry.ts';
import { filledRequest } from './request-template.ts';
import type { TestRun } from './test-run.ts';

/** Tests a credential with the requests that the registry declares, in their order, until one fails. */
export const testDeclaratively: Tester = async ({ provider, credentials, metadata }, run) => {
  const { kinds = [], requests } = declaredTest(provider);
  const discovered: Metadata[] = [reportedKind(kinds, credentials, run)];
  const required = new Set<string>();
  for (const request of requests) {
    if (request.when && !fits(request.when, credentials)) continue;
    const ask = () =>
      askProvider(filledRequest(request, { credentials, metadata }, run.platform.clock.now()), run.endpoints);
    const spec = required.has(request.id) ? withoutLeniency(request) : request;
    const { isFatal, outcome, retryAfterMs, answer } = await run.checkBy(spec, ask, { host: hostOf(request) });
    if (isFatal) return { outcome, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    if (!answer) continue;
    const { requires, found } = toldBy(answer, request, credentials);
    discovered.push(found);
    if (requires) required.add(requires);
  }
  const all: Metadata = Object.assign({}, ...discovered);
  return { outcome: 'accepted', ...(Object.keys(all).length > 0 ? { discovered: all } : {}) };
};

/** What an accepted answer tells beyond its outcome. */
function toldBy(answer: ProviderAnswer, { outcomes, discovered }: TestRequest, credentials: Credentials) {
  const rule = ruleFor(outcomes, answer);
  const found: Metadata = {
    ...(discovered ? discoveredIn(answer.body, discovered, credentials) : {}),
    ...rule?.discovered,
  };
  return { requires: rule?.requires, found };
}

function reportedKind(kinds: readonly KindRule[], credentials: Credentials, run: TestRun): Metadata {
  const kind = kinds.find((candidate) => fits(candidate, credentials));
  if (!kind) return {};
  const { name, message, remedy, check } = kind;
  run.report({ id: 'key_kind', status: check ?? 'pass', message, ...(remedy ? { remedy } : {}) });
  return { key_kind: name };
}

function withoutLeniency({ id, outcomes, undecided }: TestRequest): CheckSpec {
  return { id, outcomes, ...(undecided ? { undecided } : {}) };
}

function hostOf({ url }: TestRequest): string {
  return url.split('/')[2] ?? url;
}

function declaredTest({ connection_test: test }: Provider): {
  readonly kinds?: readonly KindRule[];
  readonly requests: readonly TestRequest[];
} {
  return test && 'requests' in test ? test : { requests: [] };
}

function fits({ field, pattern }: FieldPattern, credentials: Credentials): boolean {
  return new RegExp(pattern, 'u').test(credentials[field] ?? '');
}
