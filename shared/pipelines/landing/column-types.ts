import type { TableField } from '@google-cloud/bigquery';

/** REST's older names of the same types. */
const SYNONYMS: Readonly<Record<string, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  STRUCT: 'RECORD',
  DECIMAL: 'NUMERIC',
  BIGDECIMAL: 'BIGNUMERIC',
};

/** Types whose values a load job reads from the text that `tabledata.list` writes. */
const READABLE = new Set([
  'STRING',
  'BYTES',
  'INT64',
  'FLOAT64',
  'NUMERIC',
  'BIGNUMERIC',
  'BOOL',
  'DATE',
  'DATETIME',
  'TIME',
  'TIMESTAMP',
  'JSON',
  'GEOGRAPHY',
  'RECORD',
]);

/** Types of a source, beside its own, that a column of ours takes without losing anything: every value, or each that fits. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  STRING: ['INT64', 'FLOAT64', 'NUMERIC', 'BIGNUMERIC', 'BOOL', 'DATE', 'DATETIME', 'TIME', 'TIMESTAMP'],
  FLOAT64: ['INT64', 'NUMERIC', 'BIGNUMERIC'],
  NUMERIC: ['INT64', 'FLOAT64', 'BIGNUMERIC'],
  BIGNUMERIC: ['INT64', 'FLOAT64', 'NUMERIC'],
  TIMESTAMP: ['DATE', 'DATETIME'],
};

export function typeOf({ type = 'STRING' }: TableField): string {
  const name = type.toUpperCase().replace(/[(<].*$/, '');
  return SYNONYMS[name] ?? name;
}

export function isReadable(field: TableField): boolean {
  return READABLE.has(typeOf(field));
}

/** Whether a column of ours can hold what the source's column holds. */
export function takes(raw: TableField, source: TableField): boolean {
  return typeOf(raw) === typeOf(source) || (TAKES[typeOf(raw)] ?? []).includes(typeOf(source));
}

/** Digits after the point, and before it, that a decimal type holds. */
const DECIMALS: Readonly<Record<string, readonly [before: number, after: number]>> = {
  NUMERIC: [29, 9],
  BIGNUMERIC: [38, 38],
};

/**
 * Whether a number stays what it is in a column of another type.
 *
 * @param text - Decimal text, with an exponent or without; `NaN` and the infinities are numbers of FLOAT64 alone.
 * @returns undefined where every value does.
 */
export function fitCheck(raw: TableField, source: TableField): ((text: string) => boolean) | undefined {
  const [to, from] = [typeOf(raw), typeOf(source)];
  if (to === from) return undefined;
  if (to === 'FLOAT64') return (text) => canonical(text) === canonical(String(Number(text)));
  const digits = DECIMALS[to];
  if (!digits || from === 'INT64' || (to === 'BIGNUMERIC' && from === 'NUMERIC')) return undefined;
  return (text) => fitsDecimal(text, digits);
}

function fitsDecimal(text: string, [before, after]: readonly [number, number]): boolean {
  const [digits = '', exponent = ''] = canonical(text)?.replace(/^-/, '').split('e') ?? [];
  if (digits === '') return false;
  return -Number(exponent) <= after && digits.length + Number(exponent) <= before;
}

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/** `1.50` and `15e-1` both as `15e-1`; undefined for what is no number. */
function canonical(text: string): string | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  if (all === '') return undefined;
  const digits = all.replace(/^0+/, '').replace(/0+$/, '');
  if (digits === '') return '0e0';
  const trailing = all.length - all.replace(/0+$/, '').length;
  return `${sign === '-' ? '-' : ''}${digits}e${Number(exponent) - fraction.length + trailing}`;
}
