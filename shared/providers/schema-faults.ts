import type { FieldFault } from '../platform/errors.ts';
import type { ErrorObject } from './schema-validator.ts';

/** A property name that is safe to repeat: one that a person mistyped, never a pasted key. */
const PLAIN_NAME = /^[a-z][a-z_]{0,40}$/;

interface AnnotatedSchema {
  readonly title?: string;
  readonly help?: string;
  /** In place of help where a condition on several fields speaks. */
  readonly description?: string;
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, AnnotatedSchema>>;
}

/** Turns ajv's errors into entries of a problem document; no value of the input is repeated. */
export function schemaFaults(errors: readonly ErrorObject[], base: string): FieldFault[] {
  const denied = new Set(errors.filter(({ keyword }) => keyword === 'deny').map(({ instancePath }) => instancePath));
  return errors
    .filter(({ keyword }) => !['if', 'anyOf', 'oneOf', 'allOf'].includes(keyword))
    .filter(({ keyword, instancePath }) => keyword === 'deny' || !denied.has(instancePath))
    .map((error) => fault(error, base));
}

function fault(error: ErrorObject, base: string): FieldFault {
  const schema = (error.parentSchema ?? {}) as AnnotatedSchema;
  const pointer = `${base}${plainPath(error.instancePath)}`;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return missing(pointer, String(params['missingProperty']), schema);
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownField(pointer, String(params['additionalProperty']), schema);
    case 'deny':
      return {
        pointer,
        code: 'denied',
        message: error.message ?? '',
        hint: (params['hint'] as string | undefined) ?? hintOf(schema),
      };
    default:
      return { pointer, code: error.keyword, message: describe(error, params), hint: hintOf(schema) };
  }
}

/** As much of a path as can be repeated: where any name is allowed, somebody may have pasted a key as one. */
function plainPath(path: string): string {
  const names = path.split('/').slice(1);
  const strange = names.findIndex((name) => !PLAIN_NAME.test(name) && !/^\d{1,4}$/.test(name));
  return names
    .slice(0, strange < 0 ? names.length : strange)
    .map((name) => `/${name}`)
    .join('');
}

function missing(pointer: string, name: string, schema: AnnotatedSchema): FieldFault {
  const property = schema.properties?.[name] ?? {};
  return {
    pointer: `${pointer}/${name}`,
    code: 'required',
    message: `${name} is missing`,
    hint: property.help ?? property.description ?? `Add ${name}.`,
  };
}

function unknownField(pointer: string, name: string, schema: AnnotatedSchema): FieldFault {
  const known = Object.keys(schema.properties ?? {}).join(', ');
  return {
    pointer: PLAIN_NAME.test(name) ? `${pointer}/${name}` : pointer,
    code: 'unknown_field',
    message: 'This field is not known',
    hint: known ? `Remove it; known fields are ${known}.` : 'Remove it.',
  };
}

function hintOf({ help, description, example }: AnnotatedSchema): string {
  const said = help ?? description;
  if (said) return said;
  return example === undefined ? 'Correct this field.' : `For example ${JSON.stringify(example)}.`;
}

function describe({ keyword, message }: ErrorObject, params: Record<string, unknown>): string {
  switch (keyword) {
    case 'type':
      return `Must be of type ${String(params['type'])}`;
    case 'const':
      return `Must be ${JSON.stringify(params['allowedValue'])}`;
    case 'enum':
      return `Must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'pattern':
      return 'Does not have the right form';
    default: // ajv's own words for lengths, ranges and formats name the bound and no value
      return capital(message ?? 'Is not valid');
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
