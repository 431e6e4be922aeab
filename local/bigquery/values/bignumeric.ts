/**
 * BIGNUMERIC: a whole number of 10^-38, at most 2^255 of them either way.
 *
 * Stored as 32 bytes, big-endian with the sign bit flipped, so that DuckDB's own comparison of bytes orders, groups and joins it.
 *
 * @see https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#decimal_types
 */

export const SCALE = 38;
export const UNIT = 10n ** 38n;
const BIAS = 1n << 255n;
const DECIMAL_TEXT = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/;

export class NumericError extends Error {}

/** @returns The value in units of 10^-38; a {@link NumericError} when it does not fit. */
export function inRange(units: bigint): bigint {
  if (units >= BIAS || units < -BIAS) throw new NumericError('BIGNUMERIC overflow');
  return units;
}

export function encode(units: bigint): Uint8Array {
  // By way of hex digits, which is twice as fast as cutting 64 bits at a time.
  const digits = (inRange(units) + BIAS).toString(16);
  return Buffer.from(digits.padStart(64, '0'), 'hex');
}

export function decode(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  return ((high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24)) - BIAS;
}

/** Reads decimal text, exponent allowed, rounding half away from zero beyond 38 decimals. */
export function parseDecimal(text: string): bigint {
  const match = DECIMAL_TEXT.exec(text);
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (!match || whole + fraction === '') throw new NumericError(`Invalid BIGNUMERIC value: ${text}`);
  const shift = SCALE - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  // Beyond this no digit is left, or none fits.
  if (shift < -200) return 0n;
  if (shift > 200 && digits !== 0n) throw new NumericError('BIGNUMERIC overflow');
  const units =
    shift >= 0 ? digits * 10n ** BigInt(Math.min(shift, 200)) : divideRounded(digits, 10n ** BigInt(-shift));
  return inRange(sign === '-' ? -units : units);
}

/** Decimal text without exponent and trailing zeros. */
export function formatDecimal(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -SCALE)}${fraction && `.${fraction}`}`;
}

/** The exact value of a double, rounded to 38 decimals. */
export function fromDouble(value: number): bigint {
  if (!Number.isFinite(value))
    throw new NumericError(`Illegal conversion of non-finite floating point number to BIGNUMERIC: ${value}`);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & ((1n << 52n) - 1n)) | (biased === 0 ? 0n : 1n << 52n);
  const exponent = (biased === 0 ? 1 : biased) - 1075;
  const units =
    exponent >= 0 ? (mantissa * UNIT) << BigInt(exponent) : divideRounded(mantissa * UNIT, 1n << BigInt(-exponent));
  return inRange(value < 0 ? -units : units);
}

export const toDouble = (units: bigint): number => Number(formatDecimal(units));

/** Quotient rounded half away from zero. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  if ((rest < 0n ? -rest : rest) * 2n < (divisor < 0n ? -divisor : divisor)) return quotient;
  return quotient + (dividend < 0n === divisor < 0n ? 1n : -1n);
}

export const multiply = (a: bigint, b: bigint): bigint => inRange(divideRounded(a * b, UNIT));

export function divide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new NumericError('division by zero');
  return inRange(divideRounded(a * UNIT, b));
}

/** Rounds half away from zero to `digits` decimals, which may be negative. */
export function round(units: bigint, digits = 0): bigint {
  const step = stepOf(digits);
  return step === 1n ? units : inRange(divideRounded(units, step) * step);
}

export function truncate(units: bigint, digits = 0): bigint {
  const step = stepOf(digits);
  return (units / step) * step;
}

export function floor(units: bigint): bigint {
  const whole = truncate(units);
  return inRange(units < whole ? whole - UNIT : whole);
}

export const ceil = (units: bigint): bigint => -floor(-units);

const stepOf = (digits: number): bigint => (digits >= SCALE ? 1n : 10n ** BigInt(Math.min(SCALE - digits, 120)));
