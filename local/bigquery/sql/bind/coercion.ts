import { duckDbTypeOf, structKey, typeName, type ScalarKind, type SqlType } from '../../values/types.ts';
import { constant, nullOf } from './literals.ts';
import { textLiteral } from './render.ts';
import { invalid, unsupported, type Bound } from './scope.ts';

/** From narrow to wide; each becomes any to its right by itself. */
const NUMBERS: readonly SqlType['kind'][] = ['INT64', 'NUMERIC', 'BIGNUMERIC', 'FLOAT64'];
const FROM_TEXT = new Set<SqlType['kind']>(['DATE', 'TIME', 'DATETIME', 'TIMESTAMP']);

export const isNumber = (type: SqlType): boolean => NUMBERS.includes(type.kind);

export function sameType(a: SqlType, b: SqlType): boolean {
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') return sameType(a.element, b.element);
  if (a.kind === 'STRUCT' && b.kind === 'STRUCT') {
    return (
      a.fields.length === b.fields.length &&
      a.fields.every((field, index) => sameType(field.type, b.fields[index]?.type ?? field.type))
    );
  }
  return a.kind === b.kind;
}

/** The type that all of `values` become by themselves. */
export function supertype(values: readonly Bound[], what: string): SqlType {
  const typed = values.filter(({ type }) => type.kind !== 'NULL');
  const [first] = typed;
  if (!first) return { kind: 'NULL' };
  if (typed.every(({ type }) => sameType(type, first.type))) return first.type;
  if (typed.every(({ type }) => isNumber(type))) return widest(typed);
  // A string constant becomes what its neighbours are.
  const settled = typed.find(({ type, isConstant }) => !(isConstant && type.kind === 'STRING'));
  if (settled && typed.every((value) => canCoerce(value, settled.type))) return settled.type;
  const target = typed.find(({ type }) => typed.every((value) => canCoerce(value, type)));
  if (target) return target.type;
  throw invalid(`No common supertype for ${what}: ${typed.map(({ type }) => typeName(type)).join(', ')}`);
}

function widest(values: readonly Bound[]): SqlType {
  // A decimal constant without a type of its own takes that of exact neighbours.
  const ranked = values.filter(({ type, isConstant }) => !(isConstant && type.kind === 'FLOAT64'));
  const exact = ranked.some(({ type }) => type.kind === 'NUMERIC' || type.kind === 'BIGNUMERIC');
  const pool = exact && ranked.every(({ type }) => type.kind !== 'FLOAT64') ? ranked : values;
  const rank = Math.max(...pool.map(({ type }) => NUMBERS.indexOf(type.kind)));
  return { kind: NUMBERS[rank] as ScalarKind };
}

export function canCoerce(value: Bound, to: SqlType): boolean {
  const { type: from, isConstant } = value;
  if (from.kind === 'NULL' || sameType(from, to)) return true;
  if (isNumber(from) && isNumber(to)) {
    return (
      NUMBERS.indexOf(from.kind) <= NUMBERS.indexOf(to.kind) ||
      (isConstant === true && from.kind === 'FLOAT64' && to.kind !== 'INT64')
    );
  }
  if (isConstant && from.kind === 'STRING') return FROM_TEXT.has(to.kind);
  if (from.kind === 'DATE') return to.kind === 'DATETIME';
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') return canCoerce({ ...value, type: from.element }, to.element);
  if (from.kind === 'STRUCT' && to.kind === 'STRUCT' && from.fields.length === to.fields.length) {
    return from.fields.every((field, index) =>
      canCoerce({ ...value, type: field.type }, to.fields[index]?.type ?? field.type),
    );
  }
  return false;
}

/** `value` as `to`, where GoogleSQL converts by itself; an error else. */
export function coerce(value: Bound, to: SqlType, what = 'expression'): Bound {
  if (to.kind === 'NULL') return value;
  if (!canCoerce(value, to)) {
    throw invalid(`Value of type ${typeName(value.type)} cannot be used as ${typeName(to)} in ${what}`);
  }
  return cast(value, to, false);
}

/** CAST or SAFE_CAST, by an explicit table of pairs. */
export function cast(value: Bound, to: SqlType, isSafe: boolean): Bound {
  const { type: from, sql } = value;
  const done = (text: string): Bound => ({ sql: text, type: to, ...(value.isConstant ? { isConstant: true } : {}) });
  if (from.kind === 'NULL') return done(`CAST(NULL AS ${duckDbTypeOf(to)})`);
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') return done(castArray(value, from.element, to.element, isSafe));
  if (from.kind === 'STRUCT' && to.kind === 'STRUCT') return done(castStruct(value, from.fields, to.fields, isSafe));
  if (sameType(from, to)) return done(sql);
  // A decimal literal is what it says, not the double next to it.
  const literal = /^CAST\('([^']+)' AS DOUBLE\)$/.exec(sql)?.[1];
  if (literal && value.isConstant && (to.kind === 'NUMERIC' || to.kind === 'BIGNUMERIC'))
    return isSafe
      ? (attempt(() => constant(to.kind as ScalarKind, literal)) ?? done(nullOf().sql))
      : constant(to.kind, literal);
  const text = castScalar(sql, from.kind, to.kind, isSafe);
  if (!text) throw invalid(`Invalid cast from ${typeName(from)} to ${typeName(to)}`);
  return done(text);
}

function castArray(value: Bound, from: SqlType, to: SqlType, isSafe: boolean): string {
  if (identical(from, to)) return value.sql;
  if (from.kind === 'NULL') return `CAST(${value.sql} AS ${duckDbTypeOf(to)}[])`;
  return `list_transform(${value.sql}, lambda e: ${cast({ sql: 'e', type: from }, to, isSafe).sql})`;
}

function castStruct(
  value: Bound,
  from: readonly { name: string; type: SqlType }[],
  to: readonly { name: string; type: SqlType }[],
  isSafe: boolean,
): string {
  if (from.length !== to.length) throw invalid('Struct types have different numbers of fields');
  if (identical({ kind: 'STRUCT', fields: from }, { kind: 'STRUCT', fields: to })) return value.sql;
  const fields = to.map((field, index) => {
    const source = from[index] ?? field;
    const member = { sql: `struct_extract(${value.sql}, ${textLiteral(structKey(source, index))})`, type: source.type };
    return `${textLiteral(structKey(field, index))}: ${cast(member, field.type, isSafe).sql}`;
  });
  return `CASE WHEN ${value.sql} IS NULL THEN NULL ELSE {${fields.join(', ')}} END`;
}

/** Same type and same field names: DuckDB's representation is the same. */
export function identical(a: SqlType, b: SqlType): boolean {
  return duckDbTypeOf(a) === duckDbTypeOf(b) && sameType(a, b);
}

const NUMERIC_TYPE = 'DECIMAL(38,9)';
const trying = (isSafe: boolean, sql: string): string => (isSafe ? `TRY(${sql})` : sql);

/** BIGNUMERIC text rounded to NUMERIC's nine decimals; DuckDB's own cast would round as well, but only what fits its 38 digits. */
export const numericOf = (blob: string): string => `bn_to_num(${blob})`;

function castScalar(sql: string, from: SqlType['kind'], to: SqlType['kind'], isSafe: boolean): string | undefined {
  switch (`${from}>${to}`) {
    case 'INT64>FLOAT64':
    case 'NUMERIC>FLOAT64':
      return `CAST(${sql} AS DOUBLE)`;
    case 'INT64>NUMERIC':
      return `CAST(${sql} AS ${NUMERIC_TYPE})`;
    case 'INT64>BIGNUMERIC':
      return `bn_of_int(${sql})`;
    case 'NUMERIC>BIGNUMERIC':
      return `num_to_bn(${sql})`;
    case 'INT64>STRING':
      return `CAST(${sql} AS VARCHAR)`;
    case 'INT64>BOOL':
      return `(${sql} <> 0)`;
    case 'BOOL>INT64':
      return `CAST(${sql} AS BIGINT)`;
    case 'BOOL>STRING':
      return `CASE WHEN ${sql} THEN 'true' WHEN NOT ${sql} THEN 'false' END`;
    case 'STRING>BOOL':
      return trying(
        isSafe,
        `CASE lower(${sql}) WHEN 'true' THEN true WHEN 'false' THEN false ELSE CASE WHEN ${sql} IS NULL THEN NULL ELSE raise_boolean('Bad bool value: ' || ${sql}) END END`,
      );
    case 'STRING>INT64':
      return trying(isSafe, `i_parse(${sql})`);
    case 'STRING>FLOAT64':
      return trying(isSafe, `f_parse(${sql})`);
    case 'STRING>NUMERIC':
      return trying(isSafe, numericOf(`bn_parse(${sql})`));
    case 'STRING>BIGNUMERIC':
      return decimalOfText(sql, isSafe);
    case 'FLOAT64>INT64':
      return trying(isSafe, `f_int(${sql})`);
    case 'FLOAT64>NUMERIC':
      return trying(isSafe, numericOf(`bn_from_double(${sql})`));
    case 'FLOAT64>BIGNUMERIC':
      return isSafe ? `bn_try_from_double(${sql})` : `bn_from_double(${sql})`;
    case 'FLOAT64>STRING':
      return `double_text(${sql})`;
    case 'NUMERIC>STRING':
      return `num_text(${sql})`;
    case 'BIGNUMERIC>STRING':
      return `bn_text(${sql})`;
    case 'NUMERIC>INT64':
      return trying(isSafe, `CAST(bn_text(bn_round(num_to_bn(${sql}), 0)) AS BIGINT)`);
    case 'BIGNUMERIC>INT64':
      return trying(isSafe, `CAST(bn_text(bn_round(${sql}, 0)) AS BIGINT)`);
    case 'BIGNUMERIC>NUMERIC':
      return trying(isSafe, numericOf(sql));
    case 'BIGNUMERIC>FLOAT64':
      return `bn_to_double(${sql})`;
    case 'STRING>BYTES':
      return `encode(${sql})`;
    case 'BYTES>STRING':
      return trying(isSafe, `decode(${sql})`);
    case 'STRING>DATE':
      return trying(isSafe, `d_parse(${sql})`);
    case 'STRING>TIMESTAMP':
    case 'STRING>DATETIME':
      return trying(isSafe, `t_parse(${sql})`);
    case 'STRING>TIME':
      return trying(isSafe, `CAST(${sql} AS TIME)`);
    case 'DATE>STRING':
      return `strftime(${sql}, '%Y-%m-%d')`;
    case 'DATE>DATETIME':
    case 'DATE>TIMESTAMP':
      return `CAST(${sql} AS TIMESTAMP)`;
    case 'TIMESTAMP>DATE':
    case 'DATETIME>DATE':
      return `CAST(${sql} AS DATE)`;
    case 'TIMESTAMP>DATETIME':
    case 'DATETIME>TIMESTAMP':
      return sql;
    case 'TIMESTAMP>TIME':
    case 'DATETIME>TIME':
      return `CAST(${sql} AS TIME)`;
    case 'TIMESTAMP>STRING':
      return `(t_text(${sql}) || '+00')`;
    case 'DATETIME>STRING':
      return `t_text(${sql})`;
    case 'TIME>STRING':
      return `time_text(${sql})`;
    default:
      return undefined;
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** A string constant read as `kind`, at once, so that a bad one is an error of the statement. */
export function constantText(value: Bound, kind: ScalarKind): Bound {
  const match = /^'((?:[^']|'')*)'$/.exec(value.sql);
  if (!match) throw unsupported('This constant');
  return constant(kind, (match[1] ?? '').replaceAll("''", "'"));
}

/** A double's text is read where it is written: the way by way of DuckDB's strings is twice as long. */
function decimalOfText(sql: string, isSafe: boolean): string {
  const safely = isSafe ? 'try_' : '';
  const double = argumentOf('double_text', sql);
  return double === undefined ? `bn_${safely}parse(${sql})` : `bn_${safely}of_double_text(${double})`;
}

/** What stands between the parentheses, when the text is one call of the function and nothing else. */
function argumentOf(name: string, sql: string): string | undefined {
  if (!sql.startsWith(`${name}(`) || !sql.endsWith(')')) return undefined;
  const inner = sql.slice(name.length + 1, -1);
  let depth = 0;
  for (const [symbol] of inner.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (symbol === '(') depth += 1;
    if (symbol === ')') depth -= 1;
    if (depth < 0) return undefined;
  }
  return inner;
}
