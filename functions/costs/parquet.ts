import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import type { CostRow } from './read-costs.ts';

/** Digits that every reader takes; those that know longer ones read 32 bytes. */
const COMMON = { precision: 38, type_length: 16 };
const LONG = { precision: 76, type_length: 32 };
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Rows as a Parquet file: groups are texts, money is DECIMAL with the scale of the longest fraction in the file, so that every
 * amount is exact. Sums of more than 38 digits, which are rare, make the columns DECIMAL(76).
 */
export function toParquet(columns: readonly string[], money: readonly string[], rows: readonly CostRow[]): Uint8Array {
  const amounts = new Map(money.map((name) => [name, rows.map((row) => row[name] ?? '0')]));
  const texts = [...amounts.values()].flat();
  const scale = Math.max(2, ...sizes(texts, fractionOf));
  const whole = Math.max(1, ...sizes(texts, wholeOf));
  const size = whole + scale > COMMON.precision ? LONG : COMMON;
  const schema = columns.map((name) => (amounts.has(name) ? decimalColumn(name, scale, size) : textColumn(name)));
  const columnData = columns.map((name) => ({
    name,
    data: amounts.get(name)?.map((text) => unscaled(text, scale)) ?? rows.map((row) => row[name] ?? null),
  }));
  const root: SchemaElement = { name: 'root', num_children: schema.length };
  return new Uint8Array(parquetWriteBuffer({ schema: [root, ...schema], columnData }));
}

/** Not spread into a call: a file may have more amounts than a call takes arguments. */
function sizes(texts: readonly string[], part: (text: string) => string): number[] {
  return [texts.reduce((longest, text) => Math.max(longest, part(text).length), 0)];
}

const wholeOf = (text: string): string => DECIMAL.exec(text)?.[2] ?? '';
const fractionOf = (text: string): string => DECIMAL.exec(text)?.[3] ?? '';

/** @throws Error for what is no decimal in plain notation. */
function unscaled(text: string, scale: number): bigint {
  const [, sign, whole = '', fraction = ''] = DECIMAL.exec(text) ?? [];
  if (sign === undefined) throw new Error('An amount is no decimal number');
  const value = BigInt(whole + fraction.padEnd(scale, '0'));
  return sign === '-' ? -value : value;
}

function decimalColumn(name: string, scale: number, size: typeof COMMON): SchemaElement {
  return {
    name,
    type: 'FIXED_LEN_BYTE_ARRAY',
    repetition_type: 'REQUIRED',
    converted_type: 'DECIMAL',
    logical_type: { type: 'DECIMAL', scale, precision: size.precision },
    scale,
    ...size,
  };
}

const textColumn = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  repetition_type: 'OPTIONAL',
  converted_type: 'UTF8',
});
