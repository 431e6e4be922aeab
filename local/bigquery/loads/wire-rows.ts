import type { FieldSchema, WireRow, WireValue } from '../contracts.ts';
import { microsText, scalarWriter } from './scalars.ts';

/** Compiles a writer from rows as the REST API shows them to rows as DuckDB reads them. */
export function wireRowText(fields: readonly FieldSchema[]): (row: WireRow) => string {
  const columns = fields.map((field) => ({ key: `${JSON.stringify(field.name)}:`, write: cellWriter(field) }));
  return ({ f }) => {
    const members = columns.map(({ key, write }, index) => key + write(f[index]?.v ?? null));
    return `{${members.join(',')}}`;
  };
}

function cellWriter(field: FieldSchema): (cell: WireValue) => string {
  const one = field.fields ? recordWriter(field.fields) : plainWriter(field);
  if (field.mode !== 'REPEATED') return (cell) => (cell === null ? 'null' : one(cell));
  return (cell) =>
    `[${((cell ?? []) as readonly { v: WireValue }[]).map(({ v }) => (v === null ? 'null' : one(v))).join(',')}]`;
}

function recordWriter(fields: readonly FieldSchema[]): (cell: WireValue) => string {
  const write = wireRowText(fields);
  return (cell) => write(cell as WireRow);
}

function plainWriter(field: FieldSchema): (cell: WireValue) => string {
  if (field.type === 'TIMESTAMP') return (cell) => JSON.stringify(microsText(BigInt(cell as string)));
  const write = scalarWriter(field);
  return (cell) => write(cell as string, 'string');
}
