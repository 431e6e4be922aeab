import type { FieldSchema, WireValue } from '../../local/bigquery/contracts.ts';
import type { Cell } from '../sql/google-values.ts';

/** A cell of the REST wire in the form of Google's engine, so that both compare with `deepEqual`. */
export function wireCell(value: WireValue, field: FieldSchema): Cell {
  if (value === null) return null;
  if (field.mode === 'REPEATED')
    return (value as { v: WireValue }[]).map(({ v }) => wireCell(v, { ...field, mode: 'NULLABLE' }));
  if (field.fields) {
    const { f } = value as { f: { v: WireValue }[] };
    return Object.fromEntries(field.fields.map((inner, at) => [inner.name, wireCell(f[at]!.v, inner)]));
  }
  if (field.type === 'BOOLEAN') return value === 'true';
  return field.type === 'TIMESTAMP' ? isoTime(BigInt(value as string)) : value;
}

function isoTime(micros: bigint): string {
  const fraction = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${new Date(Number(micros / 1000n)).toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`;
}
