import type { FieldFault } from '../platform/errors.ts';

/** Faults of values that stand under `fields` a second time, anywhere in the metadata. */
export function distinctFaults(fields: readonly string[], metadata: unknown): FieldFault[] {
  const seen = new Set<string>();
  return textsUnder(fields, metadata, '/metadata').flatMap(({ pointer, text }) => {
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    const hint = `Each of ${fields.join(' and ')} is another one; name it once.`;
    return [{ pointer, code: 'duplicate', message: 'This is named a second time', hint }];
  });
}

function textsUnder(fields: readonly string[], value: unknown, at: string): { pointer: string; text: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]: [string, unknown]) => {
    const pointer = `${at}/${name}`;
    if (typeof item === 'string') return fields.includes(name) ? [{ pointer, text: item }] : [];
    return textsUnder(fields, item, pointer);
  });
}
