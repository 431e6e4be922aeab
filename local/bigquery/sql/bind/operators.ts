import { scalar, structKey, typeName, type SqlType, type StructField } from '../../values/types.ts';
import { coerce, isNumber, supertype } from './coercion.ts';
import { textLiteral } from './render.ts';
import { invalid, unsupported, type Bound } from './scope.ts';

const BOOL = scalar('BOOL');
const COMPARISONS = new Set(['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']);
const BN: Readonly<Record<string, string>> = { '+': 'bn_add', '-': 'bn_sub', '*': 'bn_mul', '/': 'bn_div' };

export function bindBinary(op: string, left: Bound, right: Bound): Bound {
  if (op === 'AND' || op === 'OR') {
    return { sql: `(${coerce(left, BOOL, op).sql} ${op} ${coerce(right, BOOL, op).sql})`, type: BOOL };
  }
  if (COMPARISONS.has(op)) return { sql: comparison(op, left, right), type: BOOL };
  if (op === 'LIKE') return like(left, right);
  if (op === '||') return concat(left, right);
  if (BN[op]) return arithmetic(op, left, right);
  throw unsupported(`Operator ${op}`);
}

function comparison(op: string, left: Bound, right: Bound): string {
  const type = supertype([left, right], `operator ${op}`);
  if (
    type.kind === 'JSON' ||
    ((type.kind === 'ARRAY' || type.kind === 'STRUCT') && op !== '=' && op !== '<>' && !op.startsWith('IS'))
  ) {
    throw invalid(`Operator ${op} is not defined for ${typeName(type)}`);
  }
  const [a, b] = [coerce(left, type).sql, coerce(right, type).sql];
  if (type.kind === 'FLOAT64') return doubleComparison(op, a, b);
  if (type.kind === 'STRUCT' && op === '=') return structEquality(type.fields, a, b);
  if (type.kind === 'STRUCT' && op === '<>') return `(NOT ${structEquality(type.fields, a, b)})`;
  return `(${a} ${op} ${b})`;
}

// DuckDB holds NaN equal to itself and above all else; in GoogleSQL every comparison with NaN is false.
function doubleComparison(op: string, a: string, b: string): string {
  switch (op) {
    case '=':
      return `f_eq(${a}, ${b})`;
    case '<>':
      return `f_ne(${a}, ${b})`;
    case '<':
      return `f_lt(${a}, ${b})`;
    case '>':
      return `f_lt(${b}, ${a})`;
    case '<=':
      return `f_le(${a}, ${b})`;
    case '>=':
      return `f_le(${b}, ${a})`;
    default:
      return `(${a} ${op} ${b})`;
  }
}

/** Field by field: DuckDB holds two NULL fields equal, GoogleSQL does not know. */
function structEquality(fields: readonly StructField[], a: string, b: string): string {
  const pairs = fields.map((field, index) => {
    const member = (sql: string): Bound => ({
      sql: `struct_extract(${sql}, ${textLiteral(structKey(field, index))})`,
      type: field.type,
    });
    return comparison('=', member(a), member(b));
  });
  return `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN NULL ELSE ${pairs.join(' AND ') || 'true'} END`;
}

function like(left: Bound, right: Bound): Bound {
  const STRING = scalar('STRING');
  if (left.type.kind === 'BYTES' || right.type.kind === 'BYTES') throw unsupported('LIKE on BYTES');
  return {
    sql: `(${coerce(left, STRING, 'LIKE').sql} LIKE ${coerce(right, STRING, 'LIKE').sql} ESCAPE '\\')`,
    type: BOOL,
  };
}

function concat(left: Bound, right: Bound): Bound {
  const type = supertype([left, right], 'operator ||');
  if (!['STRING', 'BYTES', 'ARRAY', 'NULL'].includes(type.kind))
    throw invalid(`Operator || is not defined for ${typeName(type)}`);
  const [a, b] = [coerce(left, type).sql, coerce(right, type).sql];
  return { sql: `(${a} || ${b})`, type: type.kind === 'NULL' ? scalar('STRING') : type };
}

/** + - * / by the type of the operands; a number meets a date only as days. */
export function arithmetic(op: string, left: Bound, right: Bound): Bound {
  if (left.type.kind === 'DATE' || right.type.kind === 'DATE') return dateArithmetic(op, left, right);
  const common = supertype([left, right], `operator ${op}`);
  const type = common.kind === 'NULL' ? scalar('INT64') : common;
  if (!isNumber(type))
    throw invalid(`Operator ${op} is not defined for ${typeName(left.type)} and ${typeName(right.type)}`);
  const result: SqlType = op === '/' && type.kind === 'INT64' ? scalar('FLOAT64') : type;
  const [a, b] = [coerce(left, result).sql, coerce(right, result).sql];
  return { sql: arithmeticSql(op, result, a, b), type: result };
}

function arithmeticSql(op: string, type: SqlType, a: string, b: string): string {
  switch (type.kind) {
    case 'BIGNUMERIC':
      return `${BN[op]}(${a}, ${b})`;
    case 'NUMERIC':
      // DuckDB widens or overflows where BigQuery rounds to nine decimals.
      return op === '+' || op === '-'
        ? `CAST((${a} ${op} ${b}) AS DECIMAL(38,9))`
        : `${op === '*' ? 'num_mul' : 'num_div'}(${a}, ${b})`;
    case 'FLOAT64':
      return op === '/' ? `f_safe(f_div(${a}, ${b}), ${a}, ${b})` : `f_safe(${a} ${op} ${b}, ${a}, ${b})`;
    default:
      return `(${a} ${op} ${b})`;
  }
}

function dateArithmetic(op: string, left: Bound, right: Bound): Bound {
  if (op === '-' && left.type.kind === 'DATE' && right.type.kind === 'DATE') throw unsupported('DATE - DATE');
  const [date, days] = left.type.kind === 'DATE' ? [left, right] : [right, left];
  if (days.type.kind !== 'INT64' || (op !== '+' && !(op === '-' && date === left))) {
    throw invalid(`Operator ${op} is not defined for ${typeName(left.type)} and ${typeName(right.type)}`);
  }
  return {
    sql: `d_check(CAST(${date.sql} ${op} to_days(CAST(${days.sql} AS INTEGER)) AS DATE))`,
    type: scalar('DATE'),
  };
}
