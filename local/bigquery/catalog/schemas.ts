import type { FieldSchema } from '../contracts.ts';
import { invalid } from '../errors.ts';
import { isObject } from '../requests.ts';
import { namedType } from '../values/types.ts';

const NAME = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd} &%=+:'<>#|]{1,300}$/u;
const RESERVED = /^(_PARTITION|_TABLE_|_FILE_|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER)/i;
const MODES = new Set(['NULLABLE', 'REQUIRED', 'REPEATED']);
const MAX_DEPTH = 15;

/** Types as the REST API answers them, whatever of their two names came in. */
const LEGACY: Readonly<Record<string, string>> = {
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  STRUCT: 'RECORD',
};

/** Checks a schema as it came in, and gives it BigQuery's own spelling. */
export function checkedFields(fields: unknown, depth = 1): FieldSchema[] {
  if (fields === undefined) return [];
  if (!Array.isArray(fields)) throw invalid('Invalid value for schema.fields: an array is expected');
  if (depth > MAX_DEPTH) throw invalid('Schema is nested too deeply: at most 15 levels are allowed.');
  const seen = new Set<string>();
  return fields.map((field: unknown) => {
    const checked = checkedField(field, depth);
    const key = checked.name.toLowerCase();
    if (seen.has(key)) throw invalid(`Field ${checked.name} already exists in schema`);
    seen.add(key);
    return checked;
  });
}

function checkedField(field: unknown, depth: number): FieldSchema {
  if (!isObject(field)) throw invalid('Invalid value for schema.fields: an object is expected');
  const { name, type, mode, fields, ...rest } = field as unknown as FieldSchema;
  if (typeof name !== 'string' || !NAME.test(name) || RESERVED.test(name)) {
    throw invalid(
      `Invalid field name "${String(name)}". Fields must contain the allowed characters, and be at most 300 characters long.`,
    );
  }
  const kind = String(type ?? '').toUpperCase();
  const wanted = mode ?? 'NULLABLE';
  if (!MODES.has(wanted)) throw invalid(`Invalid value for mode: ${wanted} is not a valid value`);
  const isRecord = kind === 'RECORD' || kind === 'STRUCT';
  if (isRecord && !fields?.length) throw invalid(`Field ${name} is type RECORD but has no schema`);
  if (!isRecord) assertType(name, kind);
  return {
    name,
    type: LEGACY[kind] ?? kind,
    mode: wanted,
    ...(isRecord ? { fields: checkedFields(fields, depth + 1) } : {}),
    ...rest,
  };
}

function assertType(name: string, kind: string): void {
  try {
    namedType(kind);
  } catch {
    throw invalid(`Invalid value for type: ${kind || '(none)'} is not a valid value for field ${name}`);
  }
}

/** One step from the present schema to a wider one. */
export interface SchemaChange {
  /** New columns; a nested one has the path of its record. */
  readonly added: readonly { readonly path: readonly string[]; readonly field: FieldSchema }[];
  /** Top-level columns that are REQUIRED no longer. */
  readonly relaxed: readonly string[];
}

/**
 * What turns `present` into `wanted`; columns may be added and relaxed, nothing else.
 *
 * @param table - `project:dataset.table`, for the message.
 */
export function schemaChange(
  table: string,
  present: readonly FieldSchema[],
  wanted: readonly FieldSchema[],
): SchemaChange {
  const added: SchemaChange['added'][number][] = [];
  const relaxed: string[] = [];
  compare(present, wanted, []);
  return { added, relaxed };

  function compare(before: readonly FieldSchema[], after: readonly FieldSchema[], path: readonly string[]): void {
    const byName = new Map(after.map((field) => [field.name.toLowerCase(), field]));
    for (const field of before) {
      const other = byName.get(field.name.toLowerCase());
      if (!other) throw mismatch(`Field ${[...path, field.name].join('.')} is missing in new schema`);
      compareField(field, other, path);
    }
    const known = new Set(before.map(({ name }) => name.toLowerCase()));
    for (const field of after) if (!known.has(field.name.toLowerCase())) add(field, path);
  }

  function compareField(before: FieldSchema, after: FieldSchema, path: readonly string[]): void {
    const name = [...path, before.name].join('.');
    if (before.type !== after.type)
      throw mismatch(`Field ${name} has changed type from ${before.type} to ${after.type}`);
    const [from, to] = [before.mode ?? 'NULLABLE', after.mode ?? 'NULLABLE'];
    if (from !== to) {
      if (from !== 'REQUIRED' || to !== 'NULLABLE')
        throw mismatch(`Field ${name} has changed mode from ${from} to ${to}`);
      if (path.length === 0) relaxed.push(before.name);
    }
    if (before.fields) compare(before.fields, after.fields ?? [], [...path, before.name]);
  }

  function add(field: FieldSchema, path: readonly string[]): void {
    if (field.mode === 'REQUIRED')
      throw mismatch(`Cannot add required fields to an existing schema. (field: ${[...path, field.name].join('.')})`);
    added.push({ path, field });
  }

  function mismatch(detail: string) {
    return invalid(`Provided Schema does not match Table ${table}. ${detail}`);
  }
}

/** `present` in its own order with what `wanted` says of each column, then the new ones. */
export function mergedFields(present: readonly FieldSchema[], wanted: readonly FieldSchema[]): FieldSchema[] {
  const byName = new Map(wanted.map((field) => [field.name.toLowerCase(), field]));
  const kept = present.map((field) => {
    const other = byName.get(field.name.toLowerCase());
    byName.delete(field.name.toLowerCase());
    if (!other) return field;
    const { fields, ...rest } = other;
    return {
      ...field,
      ...rest,
      name: field.name,
      ...(fields ? { fields: mergedFields(field.fields ?? [], fields) } : {}),
    };
  });
  return [...kept, ...byName.values()];
}
