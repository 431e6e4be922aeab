import type { FieldSchema, QueryParameterType, StandardSqlType } from '../contracts.ts';
import { ApiError } from '../../kit/api-error.ts';

/** GoogleSQL's types without parameters. */
export type ScalarKind =
  | 'BOOL'
  | 'INT64'
  | 'FLOAT64'
  | 'NUMERIC'
  | 'BIGNUMERIC'
  | 'STRING'
  | 'BYTES'
  | 'DATE'
  | 'TIME'
  | 'DATETIME'
  | 'TIMESTAMP'
  | 'JSON';

/** A GoogleSQL type; `NULL` is that of a bare NULL, which becomes whatever its neighbours are. */
export type SqlType =
  | { readonly kind: ScalarKind | 'NULL' | 'INTERVAL' }
  | { readonly kind: 'ARRAY'; readonly element: SqlType }
  | { readonly kind: 'STRUCT'; readonly fields: readonly StructField[] };

export interface StructField {
  readonly name: string;
  readonly type: SqlType;
}

/** REST and SQL names of the scalar types; the first half of each pair is what clients may write. */
const KIND_BY_NAME: Readonly<Record<string, ScalarKind>> = {
  BOOL: 'BOOL',
  BOOLEAN: 'BOOL',
  INT64: 'INT64',
  INTEGER: 'INT64',
  INT: 'INT64',
  SMALLINT: 'INT64',
  BIGINT: 'INT64',
  TINYINT: 'INT64',
  BYTEINT: 'INT64',
  FLOAT64: 'FLOAT64',
  FLOAT: 'FLOAT64',
  NUMERIC: 'NUMERIC',
  DECIMAL: 'NUMERIC',
  BIGNUMERIC: 'BIGNUMERIC',
  BIGDECIMAL: 'BIGNUMERIC',
  STRING: 'STRING',
  BYTES: 'BYTES',
  DATE: 'DATE',
  TIME: 'TIME',
  DATETIME: 'DATETIME',
  TIMESTAMP: 'TIMESTAMP',
  JSON: 'JSON',
};

const DUCKDB: Readonly<Record<ScalarKind, string>> = {
  BOOL: 'BOOLEAN',
  INT64: 'BIGINT',
  FLOAT64: 'DOUBLE',
  NUMERIC: 'DECIMAL(38,9)',
  BIGNUMERIC: 'BLOB', // order-preserving, see bignumeric.ts
  STRING: 'VARCHAR',
  BYTES: 'BLOB',
  DATE: 'DATE',
  TIME: 'TIME',
  DATETIME: 'TIMESTAMP',
  TIMESTAMP: 'TIMESTAMP', // UTC; no session time zone can leak in
  JSON: 'VARCHAR',
};

export const scalar = (kind: ScalarKind | 'NULL' | 'INTERVAL'): SqlType => ({ kind });
export const arrayOf = (element: SqlType): SqlType => ({ kind: 'ARRAY', element });

/** The type that SQL or the REST API calls `name`; an `ApiError` that names it when the embedded engine does not have it. */
export function namedType(name: string): SqlType {
  const kind = KIND_BY_NAME[name.toUpperCase()];
  if (!kind)
    throw new ApiError(400, `Type ${name} is not supported by the embedded engine.`, { reason: 'invalidQuery' });
  return scalar(kind);
}

/** The type of a column; REPEATED makes it an array. */
export function fieldType(field: FieldSchema): SqlType {
  const name = field.type.toUpperCase();
  const single: SqlType =
    name === 'RECORD' || name === 'STRUCT'
      ? { kind: 'STRUCT', fields: (field.fields ?? []).map((inner) => ({ name: inner.name, type: fieldType(inner) })) }
      : namedType(name);
  return field.mode === 'REPEATED' ? arrayOf(single) : single;
}

const LEGACY_NAMES: Partial<Record<SqlType['kind'], string>> = { INT64: 'INTEGER', FLOAT64: 'FLOAT', BOOL: 'BOOLEAN' };

/** A result column as the REST API describes it. */
export function fieldOf(name: string, type: SqlType): FieldSchema {
  if (type.kind === 'ARRAY') return { ...fieldOf(name, type.element), mode: 'REPEATED' };
  if (type.kind === 'STRUCT') {
    const fields = type.fields.map((field, index) => fieldOf(field.name || `_field_${index + 1}`, field.type));
    return { name, type: 'RECORD', mode: 'NULLABLE', fields };
  }
  return { name, type: type.kind === 'NULL' ? 'INTEGER' : (LEGACY_NAMES[type.kind] ?? type.kind), mode: 'NULLABLE' };
}

export function standardType(type: StandardSqlType): SqlType {
  if (type.typeKind === 'ARRAY' && type.arrayElementType) return arrayOf(standardType(type.arrayElementType));
  if (type.typeKind === 'STRUCT') {
    const fields = type.structType?.fields ?? [];
    return {
      kind: 'STRUCT',
      fields: fields.map((field) => ({ name: field.name ?? '', type: standardType(field.type) })),
    };
  }
  return namedType(type.typeKind);
}

export function parameterType(type: QueryParameterType): SqlType {
  if (type.arrayType) return arrayOf(parameterType(type.arrayType));
  if (type.structTypes) {
    return {
      kind: 'STRUCT',
      fields: type.structTypes.map((field) => ({ name: field.name ?? '', type: parameterType(field.type) })),
    };
  }
  return namedType(type.type);
}

export function duckDbTypeOf(type: SqlType): string {
  switch (type.kind) {
    case 'ARRAY':
      return `${duckDbTypeOf(type.element)}[]`;
    case 'STRUCT':
      return `STRUCT(${type.fields.map((field, index) => `${quoted(structKey(field, index))} ${duckDbTypeOf(field.type)}`).join(', ')})`;
    case 'NULL':
      return 'BIGINT';
    case 'INTERVAL':
      return 'INTERVAL';
    default:
      return DUCKDB[type.kind];
  }
}

/** DuckDB's name of a struct's field, which unlike GoogleSQL's is never empty. */
export const structKey = (field: { readonly name: string }, index: number): string =>
  field.name || `_field_${index + 1}`;

/** The DuckDB type of a column. */
export const duckDbType = (field: FieldSchema): string => duckDbTypeOf(fieldType(field));

/** An identifier in DuckDB's quotes. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** As error messages write it: `ARRAY<STRUCT<a INT64>>`. */
export function typeName(type: SqlType): string {
  if (type.kind === 'ARRAY') return `ARRAY<${typeName(type.element)}>`;
  if (type.kind !== 'STRUCT') return type.kind;
  return `STRUCT<${type.fields.map((field) => `${field.name ? `${field.name} ` : ''}${typeName(field.type)}`).join(', ')}>`;
}
