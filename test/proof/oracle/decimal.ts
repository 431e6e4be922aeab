/**
 * Exact decimal arithmetic of this proof: whole numbers of 10^-38, the step of BIGNUMERIC. Nothing here is shared with the
 * product or with its engines, so that a fault of theirs cannot hide in ours.
 */
export type Decimal = bigint;

const SCALE = 38;
export const ONE: Decimal = 10n ** BigInt(SCALE);
export const ZERO: Decimal = 0n;

/** `12`, `-0.5`, `1e-07`. Digits beyond the 38th decimal are rounded half away from zero, as BigQuery reads text. */
export function decimal(text: string): Decimal {
  const parts = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!parts) throw new Error(`${text} is not a decimal`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const shift = SCALE + Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : quotient(digits, 10n ** BigInt(-shift));
  return sign === '-' ? -value : value;
}

/**
 * A FLOAT64 as the number that was written: BigQuery prints 15 significant digits where they read back as the same double,
 * else 17. (0.1 is 0.1, and 0.1 + 0.2 is 0.30000000000000004.)
 */
export function decimalOfDouble(value: number): Decimal {
  const short = value.toPrecision(15);
  return decimal(Number(short) === value ? short : value.toPrecision(17));
}

/** The cell of a column that both engines give as text or, for FLOAT64, as a number; null stays null. */
export function decimalOrNull(cell: unknown): Decimal | null {
  if (typeof cell === 'number') return Number.isFinite(cell) ? decimalOfDouble(cell) : null;
  return typeof cell === 'string' ? decimal(cell) : null;
}

export const times = (a: Decimal, b: Decimal): Decimal => quotient(a * b, ONE);
export const over = (a: Decimal, b: Decimal): Decimal => quotient(a * ONE, b);
export const roundTo = (value: Decimal, decimals: number): Decimal => {
  const step = 10n ** BigInt(SCALE - decimals);
  return quotient(value, step) * step;
};
export const sum = (values: Iterable<Decimal>): Decimal => [...values].reduce((total, value) => total + value, ZERO);
export const magnitude = (value: Decimal): Decimal => (value < 0n ? -value : value);
export const lesser = (a: Decimal, b: Decimal): Decimal => (a < b ? a : b);
export const greater = (a: Decimal, b: Decimal): Decimal => (a > b ? a : b);

/** The shortest text: no trailing zeros, no exponent. */
export function decimalText(value: Decimal): string {
  const digits = magnitude(value)
    .toString()
    .padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE)}${fraction && `.${fraction}`}`;
}

/** Divides whole numbers, half away from zero. */
function quotient(a: bigint, b: bigint): bigint {
  const rounded = (2n * magnitude(a) + magnitude(b)) / (2n * magnitude(b));
  return a < 0n === b < 0n ? rounded : -rounded;
}
