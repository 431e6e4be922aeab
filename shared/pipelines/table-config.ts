import { readdirSync, readFileSync } from 'node:fs';
import type { TableField, TableMetadata } from '@google-cloud/bigquery';

export const BIGQUERY_CONFIGS = new URL('../../configs/bigquery/', import.meta.url);

/** A table as its file under `configs/bigquery/` describes it. */
export interface TableConfig {
  readonly name: string;
  readonly description?: string;
  readonly schema: TableField[];
  readonly timePartitioning?: { readonly type: string; readonly field?: string; readonly expirationMs?: string };
  readonly clustering?: string[];
}

/** All tables of a folder (`org`, `lookups`), by file name. */
export function readTables(folder: string, configs: URL = BIGQUERY_CONFIGS): TableConfig[] {
  const directory = new URL(`${folder}/`, configs);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.json'.length),
      ...(JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as Omit<TableConfig, 'name'>),
    }));
}

/** What `tables.insert` is given. */
export function creationOf({ description, schema, timePartitioning, clustering }: TableConfig): TableMetadata {
  return {
    ...(description ? { description } : {}),
    schema: { fields: schema },
    ...(timePartitioning ? { timePartitioning: { ...timePartitioning } } : {}),
    ...(clustering ? { clustering: { fields: clustering } } : {}),
  };
}

/**
 * A table's columns widened by those of `wanted` that it lacks, nested ones included; what it has stays as it is.
 *
 * @returns Undefined when nothing is missing.
 */
export function widened(present: readonly TableField[], wanted: readonly TableField[]): TableField[] | undefined {
  const byName = new Map(present.map((field) => [field.name?.toLowerCase(), field]));
  const added = wanted.filter(({ name }) => !byName.has(name?.toLowerCase())).map(nullable);
  let changed = added.length > 0;
  const kept = present.map((field) => {
    const want = wanted.find(({ name }) => name?.toLowerCase() === field.name?.toLowerCase());
    const fields = want?.fields && field.fields ? widened(field.fields, want.fields) : undefined;
    changed ||= fields !== undefined;
    return fields ? { ...field, fields } : field;
  });
  return changed ? [...kept, ...added] : undefined;
}

/** A column that is added to a table with rows cannot be REQUIRED. */
function nullable(field: TableField): TableField {
  const { mode, ...rest } = field;
  return {
    ...rest,
    ...(mode === 'REPEATED' ? { mode } : {}),
    ...(field.fields ? { fields: field.fields.map(nullable) } : {}),
  };
}
