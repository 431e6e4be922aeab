import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBScalarFunction,
  HUGEINT,
  TIMESTAMP,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  type DuckDBVector,
} from '@duckdb/node-api';
import * as bignumeric from './bignumeric.ts';
import { doubleText } from './double-text.ts';
import { canonicalJson, jsonPart, jsonScalar } from './json-text.ts';
import { MACROS } from './macros.ts';
import { checkedRewrite, extractedGroup } from './regex.ts';

type Evaluate = (...values: never[]) => DuckDBValue;

const big = (value: DuckDBBlobValue): bigint => bignumeric.decode(value.bytes);
const blob = (units: bigint): DuckDBBlobValue => new DuckDBBlobValue(bignumeric.encode(units));
const unary = (compute: (units: bigint) => bigint) => (value: DuckDBBlobValue) => blob(compute(big(value)));
const binary = (compute: (left: bigint, right: bigint) => bigint) => (left: DuckDBBlobValue, right: DuckDBBlobValue) =>
  blob(compute(big(left), big(right)));
const BIAS = 1n << 255n;

/** Functions that DuckDB lacks: exact decimals of 38 + 38 digits and BigQuery's text of a double. NULL in, NULL out. */
const FUNCTIONS: readonly (readonly [name: string, parameters: readonly DuckDBType[], result: DuckDBType, Evaluate])[] =
  [
    ['bn_parse', [VARCHAR], BLOB, (text: string) => blob(bignumeric.parseDecimal(text))],
    ['bn_try_parse', [VARCHAR], BLOB, attempt((text: string) => blob(bignumeric.parseDecimal(text)))],
    ['bn_text', [BLOB], VARCHAR, (value: DuckDBBlobValue) => bignumeric.formatDecimal(big(value))],
    ['bn_from_double', [DOUBLE], BLOB, (value: number) => blob(bignumeric.fromDouble(value))],
    ['bn_try_from_double', [DOUBLE], BLOB, attempt((value: number) => blob(bignumeric.fromDouble(value)))],
    ['bn_to_double', [BLOB], DOUBLE, (value: DuckDBBlobValue) => bignumeric.toDouble(big(value))],
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
      (value: DuckDBBlobValue, digits: bigint) => blob(bignumeric.round(big(value), Number(digits))),
    ],
    [
      'bn_trunc',
      [BLOB, BIGINT],
      BLOB,
      (value: DuckDBBlobValue, digits: bigint) => blob(bignumeric.truncate(big(value), Number(digits))),
    ],
    ['bn_of_limbs', [HUGEINT, HUGEINT, HUGEINT, HUGEINT, BIGINT], BLOB, ofLimbs],
    ['bn_average_of_limbs', [HUGEINT, HUGEINT, HUGEINT, HUGEINT, BIGINT], BLOB, averageOfLimbs],
    ['double_text', [DOUBLE], VARCHAR, doubleText],
    ['json_canonical', [VARCHAR], VARCHAR, canonicalJson],
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

function rowByRow(evaluate: Evaluate) {
  return (info: { setError(message: string): void }, chunk: DuckDBDataChunk, output: DuckDBVector): void => {
    const columns = Array.from({ length: chunk.columnCount }, (_, index) => chunk.getColumnVector(index));
    try {
      for (let row = 0; row < chunk.rowCount; row += 1) {
        const values = columns.map((column) => column.getItem(row)) as never[];
        (output as DuckDBVector & { setItem(row: number, value: DuckDBValue): void }).setItem(
          row,
          values.some((value) => value === null) ? null : evaluate(...values),
        );
      }
      output.flush();
    } catch (err) {
      info.setError((err as Error).message);
    }
  };
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
