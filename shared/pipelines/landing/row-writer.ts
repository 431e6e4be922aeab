import type { TableField } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';
import { fitCheck, typeOf } from './column-types.ts';

/** A cell as `tabledata.list` writes it: every scalar is text. */
export type Cell = string | null | readonly { readonly v: Cell }[] | { readonly f: readonly { readonly v: Cell }[] };
export interface WireRow {
  readonly f: readonly { readonly v: Cell }[];
}

/** A cell as JSON text. */
type CellWriter = (cell: Cell) => string;

/**
 * Compiles a writer from wire rows to lines of NDJSON for a load job.
 *
 * Scalars stay the text that BigQuery sent, so no amount goes through a double of ours; nulls are left out. Columns are
 * written under the target's spelling, and those that the target has not are dropped.
 *
 * @param source - Columns of the table that is read, in its order.
 * @param target - Columns of the table that is loaded.
 * @throws PipelineError `rows_refused`, when a row is written whose number the target's type cannot hold exactly.
 */
export function rowWriter(source: readonly TableField[], target: readonly TableField[]): (row: WireRow) => string {
  const write = recordWriter(source, target);
  return ({ f }) => `${write({ f })}\n`;
}

function recordWriter(source: readonly TableField[], target: readonly TableField[]): CellWriter {
  const byName = new Map(target.map((field) => [field.name?.toLowerCase(), field]));
  const columns = source.flatMap((field, index) => {
    const column = byName.get(field.name?.toLowerCase());
    return column ? [{ index, key: `${JSON.stringify(column.name)}:`, write: fieldWriter(field, column) }] : [];
  });
  return (cell) => {
    const { f } = cell as WireRow;
    let text = '';
    for (const { index, key, write } of columns) {
      const value = f[index]?.v ?? null;
      if (value !== null) text += `${text === '' ? '' : ','}${key}${write(value)}`;
    }
    return `{${text}}`;
  };
}

function fieldWriter(source: TableField, target: TableField): CellWriter {
  const one = source.fields ? recordWriter(source.fields, target.fields ?? []) : checkedWriter(source, target);
  if (source.mode !== 'REPEATED') return one;
  return (cell) => `[${(cell as readonly { v: Cell }[]).map(({ v }) => one(v)).join(',')}]`;
}

function checkedWriter(source: TableField, target: TableField): CellWriter {
  const write = scalarWriter(source.type ?? 'STRING', target.type ?? 'STRING');
  const fits = fitCheck(target, source);
  if (!fits) return write;
  return (cell) => {
    if (fits(cell as string)) return write(cell);
    throw new PipelineError(
      'rows_refused',
      `The column ${source.name} has numbers that ${typeOf(target)} cannot hold exactly`,
    );
  };
}

function scalarWriter(type: string, target: string): CellWriter {
  switch (type.toUpperCase()) {
    case 'TIMESTAMP':
      return (cell) => timestampText(cell as string);
    case 'JSON': // the text is JSON already, its numbers exact; a line break between its parts would end the line
      if (target.toUpperCase() !== 'JSON') return (cell) => JSON.stringify(cell);
      return (cell) => (cell as string).replaceAll(/[\r\n]+/g, ' ');
    case 'INTEGER':
    case 'INT64':
    case 'FLOAT':
    case 'FLOAT64':
    case 'NUMERIC':
    case 'BIGNUMERIC':
    case 'BOOLEAN':
    case 'BOOL': // these texts need no escapes; quoted, so that NaN and Infinity pass as well
      return (cell) => `"${cell as string}"`;
    default:
      return (cell) => JSON.stringify(cell);
  }
}

/** Texts of recent timestamps: rows of a day share few hours, and formatting is the dearest part of a row. */
const known = new Map<string, string>();
const MAX_KNOWN = 4096;

function timestampText(micros: string): string {
  let text = known.get(micros);
  if (text === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    text = JSON.stringify(timestampOf(micros));
    known.set(micros, text);
  }
  return text;
}

/** Microseconds since 1970 as ISO 8601, all six digits kept. */
export function timestampOf(micros: string): string {
  const value = BigInt(micros);
  const rest = ((value % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((value - rest) / 1_000_000n);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(rest).padStart(6, '0')}Z`;
}
