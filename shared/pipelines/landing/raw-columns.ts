import type { TableField } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';

/** Columns of every raw table that code fills in; an export cannot supply them. */
export const ADDED_COLUMNS: ReadonlySet<string> = new Set([
  'service_id',
  'project_id',
  'location_region',
  'ingestion_date',
  'x_source_table',
  'x_org_slug',
  'x_pipeline',
  'x_run_id',
  'x_credential_id',
  'x_loaded_at',
]);

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,299}$/;
/** Prefixes that BigQuery keeps for itself. */
const RESERVED = /^(?:_table_|_file_|_partition|_row_timestamp|__root__|_colidentifier|_change_)/i;

/** How a source's columns meet those of the raw table. */
export interface ColumnFit {
  /** Columns to add to the raw table first, nested ones within their record. */
  readonly wanted: readonly TableField[];
  /** Dotted names of columns that the raw table does not know yet. */
  readonly added: readonly string[];
  /** Names that cannot become columns of ours: their values are not landed. */
  readonly refused: readonly string[];
}

/**
 * Compares a source with the raw table. New columns come from a customer's table, so each name is checked before it
 * gets into a schema or a statement.
 *
 * @throws PipelineError `source_unsupported` when a column is a record here and none there.
 */
export function fitColumns(source: readonly TableField[], raw: readonly TableField[], path = ''): ColumnFit {
  const wanted: TableField[] = [];
  const added: string[] = [];
  const refused: string[] = [];
  for (const field of source) {
    const name = `${path}${field.name}`;
    const present = raw.find((column) => column.name?.toLowerCase() === field.name?.toLowerCase());
    if (!isUsable(field, path === '')) refused.push(name);
    else if (!present) {
      wanted.push(usableParts(field));
      added.push(name);
    } else if (field.fields || present.fields) {
      assertSameShape(field, present, name);
      const inner = fitColumns(field.fields ?? [], present.fields ?? [], `${name}.`);
      if (inner.wanted.length > 0) wanted.push({ ...present, fields: [...inner.wanted] });
      added.push(...inner.added);
      refused.push(...inner.refused);
    } else assertSameShape(field, present, name);
  }
  return { wanted, added, refused };
}

function isUsable({ name = '' }: TableField, isTop: boolean): boolean {
  return IDENTIFIER.test(name) && !RESERVED.test(name) && !(isTop && ADDED_COLUMNS.has(name.toLowerCase()));
}

/** A new column as it becomes ours: its usable parts, without descriptions and modes that would bind us. */
function usableParts({ name, type, mode, fields }: TableField): TableField {
  return {
    ...(name ? { name } : {}),
    ...(type ? { type } : {}),
    ...(mode === 'REPEATED' ? { mode } : {}),
    ...(fields ? { fields: fields.filter((field) => isUsable(field, false)).map(usableParts) } : {}),
  };
}

function assertSameShape(source: TableField, raw: TableField, name: string): void {
  const shape = ({ fields, mode }: TableField) => `${fields ? 'record' : 'value'}${mode === 'REPEATED' ? ' list' : ''}`;
  if (shape(source) === shape(raw)) return;
  throw new PipelineError(
    'source_unsupported',
    `The column ${name} is a ${shape(source)}, in a billing export it is a ${shape(raw)}`,
  );
}
