import { registry } from '../providers/fixtures.ts';
import { exampleCredentials, type ExampleSet } from '../providers/examples.ts';
import type { Canary } from './find-canaries.ts';

/** Credentials of one provider whose secret fields are known, so that they can be searched for. */
export interface Planted extends ExampleSet {
  readonly slug: string;
  readonly canaries: readonly Canary[];
  /** The values of the secret fields as they are sent. */
  readonly secrets: readonly string[];
}

/** What all keys of a kind begin with, up to the random part. */
const COMMON_BEGINNING = /^(?:.*?FAKE|fake passphrase |IQoJb3JpZ2lu)/;

/** One set for every provider of the registry, other ones at each call. */
export async function plantedSets(): Promise<Planted[]> {
  const examples = await exampleCredentials();
  return registry.providers.map(({ slug }) => planted(slug, examples[slug] ?? {}));
}

/** A set with canaries in the fields that the registry calls secret. */
export function planted(slug: string, set: ExampleSet): Planted {
  const credentials: Readonly<Record<string, string>> = set.credentials ?? {};
  const fields = secretFields(slug).filter((field) => credentials[field] !== undefined);
  const canaries = fields.map((field) => ({
    name: `${slug} ${field}`,
    value: credentials[field]!.replace(COMMON_BEGINNING, ''),
  }));
  return { ...set, slug, canaries, secrets: fields.map((field) => credentials[field]!) };
}

/** Names of the fields that the registry marks `secret: true`. */
export function secretFields(slug: string): string[] {
  const properties = (registry.get(slug).credential?.['properties'] ?? {}) as Record<string, { secret?: boolean }>;
  return Object.entries(properties)
    .filter(([, { secret }]) => secret === true)
    .map(([field]) => field);
}
