import type { FieldSchema } from '../contracts.ts';
import { invalid } from '../errors.ts';

/** The part of a schema that `selectedFields` names, such as `a,b.c`; columns stay in the table's order. */
export function selectFields(fields: readonly FieldSchema[], selected: string | null): readonly FieldSchema[] {
  if (selected === null || selected.trim() === '') return fields;
  return pick(
    fields,
    selected.split(',').map((path) => path.trim().split('.')),
    '',
  );
}

function pick(fields: readonly FieldSchema[], paths: readonly (readonly string[])[], prefix: string): FieldSchema[] {
  for (const [name = ''] of paths) {
    if (!fields.some((field) => isNamed(field, name))) throw invalid(`No such field: ${prefix}${name}`);
  }
  return fields.flatMap((field) => {
    const rests = paths.filter(([name = '']) => isNamed(field, name)).map((path) => path.slice(1));
    if (rests.length === 0) return [];
    if (rests.some((rest) => rest.length === 0) || !field.fields) return [field];
    return [{ ...field, fields: pick(field.fields, rests, `${prefix}${field.name}.`) }];
  });
}

const isNamed = (field: FieldSchema, name: string): boolean => field.name.toLowerCase() === name.toLowerCase();
