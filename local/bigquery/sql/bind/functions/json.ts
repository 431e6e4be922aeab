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
  return { sql: `json_scalar(${json}, ${path})`, type: STRING };
};

const jsonQuery: FunctionBinder = (args, _context, name) => {
  const { json, path, input } = document(args, name);
  const part = `json_part(${json}, ${path})`;
  // In text, unlike in a JSON value, null is nothing.
  return { sql: input.kind === 'JSON' ? part : `nullif(${part}, 'null')`, type: input };
};

const parseJson: FunctionBinder = (args, _context, name) => {
  const [text] = args;
  if (!text || args.length > 1) throw noSignature(name, args);
  return { sql: `json_canonical(${coerce(text, STRING, name).sql})`, type: JSON_TYPE };
};

/** How numbers with a fraction are written. */
type DecimalText = Readonly<Record<'NUMERIC' | 'BIGNUMERIC' | 'FLOAT64', (sql: string) => string>>;

/**
 * A value as JSON text, as TO_JSON_STRING writes it: no spaces, times in RFC 3339, integers beyond 2^53 and doubles without a number
 * as strings.
 */
function jsonText({ sql, type }: Bound, decimals: DecimalText): string {
  return `coalesce(${presentText({ sql, type }, decimals)}, 'null')`;
}

function presentText({ sql, type }: Bound, decimals: DecimalText): string {
  if (isPlain(type)) return `x_json(${sql})`;
  switch (type.kind) {
    case 'JSON':
      return sql;
    case 'INT64':
      return `CASE WHEN ${sql} BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST(${sql} AS VARCHAR) ELSE '"' || ${sql} || '"' END`;
    case 'FLOAT64':
      return `CASE WHEN isnan(${sql}) THEN '"NaN"' WHEN isinf(${sql}) THEN CASE WHEN ${sql} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE ${decimals.FLOAT64(sql)} END`;
    case 'NUMERIC':
      return decimals.NUMERIC(sql);
    case 'BIGNUMERIC':
      return decimals.BIGNUMERIC(sql);
    case 'BYTES':
      return `'"' || to_base64(${sql}) || '"'`;
    case 'DATE':
      return `strftime(${sql}, '"%Y-%m-%d"')`;
    case 'TIME':
      return `'"' || time_text(${sql}) || '"'`;
    case 'DATETIME':
      return `'"' || t_json(${sql}) || '"'`;
    case 'TIMESTAMP':
      return `'"' || t_json(${sql}) || 'Z"'`;
    case 'ARRAY':
      return `'[' || array_to_string(list_transform(${sql}, lambda e: ${jsonText({ sql: 'e', type: type.element }, decimals)}), ',') || ']'`;
    case 'STRUCT':
      return `CASE WHEN ${sql} IS NOT NULL THEN ${structText(sql, type.fields, decimals)} END`;
    default:
      return `'null'`;
  }
}

/** Texts and truths, however nested: DuckDB writes them as Google does, up to a few characters. */
function isPlain(type: SqlType): boolean {
  switch (type.kind) {
    case 'STRING':
    case 'BOOL':
      return true;
    case 'ARRAY':
      return isPlain(type.element);
    case 'STRUCT':
      return (
        type.fields.length > 0 &&
        type.fields.every((field, index) => structKey(field, index) === field.name && isPlain(field.type))
      );
    default:
      return false;
  }
}

function structText(sql: string, fields: readonly { name: string; type: SqlType }[], decimals: DecimalText): string {
  if (fields.length === 0) return "'{}'";
  const members = fields.map((field, index) => {
    const value = `struct_extract(${sql}, ${textLiteral(structKey(field, index))})`;
    return `${textLiteral(`${JSON.stringify(field.name)}:`)} || ${jsonText({ sql: value, type: field.type }, decimals)}`;
  });
  return `'{' || ${members.join(" || ',' || ")} || '}'`;
}

/** TO_JSON_STRING: a whole number up to 2^53 is a JSON number, any other decimal is text, so that no reader rounds it. */
const wholeNumbers: DecimalText = {
  FLOAT64: (sql) => `double_text(${sql})`,
  NUMERIC(sql) {
    const digits = `CAST(${sql} AS VARCHAR)`;
    const isWhole = `${sql} BETWEEN -9007199254740992 AND 9007199254740992 AND ends_with(${digits}, '.000000000')`;
    return `CASE WHEN ${isWhole} THEN left(${digits}, -10) ELSE '"' || rtrim(rtrim(${digits}, '0'), '.') || '"' END`;
  },
  BIGNUMERIC(sql) {
    const isWhole = `TRY_CAST(nullif(bn_text(${sql}), regexp_extract(bn_text(${sql}), '.*[.].*')) AS HUGEINT) BETWEEN -9007199254740992 AND 9007199254740992`;
    return `CASE WHEN ${isWhole} THEN bn_text(${sql}) ELSE '"' || bn_text(${sql}) || '"' END`;
  },
};

/** TO_JSON: what a double holds as well is a JSON number. */
const doubles: DecimalText = {
  FLOAT64: (sql) =>
    `CASE WHEN contains(double_text(${sql}), '.') OR contains(double_text(${sql}), 'e') THEN double_text(${sql}) ELSE double_text(${sql}) || '.0' END`,
  NUMERIC: (sql) => doubles.BIGNUMERIC(`num_to_bn(${sql})`),
  BIGNUMERIC: (sql) =>
    `CASE WHEN bn_from_double(bn_to_double(${sql})) = ${sql} OR double_text(bn_to_double(${sql})) = bn_text(${sql}) THEN bn_text(${sql}) ELSE '"' || bn_text(${sql}) || '"' END`,
};

const asJson =
  (type: SqlType, decimals: DecimalText): FunctionBinder =>
  (args, _context, name) => {
    const [value] = args;
    if (args.length > 1) throw unsupported(`${name} with pretty printing or a mode`);
    if (!value) throw noSignature(name, args);
    const text = jsonText(value, decimals);
    return { sql: type.kind === 'JSON' ? `json_canonical(${text})` : text, type };
  };

export const JSON_FUNCTIONS: FunctionTable = {
  JSON_VALUE: jsonValue,
  JSON_EXTRACT_SCALAR: jsonValue,
  JSON_QUERY: jsonQuery,
  JSON_EXTRACT: jsonQuery,
  PARSE_JSON: parseJson,
  TO_JSON_STRING: asJson(STRING, wholeNumbers),
  TO_JSON: asJson(JSON_TYPE, doubles),
};
