import { Type, type Static } from '@sinclair/typebox';
import { CHANGES, CUSTOMER, SOURCES, type Changes } from '../customer.ts';
import { LIST_LANDED } from '../landing/landing-statements.ts';
import { listUnits, type SourceTable, type SourceUnit } from '../landing/source-table.ts';
import { sameInstant } from '../landing/unit-lander.ts';
import { toPipelineError, type PipelineError } from '../pipeline-error.ts';
import type { Processor, Window } from '../processor.ts';
import type { Warehouse } from '../warehouse.ts';

const Settings = Type.Object(
  {
    /** Rows a page of `tabledata.list`. */
    page_rows: Type.Integer({ default: 1000, minimum: 1, maximum: 100_000 }),
    /** Days, today included, whose partitions are always read again. */
    reread_days: Type.Integer({ default: 5, minimum: 0, maximum: 60 }),
  },
  { additionalProperties: false },
);

interface LandedUnit {
  readonly day: string;
  readonly lastModified: string;
  readonly rowCount: number;
  readonly isWhole: boolean;
}

/**
 * Finds the days whose rows differ from what was landed, without reading a row.
 * Needs: the customer, the source tables. Leaves: the changed units; the loader reads their rows as it lands them.
 */
export function externalBqExtractor(warehouseOf: (org: string) => Promise<Warehouse>): Processor {
  return {
    settings: Settings,
    async run({ run, step, handover, log, platform }) {
      const settings = step.with as Static<typeof Settings>;
      const { bigQuery } = handover.get(CUSTOMER);
      const { tables } = handover.get(SOURCES);
      const warehouse = await warehouseOf(run.org);
      const rereadFrom = daysBefore(platform.clock.now(), settings.reread_days - 1);
      const isDue = (unit: SourceUnit, landed: LandedUnit | undefined) =>
        isAsked(run.window) || unit.day >= rereadFrom || hasChanged(unit, landed);

      const changes = {
        land: [] as SourceUnit[],
        remove: [] as Changes['remove'][number][],
        pageRows: settings.page_rows,
      };
      const failures: PipelineError[] = [];
      for (const source of tables) {
        try {
          const units = await listUnits(bigQuery, source);
          const landed = await listLanded(warehouse, source);
          changes.remove.push(...vanished(source, units, landed, run.window));
          changes.land.push(...units.filter((unit) => isInside(unit, run.window) && isDue(unit, landed.get(unit.day))));
        } catch (err) {
          failures.push(toPipelineError(err));
        }
      }
      if (failures.length === tables.length && failures[0]) throw failures[0];
      handover.put(CHANGES, changes);
      log.info('changes-found', { units: changes.land.length, vanished: changes.remove.length });
      return { failures };
    },
  };
}

/** Days that somebody asks for are read whether they changed or not. */
const isAsked = ({ from, to }: Window): boolean => from !== undefined || to !== undefined;

/** A table without partitions is one unit, which no window can cut. */
const isInside = ({ source, day }: SourceUnit, window: Window): boolean =>
  !source.isPartitioned || isWithin(day, window);

const isWithin = (day: string, { from, to }: Window): boolean =>
  (from === undefined || day >= from) && (to === undefined || day < to);

function hasChanged(unit: SourceUnit, landed: LandedUnit | undefined): boolean {
  if (!landed || landed.isWhole === unit.source.isPartitioned) return true;
  return landed.rowCount !== unit.rowCount || !sameInstant(landed.lastModified, unit.lastModified);
}

function vanished(
  source: SourceTable,
  units: readonly SourceUnit[],
  landed: ReadonlyMap<string, LandedUnit>,
  window: Window,
): Changes['remove'][number][] {
  const present = new Set(units.map(({ day }) => day));
  return [...landed.values()]
    .filter(({ day, isWhole }) => (source.isPartitioned && isWhole) || (!present.has(day) && isWithin(day, window)))
    .map(({ day, lastModified, isWhole }) => ({
      unit: { source, day, tableIds: [], lastModified, rowCount: 0 },
      isWhole,
    }));
}

async function listLanded(warehouse: Warehouse, { name }: SourceTable): Promise<Map<string, LandedUnit>> {
  const { rows } = await warehouse.query(LIST_LANDED, { source_table: name });
  return new Map(
    rows.map((row) => {
      const day = (row['ingestion_date'] as { value: string }).value;
      const lastModified = (row['source_last_modified'] as { value: string }).value;
      return [day, { day, lastModified, rowCount: Number(row['source_rows']), isWhole: row['is_whole'] === true }];
    }),
  );
}

function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}
