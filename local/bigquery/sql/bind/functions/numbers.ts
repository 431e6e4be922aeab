import { scalar, type SqlType } from '../../../values/types.ts';
import { cast, coerce, isNumber, numericOf, supertype } from '../coercion.ts';
import { arithmetic } from '../operators.ts';
import { unsupported, type Bound } from '../scope.ts';
import { fixed, noSignature, type FunctionBinder, type FunctionTable } from './signature.ts';

const bigOf = (value: Bound): string => cast(value, scalar('BIGNUMERIC'), false).sql;
const text = (sql: string): string => `num_to_bn(${sql})`;

/** A function of one number that keeps its type, given per type. */
const perType =
  (emit: Readonly<Partial<Record<SqlType['kind'], (sql: string) => string>>>, result?: SqlType): FunctionBinder =>
  ([value, ...more], _context, name) => {
    if (!value || more.length > 0) throw noSignature(name, [...(value ? [value] : []), ...more]);
    const isDouble = value.type.kind === 'NULL' || (value.type.kind === 'INT64' && !emit.INT64);
    const type = isDouble ? scalar('FLOAT64') : value.type;
    const make = emit[type.kind];
    if (!make) throw noSignature(name, [value]);
    return { sql: make(coerce(value, type).sql), type: result ?? type };
  };

/** ROUND and TRUNC; a double is rounded half away from zero, as its shortest text reads. */
const rounding =
  (bigFunction: string, double: (sql: string, digits: string) => string): FunctionBinder =>
  (args, _context, name) => {
    const [value, digits] = args;
    if (args.length > 2) throw unsupported(`${name} with a rounding mode`);
    if (!value || !(isNumber(value.type) || value.type.kind === 'NULL')) throw noSignature(name, args);
    const places = digits ? coerce(digits, scalar('INT64'), name).sql : '0';
    switch (value.type.kind) {
      case 'BIGNUMERIC':
        return { sql: `${bigFunction}(${value.sql}, ${places})`, type: value.type };
      case 'NUMERIC':
        return { sql: numericOf(`${bigFunction}(${text(value.sql)}, ${places})`), type: value.type };
      default:
        return { sql: double(cast(value, scalar('FLOAT64'), false).sql, places), type: scalar('FLOAT64') };
    }
  };

const ceilOrFloor = (name: 'ceil' | 'floor'): FunctionBinder =>
  perType({
    FLOAT64: (sql) => `${name}(${sql})`,
    NUMERIC: (sql) => numericOf(`bn_${name}(${text(sql)})`),
    BIGNUMERIC: (sql) => `bn_${name}(${sql})`,
  });

/** DIV and MOD of integers and exact decimals. */
const integral =
  (emitInteger: (a: string, b: string) => string, emitBig: (a: string, b: string) => string): FunctionBinder =>
  (args, _context, name) => {
    const [left, right] = args;
    if (!left || !right || args.length > 2) throw noSignature(name, args);
    const type = supertype(args, name);
    if (type.kind === 'INT64') return { sql: emitInteger(left.sql, right.sql), type };
    const big = emitBig(bigOf(left), bigOf(right));
    if (type.kind === 'BIGNUMERIC') return { sql: big, type };
    if (type.kind === 'NUMERIC') return { sql: numericOf(big), type };
    throw noSignature(name, args);
  };

/** SAFE_ADD and its like: NULL where the operator fails. */
const safe =
  (op: string): FunctionBinder =>
  (args, _context, name) => {
    const [left, right] = args;
    if (!left || !right || args.length > 2) throw noSignature(name, args);
    const { sql, type } = arithmetic(op, left, right);
    return { sql: `TRY(${sql})`, type };
  };

/** A function of doubles; that of exact decimals is another one, which is exact. */
const double = (emit: (...args: string[]) => string, count = 1): FunctionBinder => {
  const bind = fixed(
    Array.from({ length: count }, () => 'FLOAT64' as const),
    'FLOAT64',
    emit,
  );
  return (args, context, name) => {
    const exact = args.find(({ type }) => type.kind === 'NUMERIC' || type.kind === 'BIGNUMERIC');
    if (exact) throw unsupported(`${name} of ${exact.type.kind}`);
    return bind(args, context, name);
  };
};

export const NUMBERS: FunctionTable = {
  ABS: perType({
    INT64: (sql) => `abs(${sql})`,
    FLOAT64: (sql) => `abs(${sql})`,
    NUMERIC: (sql) => `abs(${sql})`,
    BIGNUMERIC: (sql) => `bn_abs(${sql})`,
  }),
  SIGN: perType({
    INT64: (sql) => `CAST(sign(${sql}) AS BIGINT)`,
    FLOAT64: (sql) => `CASE WHEN isnan(${sql}) THEN ${sql} ELSE CAST(sign(${sql}) AS DOUBLE) END`,
    NUMERIC: (sql) => `CAST(sign(${sql}) AS DECIMAL(38,9))`,
    BIGNUMERIC: (sql) =>
      `bn_parse(CASE WHEN ${sql} > bn_parse('0') THEN '1' WHEN ${sql} < bn_parse('0') THEN '-1' WHEN ${sql} IS NOT NULL THEN '0' END)`,
  }),
  ROUND: rounding('bn_round', (sql, digits) => `double_round(${sql}, ${digits})`),
  TRUNC: rounding('bn_trunc', (sql, digits) => {
    if (digits !== '0') throw unsupported('TRUNC of a FLOAT64 to decimals');
    return `trunc(${sql})`;
  }),
  CEIL: ceilOrFloor('ceil'),
  CEILING: ceilOrFloor('ceil'),
  FLOOR: ceilOrFloor('floor'),
  DIV: integral(
    (a, b) => `i_div(${a}, ${b})`,
    (a, b) => `bn_trunc(bn_div(${a}, ${b}), 0)`,
  ),
  MOD: integral(
    (a, b) => `i_mod(${a}, ${b})`,
    (a, b) => `bn_sub(${a}, bn_mul(${b}, bn_trunc(bn_div(${a}, ${b}), 0)))`,
  ),
  SAFE_DIVIDE: safe('/'),
  SAFE_ADD: safe('+'),
  SAFE_SUBTRACT: safe('-'),
  SAFE_MULTIPLY: safe('*'),
  IEEE_DIVIDE: double(
    (a, b) =>
      `CASE WHEN ${b} = 0 THEN CASE WHEN ${a} = 0 OR isnan(${a}) THEN CAST('nan' AS DOUBLE) ELSE ${a} * CAST('inf' AS DOUBLE) END ELSE ${a} / ${b} END`,
    2,
  ),
  IS_NAN: fixed(['FLOAT64'], 'BOOL', (sql) => `isnan(${sql})`),
  IS_INF: fixed(['FLOAT64'], 'BOOL', (sql) => `isinf(${sql})`),
  SQRT: double(
    (sql) => `CASE WHEN ${sql} < 0 THEN raise_double('Argument to SQRT must not be negative') ELSE sqrt(${sql}) END`,
  ),
  EXP: double((sql) => `f_safe(exp(${sql}), ${sql}, ${sql})`),
  LN: double((sql) => `CASE WHEN ${sql} <= 0 THEN raise_double('Argument to LN must be positive') ELSE ln(${sql}) END`),
  POW: double((a, b) => `f_safe(pow(${a}, ${b}), ${a}, ${b})`, 2),
  POWER: double((a, b) => `f_safe(pow(${a}, ${b}), ${a}, ${b})`, 2),
};
