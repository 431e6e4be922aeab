import type { SourceTable } from '../../shared/pipelines/landing/source-table.ts';
import type { SourceUnit } from '../../shared/pipelines/landing/source-units.ts';
import type { LandedUnit } from '../../shared/pipelines/landing/landed-units.ts';
import { formatTablePath } from '../../shared/pipelines/landing/table-path.ts';
import { NOW } from './fakes.ts';

const PATH = { projectId: 'acme-billing', datasetId: 'exports', tableId: 'standard' };

export function aSource(source: Partial<SourceTable> = {}): SourceTable {
  const path = source.path ?? PATH;
  return {
    kind: 'standard',
    path,
    name: formatTablePath(path),
    location: 'US',
    fields: [{ name: 'export_time', type: 'TIMESTAMP' }],
    reading: 'partitions',
    partition: 'DAY',
    createdAt: new Date('2026-01-01T00:00:00Z'),
    modifiedAt: NOW,
    rowCount: 3,
    ...source,
  };
}

/** A day of a source as it is now. */
export function aUnit(source: SourceTable, day: string, unit: Partial<SourceUnit> = {}): SourceUnit {
  return {
    source,
    name: source.name,
    day,
    until: new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10),
    isWhole: false,
    rows: { tableIds: [`${source.path.tableId}$${day.replaceAll('-', '')}`] },
    lastModified: `${day}T12:00:00.000000Z`,
    rowCount: 3,
    ...unit,
  };
}

/** What `landed_units` says of a unit that was landed as it is. */
export function landedFrom(unit: SourceUnit, landed: Partial<LandedUnit> = {}): LandedUnit {
  const { name, day, lastModified, rowCount, isWhole } = unit;
  return {
    name,
    day,
    lastModified,
    rowCount,
    isWhole,
    duplicates: 0,
    table: 'cloud_gcp_billing_raw_daily',
    landedAt: NOW,
    ...landed,
  };
}
