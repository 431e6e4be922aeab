import type { FieldSchema } from '../contracts.ts';
import { literal } from '../duck.ts';
import { duckDbTypeOf, fieldType, quoted, type SqlType } from '../values/types.ts';

/** SQL that reads a file of normalised rows, its columns under the names of the fields. */
export function fileSql(file: string, fields: readonly FieldSchema[]): string {
  const columns = fields.map((field) => ({ name: field.name, type: fieldType(field) }));
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(duckDbTypeOf(asText(type)))}`).join(', ');
  const values = columns.map(({ name, type }) => `${decoded(quoted(name), type, 0)} AS ${quoted(name)}`).join(', ');
  // A row can be as large as 100 MB.
  const reader = `read_json(${literal(file)}, format = 'newline_delimited', columns = {${types}}, maximum_object_size = 134217728)`;
  return `(SELECT ${values} FROM ${reader})`;
}

/** Whether DuckDB keeps it as BLOB, which its JSON reader takes as text. */
const isBinary = (type: SqlType): boolean =>
  type.kind === 'ARRAY'
    ? isBinary(type.element)
    : type.kind === 'STRUCT'
      ? type.fields.some((field) => isBinary(field.type))
      : type.kind === 'BYTES' || type.kind === 'BIGNUMERIC';

function asText(type: SqlType): SqlType {
  if (type.kind === 'ARRAY') return { kind: 'ARRAY', element: asText(type.element) };
  if (type.kind === 'STRUCT') {
    return { kind: 'STRUCT', fields: type.fields.map(({ name, type: inner }) => ({ name, type: asText(inner) })) };
  }
  return isBinary(type) ? { kind: 'STRING' } : type;
}

/** Turns base64 inside of a value into bytes. */
function decoded(value: string, type: SqlType, depth: number): string {
  if (!isBinary(type)) return value;
  if (type.kind === 'ARRAY') {
    const item = `x${depth}`;
    return `list_transform(${value}, lambda ${item}: ${decoded(item, type.element, depth + 1)})`;
  }
  if (type.kind !== 'STRUCT') return `from_base64(${value})`;
  const members = type.fields.map(
    ({ name, type: inner }) => `${quoted(name)} := ${decoded(`${value}.${quoted(name)}`, inner, depth)}`,
  );
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${members.join(', ')}) END`;
}
