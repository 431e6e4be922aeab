import { blobText } from './render.ts';
import { canonicalJson } from '../../values/json-text.ts';
import * as bignumeric from '../../values/bignumeric.ts';
import { scalar, type ScalarKind, type SqlType } from '../../values/types.ts';
import { invalid, unsupported, type Bound } from './scope.ts';
import { textLiteral } from './render.ts';

const DATE = /^\d{4}-\d{1,2}-\d{1,2}$/;
const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,6})?$/;
const MOMENT =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?\s*(Z|z|UTC|[+-]\d{1,2}(?::?\d{2})?)?$/;

/** A constant of a type from its text, as literals, parameters and defaults are written. */
export function constant(kind: ScalarKind, text: string): Bound {
  return { sql: constantSql(kind, text), type: scalar(kind), isConstant: true };
}

export const nullOf = (type: SqlType = { kind: 'NULL' }): Bound => ({ sql: 'NULL', type, isConstant: true });

function constantSql(kind: ScalarKind, text: string): string {
  switch (kind) {
    case 'BOOL':
      if (!/^(true|false)$/i.test(text)) throw invalid(`Bad bool value: ${text}`);
      return text.toLowerCase();
    case 'INT64':
      return integer(text);
    case 'FLOAT64':
      return double(text);
    case 'NUMERIC':
      return `CAST('${numericText(text)}' AS DECIMAL(38,9))`;
    case 'BIGNUMERIC':
      return blobText(bignumeric.encode(decimal(text)));
    case 'STRING':
      return textLiteral(text);
    case 'JSON':
      return textLiteral(json(text));
    case 'BYTES':
      return blobText(Buffer.from(text, 'latin1'));
    case 'DATE':
      if (!DATE.test(text) || text.startsWith('0000')) throw invalid(`Invalid date: '${text}'`);
      return `DATE '${text}'`;
    case 'TIME':
      if (!TIME.test(text)) throw invalid(`Invalid time: '${text}'`);
      return `TIME '${text}'`;
    case 'DATETIME':
      return `TIMESTAMP '${moment(text, false)}'`;
    case 'TIMESTAMP':
      return `TIMESTAMP '${moment(text, true)}'`;
  }
}

function integer(text: string): string {
  if (!/^[+-]?(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) throw invalid(`Bad int64 value: ${text}`);
  const isNegative = text.startsWith('-');
  const value = BigInt(text.replace(/^[+-]/, '')) * (isNegative ? -1n : 1n);
  if (value > 9223372036854775807n || value < -9223372036854775808n) throw invalid(`Invalid integer literal: ${text}`);
  return value === -9223372036854775808n ? '(-9223372036854775807 - 1)' : `CAST(${value} AS BIGINT)`;
}

function double(text: string): string {
  const special = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (special) return `CAST('${special[1]}${special[2]?.toLowerCase() === 'nan' ? 'nan' : 'inf'}' AS DOUBLE)`;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) throw invalid(`Bad double value: ${text}`);
  return `CAST('${text}' AS DOUBLE)`;
}

function json(text: string): string {
  try {
    return canonicalJson(text);
  } catch (err) {
    throw invalid(`Invalid JSON: ${(err as Error).message}`);
  }
}

function decimal(text: string): bigint {
  try {
    return bignumeric.parseDecimal(text);
  } catch {
    throw invalid(`Invalid BIGNUMERIC value: ${text}`);
  }
}

const NUMERIC_LIMIT = 10n ** 67n; // 10^29 in units of 10^-38

export function numericText(text: string): string {
  const rounded = bignumeric.round(decimal(text), 9);
  if (rounded >= NUMERIC_LIMIT || rounded <= -NUMERIC_LIMIT) throw invalid(`Invalid NUMERIC value: ${text}`);
  return bignumeric.formatDecimal(rounded);
}

/** Civil time in UTC as DuckDB reads it; an offset is taken off. */
export function moment(text: string, mayHaveZone: boolean): string {
  const match = MOMENT.exec(text.trim());
  if (!match && mayHaveZone && /^\d{4}-.*[A-Za-z_]+\/[A-Za-z_/]+$/.test(text.trim()))
    throw unsupported('The name of a time zone in a timestamp');
  if (!match || (match[8] && !mayHaveZone))
    throw invalid(`Invalid ${mayHaveZone ? 'timestamp' : 'datetime'}: '${text}'`);
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  if (fraction.length > 6 && /[1-9]/.test(fraction.slice(6)))
    throw invalid(`Invalid timestamp: '${text}' has more than microseconds`);
  // Date.UTC takes the years up to 99 for those of the last century.
  const midnight = new Date(0).setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const utc = midnight + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 - offsetMs(zone);
  if (Number.isNaN(utc) || Number(month) > 12 || Number(day) > 31 || Number(hour) > 23)
    throw invalid(`Invalid timestamp: '${text}'`);
  return `${new Date(utc).toISOString().slice(0, 19).replace('T', ' ')}.${fraction.slice(0, 6).padEnd(6, '0')}`;
}

function offsetMs(zone: string): number {
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone);
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === '-' ? -1 : 1) * minutes * 60_000;
}
