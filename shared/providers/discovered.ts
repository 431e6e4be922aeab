import { isScalar, valuesAt } from './body-match.ts';
import type { Credentials, Metadata } from './format-check.ts';
import type { DiscoveredPath } from './provider-spec.ts';

const MAX_ITEMS = 50;
const MAX_CHARACTERS = 200;

/** What an accepted answer tells beyond its verdict: plain values, bounded, and nothing of the credential. */
export function discoveredIn(
  body: unknown,
  paths: Readonly<Record<string, DiscoveredPath>>,
  credentials: Credentials,
): Metadata {
  const secrets = Object.values(credentials);
  const plainAt = (from: unknown, path: string): unknown =>
    valuesAt(from, path).find((value) => isPlain(value, secrets));
  const itemAt = (item: unknown, fields: Readonly<Record<string, string>>): Metadata =>
    withoutGaps(Object.entries(fields).map(([name, path]) => [name, plainAt(item, path)]));
  return withoutGaps(
    Object.entries(paths).map(([name, place]) => {
      if (typeof place === 'string') return [name, plainAt(body, place)];
      return [
        name,
        valuesAt(body, place.path)
          .slice(0, MAX_ITEMS)
          .map((item) => itemAt(item, place.fields)),
      ];
    }),
  );
}

/** A provider may quote the key that it was asked with. */
function isPlain(value: unknown, secrets: readonly string[]): boolean {
  if (typeof value !== 'string') return isScalar(value);
  return value.length <= MAX_CHARACTERS && !secrets.some((secret) => secret !== '' && value.includes(secret));
}

function withoutGaps(entries: readonly (readonly [string, unknown])[]): Metadata {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
