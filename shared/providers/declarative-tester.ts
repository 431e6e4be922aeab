import type { Tester } from './connection-test.ts';
import { discoveredIn } from './discovered.ts';
import type { Credentials, Metadata } from './format-check.ts';
import { askProvider } from './provider-http.ts';
import type { FieldPattern, TestRequest } from './provider-spec.ts';
import type { Provider } from './registry.ts';
import { filledRequest } from './request-template.ts';

/** Tests a credential with the requests that the registry declares, in their order, until one fails. */
export const testDeclaratively: Tester = async ({ provider, credentials, metadata }, run) => {
  const discovered: Metadata[] = [];
  for (const request of requestsOf(provider)) {
    if (request.when && !fits(request.when, credentials)) continue;
    const ask = () =>
      askProvider(filledRequest(request, { credentials, metadata }, run.platform.clock.now()), run.endpoints);
    const { isFatal, outcome, retryAfterMs, answer } = await run.checkBy(request, ask, { host: hostOf(request) });
    if (isFatal) return { outcome, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    if (answer && request.discovered) discovered.push(discoveredIn(answer.body, request.discovered, credentials));
  }
  const all: Metadata = Object.assign({}, ...discovered);
  return { outcome: 'accepted', ...(Object.keys(all).length > 0 ? { discovered: all } : {}) };
};

function hostOf({ url }: TestRequest): string {
  return url.split('/')[2] ?? url;
}

function requestsOf({ connection_test: test }: Provider): readonly TestRequest[] {
  return test && 'requests' in test ? test.requests : [];
}

function fits({ field, pattern }: FieldPattern, credentials: Credentials): boolean {
  return new RegExp(pattern, 'u').test(credentials[field] ?? '');
}
