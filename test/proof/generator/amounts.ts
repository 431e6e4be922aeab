import fc from 'fast-check';
import type { Cell } from '../../sql/google-values.ts';

/**
 * Money as exports hold it, FLOAT64: cents, micro-prices, refunds, zero of both signs, doubles that need 17 digits, amounts
 * below the 38th decimal and amounts of 28 digits.
 */
export const amount: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((units) => units / 1e6) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 999_999_999 }).map((units) => units / 1e13) },
  { weight: 4, arbitrary: fc.double({ min: -1000, max: 1000, noNaN: true, noDefaultInfinity: true }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      0,
      -0,
      0.1,
      0.1 + 0.2,
      0.1 + 0.7,
      -19.99,
      1e-7,
      3.6e-9,
      5e-324,
      1.1e-39,
      1.2345678901234567e-30,
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom(1e22, -1e22, Number('1234567890123456789012345678'), 2 ** 53 + 2) },
);

/** Quantities: whole, fractional, huge byte counts, next to nothing, negative, absent, not a number. */
export const quantity: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 1_000_000 }).map((units) => units / 1000) },
  { weight: 4, arbitrary: fc.constantFrom<Cell>(null, 0, 1, 3600, 10_737_418_240, 1e15, 0.25, 1e-12, 1e-21) },
  { weight: 2, arbitrary: fc.constantFrom<Cell>(-5, -0.5, -1e-21, Number.NaN, Number.POSITIVE_INFINITY) },
);

/** An amount that only informs: also absent or not a number. */
export const information: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 8, arbitrary: amount },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY) },
);

/** Currencies with and without a rate to US dollars. */
export const currency = fc.constantFrom<Readonly<Record<string, Cell>>>(
  { currency: 'USD', currency_conversion_rate: 1 },
  { currency: 'USD', currency_conversion_rate: null },
  { currency: 'USD', currency_conversion_rate: 0.92 },
  { currency: 'EUR', currency_conversion_rate: 0.92 },
  { currency: 'JPY', currency_conversion_rate: 149.123456789 },
  { currency: 'INR', currency_conversion_rate: 83.30000000000001 },
  { currency: 'EUR', currency_conversion_rate: null },
  { currency: 'EUR', currency_conversion_rate: 0 },
  { currency: 'CHF', currency_conversion_rate: -1 },
  { currency: 'CHF', currency_conversion_rate: Number.NaN },
  { currency: null, currency_conversion_rate: 1 },
  { currency: '', currency_conversion_rate: null },
);
