import type { JsonSchema, ProviderSpec, RequestRule, TestRequest } from './provider-spec.ts';
import { BUILT_IN } from './request-template.ts';

/** What a provider answers to, in small letters. */
export function namesOf({ slug, key, aliases }: ProviderSpec): Set<string> {
  return new Set([slug, key, ...aliases].map((name) => name.toLowerCase()));
}

/** Faults of the registry that its schema cannot see: names taken twice, and fields that nobody declares. */
export function registryFaults(specs: readonly ProviderSpec[]): string[] {
  return [...nameFaults(specs), ...specs.flatMap(referenceFaults)];
}

function nameFaults(specs: readonly ProviderSpec[]): string[] {
  const taken = new Map<string, string>();
  const faults: string[] = [];
  for (const spec of specs) {
    for (const name of namesOf(spec)) {
      const owner = taken.get(name);
      if (owner) faults.push(`${spec.key}: the name ${name} belongs to ${owner} already`);
      taken.set(name, spec.key);
    }
  }
  return faults;
}

interface DeclaredFields {
  readonly credentials: ReadonlySet<string>;
  readonly metadata: ReadonlySet<string>;
}

function referenceFaults(spec: ProviderSpec): string[] {
  const fields = { credentials: fieldsOf(spec.credential), metadata: fieldsOf(spec.metadata) };
  const test = spec.connection_test;
  const { requests, kinds = [] } = test && 'requests' in test ? test : { requests: [] };
  const faults = [
    ...kinds.flatMap(({ name, field }) => undeclared(`the kind ${name}`, [`credentials.${field}`], fields)),
    ...requests.flatMap((request) => requestFaults(request, fields)),
    ...requests.flatMap(({ id, outcomes }, index) => orderFaults(id, outcomes, requests.slice(index + 1))),
    ...otherFaults(spec, fields),
  ];
  return faults.map((text) => `${spec.key}: ${text}`);
}

function otherFaults(
  { derived_metadata = {}, distinct_metadata = [], pipelines }: ProviderSpec,
  fields: DeclaredFields,
) {
  const uses = [
    ...Object.keys(derived_metadata).map((name) => ['derived_metadata', `metadata.${name}`]),
    ...Object.values(derived_metadata).flatMap((names) =>
      names.split('|').map((name) => ['derived_metadata', `credentials.${name}`]),
    ),
    ...distinct_metadata.map((name) => ['distinct_metadata', `metadata.${name}`]),
    ...pipelines.flatMap(({ id, needs }) =>
      needs.flatMap(({ metadata }) => metadata.map((field) => [id, `metadata.${field}`])),
    ),
  ] as const;
  return uses.flatMap(([user = '', from = '']) => undeclared(user, [from], fields));
}

function orderFaults(id: string, outcomes: readonly RequestRule[], later: readonly TestRequest[]): string[] {
  const asked = new Set(later.map((request) => request.id));
  const missing = outcomes.flatMap(({ requires }) => (requires && !asked.has(requires) ? [requires] : []));
  return missing.map((name) => `${id} requires ${name}, which is no request after it`);
}

function requestFaults(
  { id, url, headers, variables = {}, when, optional_unless }: TestRequest,
  fields: DeclaredFields,
): string[] {
  const inUrl = new Set<string>([...BUILT_IN, ...Object.keys(variables)]);
  const unknownInUrl = placesIn(url).filter((name) => !inUrl.has(name));
  const conditions = [when, optional_unless].flatMap((condition) => (condition ? [condition.field] : []));
  const used = [...Object.values(headers).flatMap(placesIn), ...conditions].map((name) => `credentials.${name}`);
  return [
    ...unknownInUrl.map((name) => `the URL of ${id} has {${name}}, which variables does not declare`),
    ...undeclared(id, [...used, ...Object.values(variables).map(({ from }) => from)], fields),
  ];
}

function undeclared(user: string, uses: readonly string[], fields: DeclaredFields): string[] {
  const isDeclared = (from: string): boolean => {
    const [source = '', name = ''] = from.split('.');
    return fields[source as keyof DeclaredFields].has(name);
  };
  return uses.filter((from) => !isDeclared(from)).map((from) => `${user} uses ${from}, which is not declared`);
}

function placesIn(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

function fieldsOf(schema: JsonSchema | undefined): Set<string> {
  return new Set(Object.keys(schema?.['properties'] ?? {}));
}
