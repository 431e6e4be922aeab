import type { Cell } from '../../sql/google-values.ts';
import type { Values } from '../generator/names.ts';
import { itemsIn, textIn } from './export-row.ts';

/**
 * The tags of a row, keys in the order of their code points: labels over project labels, the first of two equal keys, a prefix
 * for every other scheme. `undefined` for a row without any.
 */
export function tagsOf(values: Values): readonly (readonly [key: string, value: Cell])[] | undefined {
  const found = new Map<string, Cell>();
  const add = (key: Cell | undefined, value: Cell | undefined) => {
    if (typeof key === 'string' && !found.has(key)) found.set(key, value ?? true);
  };
  for (const { key, value } of itemsIn(values, 'labels')) add(key, value);
  for (const { key, value } of itemsIn(values, 'project.labels')) add(key, value);
  for (const { key, value, namespace } of itemsIn(values, 'tags'))
    if (typeof key === 'string') add(`gcp_tag/${(namespace ?? '') as string}/${key}`, value);
  for (const { key, value } of itemsIn(values, 'system_labels'))
    if (typeof key === 'string') add(`gcp_system/${key}`, value);
  return found.size === 0 ? undefined : [...found].toSorted(([a], [b]) => byCodePoint(a, b));
}

/** JavaScript compares UTF-16 units; databases compare code points. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A reservation's id and whether it was used, from the labels that Google sets. */
export function reservationOf(values: Values): readonly [id: string | null, status: 'Used' | 'Unused' | null] {
  const label = (name: string) =>
    itemsIn(values, 'system_labels').find(({ key }) => key === `compute.googleapis.com/${name}`)?.['value'] as
      string | null | undefined;
  const name = label('reservation_name');
  if (name === undefined || name === null) return [null, null];
  const project = label('reservation_project_id') ?? textIn(values, 'project.id') ?? '-';
  const zone = textIn(values, 'location.zone') ?? textIn(values, 'location.location') ?? '-';
  const status = label('is_unused_reservation') === 'true' ? 'Unused' : 'Used';
  return [`projects/${project}/zones/${zone}/reservations/${name}`, status];
}
