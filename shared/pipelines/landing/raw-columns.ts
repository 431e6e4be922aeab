import type { TableField } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';
import { isReadable, takes, typeOf } from './column-types.ts';
import { addedColumns, rawTable } from './export-kinds.ts';

/** Columns of the billing's raw table that code fills in; an export cannot supply them. */
export const ADDED_COLUMNS: ReadonlySet<string> = addedColumns(rawTable('cloud_gcp_billing_raw_daily'));

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,299}$/;
/** Prefixes that BigQuery keeps for itself. */
const RESERVED = /^(?:_table_|_file_|_partition|_row_timestamp|__root__|_colidentifier|_change_)/i;

/** How a source's columns meet those of the raw table. */
export interface ColumnFit {
  /** Columns to add to the raw table first, nested ones within their record. */
  readonly wanted: readonly TableField[];
  /** Dotted names of columns that the raw table does not know yet. */
  readonly added: readonly string[];
  /** Names or types that cannot become columns of ours: their values are not landed. */
  readonly refused: readonly string[];
}

/**
 * Compares a source with the raw table. New columns come from a customer's table, so each name is checked before it
 * gets into a schema or a statement.
 *
 * @param ours - Columns that code fills in.
 * @throws PipelineError `source_unsupported` that names a column whose values ours cannot hold.
 */
export function fitColumns(
  source: readonly TableField[],
  raw: readonly TableField[],
  ours: ReadonlySet<string> = ADDED_COLUMNS,
): ColumnFit {
  return fitRecord(source, raw, { path: '', ours });
}

interface Place {
  /** Dotted name of the record, with the last dot. */
  readonly path: string;
  readonly ours: ReadonlySet<string>;
}

function fitRecord(source: readonly TableField[], raw: readonly TableField[], place: Place): ColumnFit {
  const wanted: TableField[] = [];
  const added: string[] = [];
  const refused: string[] = [];
  for (const field of source) {
    const name = `${place.path}${field.name}`;
    const present = raw.find((column) => column.name?.toLowerCase() === field.name?.toLowerCase());
    if (!isUsable(field, place)) refused.push(name);
    else if (!present) {
      const part = usableParts(field);
      if (part.fields?.length === 0) refused.push(name);
      else {
        wanted.push(part);
        added.push(name);
      }
    } else if (field.fields || present.fields) {
      assertSameShape(field, present, name);
      const inner = fitRecord(field.fields ?? [], present.fields ?? [], { ...place, path: `${name}.` });
      if (inner.wanted.length > 0) wanted.push({ ...present, fields: [...inner.wanted] });
      added.push(...inner.added);
      refused.push(...inner.refused);
    } else assertSameShape(field, present, name);
  }
  return { wanted, added, refused };
}

/** The columns of a source that a query may name. */
export function namedColumns(source: readonly TableField[]): TableField[] {
  return source.filter((field) => isUsable(field, { path: '.', ours: ADDED_COLUMNS }));
}

function isUsable(field: TableField, { path, ours }: Place): boolean {
  const { name = '' } = field;
  return (
    IDENTIFIER.test(name) && !RESERVED.test(name) && isReadable(field) && !(path === '' && ours.has(name.toLowerCase()))
  );
}

/** A new column as it becomes ours: its usable parts, without descriptions and modes that would bind us. */
function usableParts({ name, type, mode, fields }: TableField): TableField {
  return {
    ...(name ? { name } : {}),
    ...(type ? { type } : {}),
    ...(mode === 'REPEATED' ? { mode } : {}),
    ...(fields
      ? {
          fields: fields
            .filter((field) => isUsable(field, { path: '.', ours: ADDED_COLUMNS }))
            .map(usableParts)
            .filter((field) => field.fields?.length !== 0),
        }
      : {}),
  };
}

function assertSameShape(source: TableField, raw: TableField, name: string): void {
  const shape = ({ fields, mode }: TableField) => `${fields ? 'record' : 'value'}${mode === 'REPEATED' ? ' list' : ''}`;
  if (shape(source) !== shape(raw)) throw misfit(name, `a ${shape(source)}`, `a ${shape(raw)}`);
  if (!source.fields && !takes(raw, source)) throw misfit(name, typeOf(source), typeOf(raw));
}

function misfit(name: string, is: string, should: string): PipelineError {
  return new PipelineError('source_unsupported', `The column ${name} is ${is}, in this export it is ${should}`, {
    remedy: 'Name the table that Google writes, or give the column its type back.',
  });
}
