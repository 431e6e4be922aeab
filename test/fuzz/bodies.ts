import fc from 'fast-check';
import type { OpenApiDocument, OperationDoc } from '../openapi/document.ts';
import { hostileText, hostileValue } from './hostile.ts';
import { fitting } from './values.ts';

export interface BodyText {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Bodies as text, mostly of the provider that they go to: what the schema describes, the same with a part of it spoilt, and what is hardly JSON. */
export function bodyTexts(
  { components }: OpenApiDocument,
  described: OperationDoc['requestBody'],
  slug: string,
  canary: string,
): fc.Arbitrary<BodyText> {
  const schema: { anyOf?: { $ref: string }[] } | undefined = described?.content['application/json']?.schema;
  const names = (schema?.anyOf ?? []).map(({ $ref }) => $ref.split('/').at(-1) ?? '');
  const own = names.filter((name) => name.endsWith(`_${slug.replaceAll('-', '_')}`));
  const valuesOf = (name: string) => fitting(components.schemas[name] ?? {}, canary);
  const fit = fc.oneof(
    { arbitrary: fc.oneof(fc.constant<unknown>({ label: 'Ours' }), ...names.map(valuesOf)), weight: 1 },
    ...own.map((name) => ({ arbitrary: valuesOf(name), weight: 6 })),
  );
  const spoilt = fc.tuple(fit, fc.nat(), hostileValue(canary)).map(([value, at, bad]) => spoil(value, at, bad));
  const json = fc.oneof({ arbitrary: fit, weight: 12 }, { arbitrary: spoilt, weight: 5 }, hostileValue(canary));
  const text = fc.oneof({ arbitrary: json.map((value) => JSON.stringify(value)), weight: 12 }, broken(canary));
  return fc.oneof(
    { arbitrary: text.map((body) => ({ headers: { 'content-type': 'application/json' }, body })), weight: 20 },
    { arbitrary: text.map((body) => ({ headers: {}, body })), weight: 1 },
    { arbitrary: fc.constant({ headers: {}, body: undefined }), weight: 1 },
  );
}

/** The same value with another one in one place of it, or under one name more. */
function spoil(value: unknown, at: number, bad: unknown): unknown {
  if (typeof value !== 'object' || value === null) return bad;
  const names = Object.keys(value);
  const name = names[at % (names.length + 1)];
  if (name === undefined)
    return Array.isArray(value) ? [...value, bad] : { ...value, [at % 2 ? 'unknown' : 'toString']: bad };
  const rest = Math.floor(at / (names.length + 1));
  const inner = (value as Record<string, unknown>)[name];
  const replaced = rest % 3 === 0 ? bad : spoil(inner, rest, bad);
  if (Array.isArray(value)) return value.with(Number(name), replaced);
  return { ...value, [name]: replaced };
}

function broken(canary: string): fc.Arbitrary<string> {
  const secret = `{"credentials":{"api_key":"${canary}"}`;
  return fc.oneof(
    hostileText(canary),
    fc.constantFrom(
      secret,
      `${secret},}`,
      `${secret},"credentials":{}}`,
      `${secret},"__proto__":{"a":"${canary}"}}`,
      `${secret},"constructor":{"prototype":{}}}`,
      `${secret},"expires_at":1e999}`,
      `${secret},"label":"\\ud800"}`,
      `${secret},"label":"\\u0000"}`,
      `\ufeff${secret}}`,
      `${secret}}${secret}}`,
      `/*${canary}*/{}`,
      'NaN',
      '-',
      '01',
      '[',
      '['.repeat(5000),
      `[${'0,'.repeat(3000)}0]`,
      `{"label":"${canary.repeat(4000)}"}`,
      `{"metadata":{${Array.from({ length: 500 }, (_, index) => `"${canary}${index}":1`).join(',')}}}`,
    ),
  );
}
