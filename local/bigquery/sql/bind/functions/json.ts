import { scalar, structKey, type SqlType } from '../../../values/types.ts';
import { coerce } from '../coercion.ts';
import { textLiteral } from '../render.ts';
import { unsupported, type Bound } from '../scope.ts';
import { noSignature, type FunctionBinder, type FunctionTable } from './signature.ts';

const STRING = scalar('STRING');
const JSON_TYPE = scalar('JSON');
const PATH = /^\$(\.[A-Za-z_][A-Za-z0-9_]*|\."[^"\\]+"|\[\d+\])*$/;

function document(args: readonly Bound[], name: string): { json: string; path: string; input: SqlType } {
  const [value, path] = args;
  if (!value || args.length > 2) throw noSignature(name, args);
  const input = value.type.kind === 'JSON' ? JSON_TYPE : STRING;
  const text = path === undefined ? '$' : /^'((?:[^']|'')*)'$/.exec(path.sql)?.[1];
  if (text === undefined || !PATH.test(text)) throw unsupported('This JSON path');
  return { json: coerce(value, input, name).sql, path: textLiteral(text), input };
}

const jsonValue: FunctionBinder = (args, _context, name) => {
  const { json, path } = document(args, name);
  const isScalar = `json_type(${json}, ${path}) NOT IN ('OBJECT', 'ARRAY', 'NULL')`;
  return { sql: `TRY(CASE WHEN ${isScalar} THEN json_extract_string(${json}, ${path}) END)`, type: STRING };
};

const jsonQuery: FunctionBinder = (args, _context, name) => {
  const { json, path, input } = document(args, name);
  return { sql: `TRY(CAST(json_extract(${json}, ${path}) AS VARCHAR))`, type: input };
};

const parseJson: FunctionBinder = (args, _context, name) => {
  const [text] = args;
  if (!text || args.length > 1) throw noSignature(name, args);
  return { sql: `CAST(CAST(${coerce(text, STRING, name).sql} AS JSON) AS VARCHAR)`, type: JSON_TYPE };
};

/**
 * A value as JSON text, as TO_JSON_STRING writes it: no spaces, times in RFC 3339, integers beyond 2^53 and doubles without a number
 * as strings.
 */
export function jsonText({ sql, type }: Bound): string {
  return `coalesce(${presentText({ sql, type })}, 'null')`;
}

function presentText({ sql, type }: Bound): string {
  switch (type.kind) {
    case 'STRING':
      return `CAST(to_json(${sql}) AS VARCHAR)`;
    case 'JSON':
      return sql;
    case 'BOOL':
      return `CASE WHEN ${sql} THEN 'true' WHEN NOT ${sql} THEN 'false' END`;
    case 'INT64':
      return `CASE WHEN ${sql} BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST(${sql} AS VARCHAR) ELSE '"' || ${sql} || '"' END`;
    case 'FLOAT64':
      return `CASE WHEN isnan(${sql}) THEN '"NaN"' WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE double_text(${sql}) END`;
    case 'NUMERIC':
    case 'BIGNUMERIC':
      return decimalText(type.kind === 'NUMERIC' ? `bn_parse(CAST(${sql} AS VARCHAR))` : sql);
    case 'BYTES':
      return `'"' || to_base64(${sql}) || '"'`;
    case 'DATE':
      return `strftime(${sql}, '"%Y-%m-%d"')`;
    case 'TIME':
      return `'"' || CAST(${sql} AS VARCHAR) || '"'`;
    case 'DATETIME':
      return `'"' || t_json(${sql}) || '"'`;
    case 'TIMESTAMP':
      return `'"' || t_json(${sql}) || 'Z"'`;
    case 'ARRAY':
      return `'[' || array_to_string(list_transform(coalesce(${sql}, []), lambda e: ${jsonText({ sql: 'e', type: type.element })}), ',') || ']'`;
    case 'STRUCT':
      return `CASE WHEN ${sql} IS NOT NULL THEN ${structText(sql, type.fields)} END`;
    default:
      return `'null'`;
  }
}

function structText(sql: string, fields: readonly { name: string; type: SqlType }[]): string {
  if (fields.length === 0) return "'{}'";
  const members = fields.map((field, index) => {
    const value = `struct_extract(${sql}, ${textLiteral(structKey(field, index))})`;
    return `${textLiteral(`${JSON.stringify(field.name)}:`)} || ${jsonText({ sql: value, type: field.type })}`;
  });
  return `'{' || ${members.join(" || ',' || ")} || '}'`;
}

// A decimal that a double holds as well is a JSON number, else text.
function decimalText(blob: string): string {
  return `CASE WHEN bn_from_double(bn_to_double(${blob})) = ${blob} OR double_text(bn_to_double(${blob})) = bn_text(${blob}) THEN bn_text(${blob}) ELSE '"' || bn_text(${blob}) || '"' END`;
}

const toJsonString: FunctionBinder = (args, _context, name) => {
  const [value] = args;
  if (!value || args.length > 1) throw noSignature(name, args);
  return { sql: jsonText(value), type: STRING };
};

export const JSON_FUNCTIONS: FunctionTable = {
  JSON_VALUE: jsonValue,
  JSON_EXTRACT_SCALAR: jsonValue,
  JSON_QUERY: jsonQuery,
  JSON_EXTRACT: jsonQuery,
  PARSE_JSON: parseJson,
  TO_JSON_STRING: toJsonString,
  TO_JSON: (args, context, name) => ({ ...toJsonString(args, context, name), type: JSON_TYPE }),
};
