import type { FieldSchema, QueryParameterType } from '../../local/bigquery/contracts.ts';

/** ZetaSQL's TypeProto and ValueProto, as far as billing tables need them; longs travel as text, bytes as buffers. */
export interface TypeProto {
  readonly type_kind: string;
  readonly array_type?: { readonly element_type: TypeProto };
  readonly struct_type?: { readonly field: readonly { readonly field_name: string; readonly field_type: TypeProto }[] };
}
export type ValueProto = Readonly<Record<string, unknown>>;

const KINDS: Readonly<Record<string, string>> = {
  STRING: 'TYPE_STRING',
  BYTES: 'TYPE_BYTES',
  INTEGER: 'TYPE_INT64',
  INT64: 'TYPE_INT64',
  FLOAT: 'TYPE_DOUBLE',
  FLOAT64: 'TYPE_DOUBLE',
  BOOLEAN: 'TYPE_BOOL',
  BOOL: 'TYPE_BOOL',
  NUMERIC: 'TYPE_NUMERIC',
  BIGNUMERIC: 'TYPE_BIGNUMERIC',
  DATE: 'TYPE_DATE',
  DATETIME: 'TYPE_DATETIME',
  TIME: 'TYPE_TIME',
  TIMESTAMP: 'TYPE_TIMESTAMP',
  JSON: 'TYPE_JSON',
};

function kindOf(type: string): string {
  const kind = KINDS[type.toUpperCase()];
  if (kind === undefined) throw new Error(`no ZetaSQL kind is known for ${type}`);
  return kind;
}

const arrayOf = (element: TypeProto): TypeProto => ({ type_kind: 'TYPE_ARRAY', array_type: { element_type: element } });

const structOf = (field: readonly { field_name: string; field_type: TypeProto }[]): TypeProto => ({
  type_kind: 'TYPE_STRUCT',
  struct_type: { field },
});

/** The type of a column, as Google's engine names it. */
export function typeOfField(field: FieldSchema): TypeProto {
  const isRecord = field.fields !== undefined;
  const single = isRecord
    ? structOf(field.fields.map((inner) => ({ field_name: inner.name, field_type: typeOfField(inner) })))
    : { type_kind: kindOf(field.type) };
  return field.mode === 'REPEATED' ? arrayOf(single) : single;
}

/** The type of a query parameter, as the REST API writes it. */
export function typeOfParameter(type: QueryParameterType): TypeProto {
  if (type.arrayType) return arrayOf(typeOfParameter(type.arrayType));
  if (type.structTypes)
    return structOf(
      type.structTypes.map((inner) => ({ field_name: inner.name ?? '', field_type: typeOfParameter(inner.type) })),
    );
  return { type_kind: kindOf(type.type) };
}

const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [kind, name]),
);

/** The column that a type of Google's engine makes; the opposite of `typeOfField`. */
export function fieldOfType(name: string, type: TypeProto): FieldSchema {
  if (type.array_type) return { ...fieldOfType(name, type.array_type.element_type), mode: 'REPEATED' };
  if (type.struct_type) {
    return {
      name,
      type: 'RECORD',
      fields: type.struct_type.field.map((inner) => fieldOfType(inner.field_name, inner.field_type)),
    };
  }
  return { name, type: NAMES[type.type_kind] ?? type.type_kind };
}
