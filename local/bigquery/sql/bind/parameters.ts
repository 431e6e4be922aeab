import type { QueryParameter, QueryParameterType, QueryParameterValue } from '../../contracts.ts';
import { arrayOf, duckDbTypeOf, parameterType, structKey, type ScalarKind, type SqlType } from '../../values/types.ts';
import { constant } from './literals.ts';
import { blobText, textLiteral } from './render.ts';
import { invalid, type Bound } from './scope.ts';

/** A query parameter as a typed constant. */
export function parameterConstant({ parameterType: type, parameterValue }: QueryParameter): Bound {
  return valueOf(type, parameterValue);
}

function valueOf(type: QueryParameterType, value: QueryParameterValue | undefined): Bound {
  const sqlType = parameterType(type);
  if (type.arrayType) return arrayValue(type.arrayType, value, sqlType);
  if (type.structTypes) return structValue(type.structTypes, value, sqlType);
  if (value?.value === undefined || value.value === null) return typedNull(sqlType);
  return { ...scalarValue(sqlType.kind as ScalarKind, value.value) };
}

function scalarValue(kind: ScalarKind, text: string): Bound {
  if (kind === 'BYTES') return { sql: blobText(Buffer.from(text, 'base64')), type: { kind }, isConstant: true };
  if (kind === 'TIMESTAMP' && /^-?\d+(\.\d+)?$/.test(text))
    throw invalid(`Invalid value for TIMESTAMP parameter: ${text}`);
  return constant(kind, text);
}

function typedNull(type: SqlType): Bound {
  return { sql: `CAST(NULL AS ${duckDbTypeOf(type)})`, type, isConstant: true };
}

function arrayValue(element: QueryParameterType, value: QueryParameterValue | undefined, type: SqlType): Bound {
  if (!value?.arrayValues) return { sql: `CAST([] AS ${duckDbTypeOf(type)})`, type, isConstant: true };
  const items = value.arrayValues.map((item) => valueOf(element, item).sql);
  return {
    sql: `CAST([${items.join(', ')}] AS ${duckDbTypeOf(type)})`,
    type: arrayOf(parameterType(element)),
    isConstant: true,
  };
}

function structValue(
  fields: NonNullable<QueryParameterType['structTypes']>,
  value: QueryParameterValue | undefined,
  type: SqlType,
): Bound {
  if (!value?.structValues) return typedNull(type);
  const members = fields.map((field, index) => {
    const member = valueOf(field.type, value.structValues?.[field.name ?? '']);
    return `${textLiteral(structKey({ name: field.name ?? '' }, index))}: ${member.sql}`;
  });
  return { sql: `{${members.join(', ')}}`, type, isConstant: true };
}
