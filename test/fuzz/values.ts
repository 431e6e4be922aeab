import fc from 'fast-check';

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Values that a schema allows, as far as it says so in words that can be turned round; most of them at its bounds. */
export function fitting(given: object, canary: string): fc.Arbitrary<unknown> {
  const schema = given as Schema;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf)
    return fc.oneof(...schema.anyOf.map((part) => fitting({ ...schema, anyOf: undefined, ...part }, canary)));
  switch (schema.type) {
    case 'object':
      return objects(schema, canary);
    case 'array':
      return fc.array(fitting(schema.items ?? {}, canary), { maxLength: 3 });
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(...bounds(schema.minimum ?? 0, schema.maximum ?? 1000)),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return texts(schema, canary);
  }
}

function objects({ properties = {}, required = [] }: Schema, canary: string): fc.Arbitrary<unknown> {
  const parts = Object.entries(properties).map(([name, part]) => [name, fitting(part, canary)]);
  return fc.record(Object.fromEntries(parts) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [...required] });
}

/** Mostly what the schema names as an example; else what its pattern makes; else a text of a length at its bounds. */
function texts(schema: Schema, canary: string): fc.Arbitrary<string> {
  if (schema.format === 'date-time') {
    return fc.constantFrom(
      '2099-01-01T00:00:00Z',
      '2001-01-01T00:00:00.5+14:00',
      '2030-02-29T00:00:00Z',
      '9999-12-31T23:59:60Z',
    );
  }
  const long = bounds(schema.minLength ?? 0, Math.min(schema.maxLength ?? 200, 10_000)).map((length) =>
    canary.padEnd(length, 'x').slice(0, length),
  );
  const free = fc.oneof(fc.constant(canary), fc.constantFrom(...long), fc.string({ unit: 'binary', maxLength: 40 }));
  const made = matching(schema.pattern) ?? free;
  if (!schema.examples) return made;
  return fc.oneof(
    { arbitrary: fc.constantFrom(...schema.examples.map(String)), weight: 3 },
    { arbitrary: made, weight: 1 },
  );
}

/** Undefined where a pattern looks ahead or behind, which cannot be generated from. */
function matching(pattern: string | undefined): fc.Arbitrary<string> | undefined {
  if (pattern === undefined || /\(\?[=!<]/.test(pattern)) return undefined;
  return fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' });
}

function bounds(min: number, max: number): number[] {
  return [min - 1, min, min + 1, max - 1, max, max + 1].filter((bound) => bound >= 0);
}
