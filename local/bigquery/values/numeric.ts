import { DuckDBDecimalValue } from '@duckdb/node-api';
import { divideRounded, NumericError, SCALE } from './bignumeric.ts';

/** NUMERIC: a whole number of 10^-9 with at most 38 digits. DuckDB's own DECIMAL widens or overflows where BigQuery rounds. */
const NUMERIC_SCALE = 9;
const UNIT = 10n ** BigInt(NUMERIC_SCALE);
const LIMIT = 10n ** 38n;
const STEP = 10n ** BigInt(SCALE - NUMERIC_SCALE);

/** @param units - In units of 10^-9. */
function numeric(units: bigint): DuckDBDecimalValue {
  if (units >= LIMIT || units <= -LIMIT) throw new NumericError('numeric overflow');
  return new DuckDBDecimalValue(units, 38, NUMERIC_SCALE);
}

export const multiplyNumeric = (left: DuckDBDecimalValue, right: DuckDBDecimalValue): DuckDBDecimalValue =>
  numeric(divideRounded(left.value * right.value, UNIT));

export function divideNumeric(left: DuckDBDecimalValue, right: DuckDBDecimalValue): DuckDBDecimalValue {
  if (right.value === 0n) throw new NumericError('division by zero');
  return numeric(divideRounded(left.value * UNIT, right.value));
}

/** From units of 10^-38, rounded half away from zero. */
export const toNumeric = (units: bigint): DuckDBDecimalValue => numeric(divideRounded(units, STEP));
export const fromNumeric = ({ value }: DuckDBDecimalValue): bigint => value * STEP;
