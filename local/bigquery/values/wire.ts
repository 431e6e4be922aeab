import type {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  DuckDBValue,
} from '@duckdb/node-api';
import { ApiError } from '../../kit/api-error.ts';
import type { WireValue } from '../contracts.ts';
import { decode, formatDecimal } from './bignumeric.ts';
import type { SqlType } from './types.ts';

/** A value of DuckDB as the REST API writes it in a cell. */
export function toWire(value: DuckDBValue, type: SqlType): WireValue {
  if (type.kind === 'ARRAY') return arrayToWire(value, type.element);
  if (value === null) return null;
  if (type.kind === 'STRUCT') {
    const entries = Object.values((value as DuckDBStructValue).entries);
    return { f: type.fields.map((field, index) => ({ v: toWire(entries[index] ?? null, field.type) })) };
  }
  return scalarText(value, type.kind);
}

/** In results a NULL array is an empty one. */
function arrayToWire(value: DuckDBValue, element: SqlType): WireValue {
  const items = value === null ? [] : (value as DuckDBListValue).items;
  if (items.includes(null) && element.kind !== 'ARRAY') {
    throw new ApiError(400, 'Array cannot have a null element; error in writing field', { reason: 'invalidQuery' });
  }
  return items.map((item) => ({ v: toWire(item, element) }));
}

function scalarText(value: DuckDBValue, kind: SqlType['kind']): string {
  switch (kind) {
    case 'FLOAT64':
      return doubleCell(value as number);
    case 'BYTES':
      return Buffer.from((value as DuckDBBlobValue).bytes).toString('base64');
    case 'BIGNUMERIC':
      return formatDecimal(decode((value as DuckDBBlobValue).bytes));
    case 'NUMERIC':
      return trimmed((value as DuckDBDecimalValue).toString());
    case 'TIMESTAMP':
      return String((value as DuckDBTimestampValue).micros);
    case 'DATETIME':
      return (value as DuckDBTimestampValue).toString().replace(' ', 'T');
    case 'DATE':
      return (value as DuckDBDateValue).toString();
    case 'TIME':
      return (value as DuckDBTimeValue).toString();
    default:
      return String(value);
  }
}

function doubleCell(value: number): string {
  if (Number.isFinite(value)) return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
