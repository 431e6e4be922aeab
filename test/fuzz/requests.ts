import fc from 'fast-check';
import { operationsIn, type OpenApiDocument, type Parameter } from '../openapi/document.ts';
import { HOSTILE_HEADERS, hostileText, hostileTargets, ODD_METHODS } from './hostile.ts';
import { bodyTexts } from './bodies.ts';
import { fitting } from './values.ts';

/** Who sends a request; the sender turns the name into a token. */
export const CALLERS = [
  'admin',
  'editor',
  'viewer',
  'stranger',
  'altered',
  'forged',
  'unsigned',
  'junk',
  'nobody',
] as const;
export type Caller = (typeof CALLERS)[number];

export interface FuzzRequest {
  readonly method: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

type Operation = ReturnType<typeof operationsIn>[number];

/** Requests that the document describes, and many that differ from it by a little or by a lot. */
export function requests(
  document: OpenApiDocument,
  orgs: readonly string[],
  canary: string,
): fc.Arbitrary<FuzzRequest> {
  const perOperation = operationsIn(document).map((operation) => ({
    arbitrary: described(document, operation, orgs, canary),
    weight: operation.method === 'get' ? 2 : 3,
  }));
  return fc.oneof(...perOperation, { arbitrary: strange(canary), weight: 2 });
}

function described(
  document: OpenApiDocument,
  operation: Operation,
  orgs: readonly string[],
  canary: string,
): fc.Arbitrary<FuzzRequest> {
  const slugs = slugsOf(operation.parameters);
  return fc.oneof(...slugs.map((slug) => toProvider(document, operation, { orgs, slug, canary })));
}

interface Target {
  readonly orgs: readonly string[];
  /** The provider that is meant. */
  readonly slug: string;
  readonly canary: string;
}

function toProvider(
  document: OpenApiDocument,
  { template, method, operation, parameters }: Operation,
  { orgs, slug, canary }: Target,
): fc.Arbitrary<FuzzRequest> {
  const isGet = method === 'get';
  return fc
    .record({
      method: fc.oneof(
        { arbitrary: fc.constant(method.toUpperCase()), weight: 30 },
        { arbitrary: fc.constantFrom(...ODD_METHODS), weight: 1 },
      ),
      names: fc.record({ org: orgNames(orgs, canary), provider: providerNames(slug, canary) }),
      query: some(parameters, 'query', canary),
      described: some(parameters, 'header', canary),
      stray: strayHeaders(canary),
      caller: callers(),
      content: bodyTexts(document, operation.requestBody, slug, canary),
    })
    .map(({ names, query, described: wanted, stray, content, ...rest }) => ({
      ...rest,
      path: template.replace('{org}', names.org).replace('{provider}', names.provider) + queryText(query),
      headers: { ...(isGet ? {} : content.headers), ...sendable(wanted), ...stray },
      body: isGet ? undefined : content.body,
    }));
}

function strange(canary: string): fc.Arbitrary<FuzzRequest> {
  return fc.record({
    method: fc.constantFrom('GET', 'POST', ...ODD_METHODS),
    path: hostileTargets(canary),
    caller: callers(),
    headers: strayHeaders(canary),
    body: fc.constant(undefined),
  });
}

function callers(): fc.Arbitrary<Caller> {
  const mostly = { arbitrary: fc.constantFrom<Caller>('admin', 'admin', 'admin', 'editor', 'viewer'), weight: 8 };
  return fc.oneof(mostly, { arbitrary: fc.constantFrom(...CALLERS), weight: 1 });
}

function orgNames(orgs: readonly string[], canary: string): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constantFrom(...orgs), weight: 15 },
    { arbitrary: hostileText(canary).map(encodeURIComponent), weight: 1 },
    {
      arbitrary: fc.constantFrom('providers', 'gcp', 'nobody_knows', '__proto__', 'constructor', 'ACME', '%00'),
      weight: 1,
    },
  );
}

/** The providers that the description names; one that does not matter where the path has none. */
function slugsOf(parameters: readonly Parameter[]): readonly string[] {
  const schema: { anyOf?: { enum?: string[] }[] } | undefined = parameters.find(
    ({ name }) => name === 'provider',
  )?.schema;
  return schema?.anyOf?.find((part) => part.enum)?.enum ?? ['none'];
}

function providerNames(slug: string, canary: string): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constantFrom(slug, slug, slug, slug.toUpperCase()), weight: 20 },
    { arbitrary: fc.constantFrom('__proto__', 'toString', 'GCP%5FSA', '%67cp', 'gcp%2Fsetup', 'gcp%0a'), weight: 1 },
    { arbitrary: hostileText(canary).map(encodeURIComponent), weight: 1 },
  );
}

/** Some of the parameters of a kind, with values that fit or do not. */
function some(
  parameters: readonly Parameter[],
  kind: Parameter['in'],
  canary: string,
): fc.Arbitrary<Record<string, string>> {
  const wanted = parameters.filter((parameter) => parameter.in === kind);
  const values = wanted.map(({ name, schema }) => [
    name,
    fc.oneof(
      { arbitrary: wellMeant(name) ?? fitting(schema, canary).map(String), weight: 9 },
      { arbitrary: hostileText(canary), weight: 1 },
    ),
  ]);
  const chosen = fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<string>>, { requiredKeys: [] });
  return chosen as fc.Arbitrary<Record<string, string>>;
}

/** Values that the schema cannot name: a wait that ends within the run, a version that may be the present one, keys that come twice. */
function wellMeant(name: string): fc.Arbitrary<string> | undefined {
  if (name === 'Prefer') return fc.constantFrom('wait=0', 'wait=1', 'respond-async', 'wait=-1', 'wait=1e9', 'wait=');
  if (name === 'If-Match')
    return fc.constantFrom('*', '*', '"1"', '"2"', '"1", "2", "3"', 'W/"1"', '"77"', '"', '"1",,"2"');
  if (name === 'Idempotency-Key') return fc.integer({ min: 1, max: 40 }).map((number) => `key-${number}`);
  return undefined;
}

function strayHeaders(canary: string): fc.Arbitrary<Record<string, string>> {
  const kinds = HOSTILE_HEADERS(canary);
  const pairs = Object.entries(kinds).flatMap(([name, values]) => values.map((value) => ({ [name]: value })));
  const one = fc.constantFrom<Record<string, string>>(...pairs);
  return fc.oneof({ arbitrary: fc.constant({}), weight: 6 }, { arbitrary: one, weight: 1 }).map(sendable);
}

/** Node refuses to send what is no header value; the rest goes as it is. */
function sendable(headers: Readonly<Record<string, string>>): Record<string, string> {
  // oxlint-disable-next-line no-control-regex -- exactly these cannot be sent
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)));
}

function queryText(query: Readonly<Record<string, string>>): string {
  const parts = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`);
  return parts.length > 0 ? `?${parts.join('&')}` : '';
}
