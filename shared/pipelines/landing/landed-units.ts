import type { Warehouse } from '../warehouse.ts';
import { LIST_LANDED } from './landing-statements.ts';
import type { SourceUnit } from './source-units.ts';

/** A row of `landed_units`: what was read, as the source stood then. */
export interface LandedUnit {
  readonly name: string;
  readonly table: string;
  readonly day: string;
  readonly lastModified: string;
  readonly rowCount: number;
  /** Rows that were not landed since another table had them. */
  readonly duplicates: number;
  readonly isWhole: boolean;
  readonly landedAt: Date;
}

export async function listLanded(warehouse: Warehouse): Promise<LandedUnit[]> {
  const { rows } = await warehouse.query(LIST_LANDED);
  return rows.map((row) => ({
    name: row['source_table'] as string,
    table: row['raw_table'] as string,
    day: (row['ingestion_date'] as { value: string }).value,
    lastModified: (row['source_last_modified'] as { value: string }).value,
    rowCount: Number(row['source_rows']),
    duplicates: Number(row['duplicate_rows'] ?? 0),
    isWhole: row['is_whole'] === true,
    landedAt: new Date((row['landed_at'] as { value: string }).value),
  }));
}

/** Whether a unit was landed from a source, under its own name or with a decorator. */
export function isOf(name: string, { name: landed }: Pick<LandedUnit, 'name'>): boolean {
  return landed === name || landed.startsWith(`${name}$`);
}

export function landedKey({ name, day }: Pick<SourceUnit, 'name' | 'day'>): string {
  return `${name} ${day}`;
}
