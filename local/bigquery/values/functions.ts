import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBScalarFunction,
  HUGEINT,
  TIMESTAMP,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBDecimalValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import * as bignumeric from './bignumeric.ts';
import { doubleText } from './double-text.ts';
import { canonicalJson, jsonPart, jsonScalar, respeltJson } from './json-text.ts';
import { MACROS } from './macros.ts';
import { divideNumeric, fromNumeric, multiplyNumeric, toNumeric } from './numeric.ts';
import { checkedRewrite, extractedGroup } from './regex.ts';
import { rowByRow, type Bytes, type Evaluate } from './row-by-row.ts';

const NUMERIC = DECIMAL(38, 9);
const blob = (units: bigint): DuckDBBlobValue => new DuckDBBlobValue(bignumeric.encode(units));
const unary = (compute: (units: bigint) => bigint) => (value: Bytes) => blob(compute(bignumeric.decode(value)));
const binary = (compute: (left: bigint, right: bigint) => bigint) => (left: Bytes, right: Bytes) =>
  blob(compute(bignumeric.decode(left), bignumeric.decode(right)));
const BIAS = 1n << 255n;

/** Functions that DuckDB lacks: exact decimals of 38 + 38 digits and BigQuery's text of a double. NULL in, NULL out. */
const FUNCTIONS: readonly (readonly [name: string, parameters: readonly DuckDBType[], result: DuckDBType, Evaluate])[] =
  [
    ['bn_parse', [VARCHAR], BLOB, (text: string) => blob(bignumeric.parseDecimal(text))],
    ['bn_try_parse', [VARCHAR], BLOB, attempt((text: string) => blob(bignumeric.parseDecimal(text)))],
    ['bn_of_double_text', [DOUBLE], BLOB, (value: number) => blob(bignumeric.parseDecimal(doubleText(value)))],
    [
      'bn_try_of_double_text',
      [DOUBLE],
      BLOB,
      attempt((value: number) => blob(bignumeric.parseDecimal(doubleText(value)))),
    ],
    ['bn_text', [BLOB], VARCHAR, (value: Bytes) => bignumeric.formatDecimal(bignumeric.decode(value))],
    ['bn_from_double', [DOUBLE], BLOB, (value: number) => blob(bignumeric.fromDouble(value))],
    ['bn_try_from_double', [DOUBLE], BLOB, attempt((value: number) => blob(bignumeric.fromDouble(value)))],
    ['bn_to_double', [BLOB], DOUBLE, (value: Bytes) => bignumeric.toDouble(bignumeric.decode(value))],
    ['bn_add', [BLOB, BLOB], BLOB, binary((a, b) => bignumeric.inRange(a + b))],
    ['bn_sub', [BLOB, BLOB], BLOB, binary((a, b) => bignumeric.inRange(a - b))],
    ['bn_mul', [BLOB, BLOB], BLOB, binary(bignumeric.multiply)],
    ['bn_div', [BLOB, BLOB], BLOB, binary(bignumeric.divide)],
    ['bn_neg', [BLOB], BLOB, unary((units) => bignumeric.inRange(-units))],
    ['bn_abs', [BLOB], BLOB, unary((units) => (units < 0n ? bignumeric.inRange(-units) : units))],
    ['bn_floor', [BLOB], BLOB, unary(bignumeric.floor)],
    ['bn_ceil', [BLOB], BLOB, unary(bignumeric.ceil)],
    [
      'bn_round',
      [BLOB, BIGINT],
      BLOB,
      (value: Bytes, digits: bigint) => blob(bignumeric.round(bignumeric.decode(value), Number(digits))),
    ],
    [
      'bn_trunc',
      [BLOB, BIGINT],
      BLOB,
      (value: Bytes, digits: bigint) => blob(bignumeric.truncate(bignumeric.decode(value), Number(digits))),
    ],
    ['bn_of_limbs', [HUGEINT, HUGEINT, HUGEINT, HUGEINT, BIGINT], BLOB, ofLimbs],
    ['bn_average_of_limbs', [HUGEINT, HUGEINT, HUGEINT, HUGEINT, BIGINT], BLOB, averageOfLimbs],
    ['bn_of_int', [BIGINT], BLOB, (value: bigint) => blob(value * bignumeric.UNIT)],
    ['bn_to_num', [BLOB], NUMERIC, (value: Bytes) => toNumeric(bignumeric.decode(value))],
    ['num_to_bn', [NUMERIC], BLOB, (value: DuckDBDecimalValue) => blob(fromNumeric(value))],
    ['num_text', [NUMERIC], VARCHAR, (value: DuckDBDecimalValue) => bignumeric.formatDecimal(fromNumeric(value))],
    ['num_mul', [NUMERIC, NUMERIC], NUMERIC, multiplyNumeric],
    ['num_div', [NUMERIC, NUMERIC], NUMERIC, divideNumeric],
    ['double_text', [DOUBLE], VARCHAR, doubleText],
    ['json_canonical', [VARCHAR], VARCHAR, canonicalJson],
    ['json_respelt', [VARCHAR], VARCHAR, respeltJson],
    ['json_scalar', [VARCHAR, VARCHAR], VARCHAR, jsonScalar],
    ['json_part', [VARCHAR, VARCHAR], VARCHAR, jsonPart],
    ['re_group', [VARCHAR], BIGINT, (pattern: string) => BigInt(extractedGroup(pattern))],
    ['re_rewrite', [VARCHAR, VARCHAR], VARCHAR, checkedRewrite],
    // DuckDB maps one letter to one letter; ß is two in capitals.
    ['text_upper', [VARCHAR], VARCHAR, (text: string) => text.toUpperCase()],
    ['double_round', [DOUBLE, BIGINT], DOUBLE, (value: number, digits: bigint) => roundDouble(value, Number(digits))],
    // DuckDB's own error() counts as volatile, so that TRY refuses it.
    ['raise_boolean', [VARCHAR], BOOLEAN, raise],
    ['raise_integer', [VARCHAR], BIGINT, raise],
    ['raise_double', [VARCHAR], DOUBLE, raise],
    ['raise_date', [VARCHAR], DATE, raise],
    ['raise_timestamp', [VARCHAR], TIMESTAMP, raise],
  ];

/** Registers everything that emitted SQL calls and DuckDB does not have, once per database. */
export async function registerFunctions(connection: DuckDBConnection): Promise<void> {
  for (const [name, parameterTypes, returnType, evaluate] of FUNCTIONS) {
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({ name, parameterTypes, returnType, mainFunction: rowByRow(evaluate) }),
    );
  }
  for (const macro of MACROS) await connection.run(macro);
  // Text without an offset means UTC, wherever this runs.
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
}

function attempt<T>(evaluate: (value: T) => DuckDBValue): (value: T) => DuckDBValue {
  return (value) => {
    try {
      return evaluate(value);
    } catch {
      return null;
    }
  };
}

function sumOfLimbs(l0: bigint, l1: bigint, l2: bigint, l3: bigint, count: bigint): bigint {
  return (((((l0 << 64n) + l1) << 64n) + l2) << 64n) + l3 - count * BIAS;
}

function ofLimbs(l0: bigint, l1: bigint, l2: bigint, l3: bigint, count: bigint): DuckDBBlobValue {
  return blob(sumOfLimbs(l0, l1, l2, l3, count));
}

function averageOfLimbs(l0: bigint, l1: bigint, l2: bigint, l3: bigint, count: bigint): DuckDBBlobValue {
  return blob(bignumeric.divideRounded(sumOfLimbs(l0, l1, l2, l3, count), count));
}

function raise(message: string): never {
  throw new Error(message);
}

/** Half away from zero, of the number that the double's shortest text reads. */
function roundDouble(value: number, digits: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e37) return value;
  return bignumeric.toDouble(bignumeric.round(bignumeric.fromDouble(value), digits));
}
