import type { BigQuery } from '@google-cloud/bigquery';
import { PipelineError } from '../pipeline-error.ts';
import { customerCall } from './customer-call.ts';
import { countByDay, listPartitions } from './source-queries.ts';
import { exportedAtOf, type SourceTable } from './source-table.ts';

/** What is replaced as a whole: a day of a source, or all of it. */
export interface SourceUnit {
  readonly source: SourceTable;
  /** What its rows are landed under: the source's name, with a decorator for rows that are in no day's partition. */
  readonly name: string;
  /** Day of the partitions; of what has none the day when the table was created. */
  readonly day: string;
  /** The first day after it. */
  readonly until: string;
  /** Whether it holds rows of many days, which then land on the days when they were exported. */
  readonly isWhole: boolean;
  readonly rows: UnitRows;
  /** ISO 8601 in microseconds, as the source says it. */
  readonly lastModified: string;
  readonly rowCount: number;
}

/** Where the rows of a unit are: in tables (with partition decorator), or found by a query. */
export type UnitRows = { readonly tableIds: readonly string[] } | { readonly where: 'all' | 'day' | 'no day' };

export interface SourceUnits {
  readonly units: readonly SourceUnit[];
  /** Rows that have no partition yet: they are read when they have one. */
  readonly buffered: number;
}

const DAY_MS = 86_400_000;
const NULL_PARTITION = '__NULL__';
const STREAMING_BUFFER = '__UNPARTITIONED__';

/** The units that a source has now. */
export async function listUnits(customer: BigQuery, source: SourceTable): Promise<SourceUnits> {
  return customerCall(source.name, async () => {
    switch (source.reading) {
      case 'whole':
        return { units: [wholeUnit(source, { tableIds: [source.path.tableId] })], buffered: 0 };
      case 'queries':
        return { units: await queriedUnits(customer, source), buffered: 0 };
      case 'partitions':
        return partitionedUnits(customer, source);
    }
  });
}

function wholeUnit(source: SourceTable, rows: UnitRows): SourceUnit {
  const day = dayOf(source.createdAt);
  const { name, modifiedAt, rowCount } = source;
  return {
    source,
    name,
    day,
    until: nextDay(day),
    isWhole: true,
    rows,
    lastModified: modifiedAt.toISOString(),
    rowCount,
  };
}

/** Without a column that tells the day, a view is one unit; nothing says when its rows change. */
async function queriedUnits(customer: BigQuery, source: SourceTable): Promise<SourceUnit[]> {
  if (!exportedAtOf(source)) return [wholeUnit(source, { where: 'all' })];
  const days = await countByDay(customer, source);
  return days.map(({ day, rowCount, lastExported }) =>
    day === null
      ? { ...dayless(source, { where: 'no day' }), rowCount }
      : {
          source,
          name: source.name,
          day,
          until: nextDay(day),
          isWhole: false,
          rows: { where: 'day' as const },
          lastModified: lastExported,
          rowCount,
        },
  );
}

/** Rows that belong to no day land under a name of their own, so that no day's replacement touches them. */
function dayless(source: SourceTable, rows: UnitRows): SourceUnit {
  return { ...wholeUnit(source, rows), name: `${source.name}$${NULL_PARTITION}` };
}

async function partitionedUnits(customer: BigQuery, source: SourceTable): Promise<SourceUnits> {
  const byName = new Map<string, SourceUnit>();
  let buffered = 0;
  for (const { id, rowCount, lastModified } of await listPartitions(customer, source)) {
    if (id === STREAMING_BUFFER) {
      buffered += rowCount;
      continue;
    }
    const unit = { ...unitOf(source, id), rowCount, lastModified };
    const key = `${unit.name} ${unit.day}`;
    byName.set(key, joined(byName.get(key), unit));
  }
  return { units: [...byName.values()].sort((a, b) => a.day.localeCompare(b.day)), buffered };
}

/** Hourly partitions share their day; monthly and yearly ones count as their first day. */
function unitOf(source: SourceTable, partitionId: string): SourceUnit {
  const rows = { tableIds: [`${source.path.tableId}$${partitionId}`] };
  if (partitionId === NULL_PARTITION) return dayless(source, rows);
  const [, year, month, day] = /^(\d{4})(\d\d)?(\d\d)?(?:\d\d)?$/.exec(partitionId) ?? [];
  if (year === undefined) throw new PipelineError('source_unsupported', `${source.name} is not partitioned by time`);
  const first = `${year}-${month ?? '01'}-${day ?? '01'}`;
  const until = day ? nextDay(first) : afterMonths(first, month ? 1 : 12);
  return { ...wholeUnit(source, rows), day: first, until, isWhole: false };
}

function joined(unit: SourceUnit | undefined, more: SourceUnit): SourceUnit {
  if (!unit) return more;
  return {
    ...unit,
    rows: { tableIds: [...tableIdsOf(unit), ...tableIdsOf(more)].sort() },
    lastModified: more.lastModified > unit.lastModified ? more.lastModified : unit.lastModified,
    rowCount: unit.rowCount + more.rowCount,
  };
}

function tableIdsOf({ rows }: SourceUnit): readonly string[] {
  return 'tableIds' in rows ? rows.tableIds : [];
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

export function nextDay(day: string): string {
  return dayOf(new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS));
}

function afterMonths(day: string, months: number): string {
  const [year = 0, month = 1] = day.split('-').map(Number);
  return dayOf(new Date(Date.UTC(year, month - 1 + months, 1)));
}

/** Two spellings of the same time count as equal. */
export function sameInstant(a: string, b: string): boolean {
  const micros = (text: string) =>
    text.replace(/(?:\.(\d+))?Z$/, (_all, digits = '') => `.${(digits as string).padEnd(6, '0').slice(0, 6)}Z`);
  return micros(a) === micros(b);
}

/** Whether a unit is in the state in which it was seen before. */
export function sameState(
  a: Pick<SourceUnit, 'lastModified' | 'rowCount'>,
  b: Pick<SourceUnit, 'lastModified' | 'rowCount'>,
): boolean {
  return a.rowCount === b.rowCount && sameInstant(a.lastModified, b.lastModified);
}
