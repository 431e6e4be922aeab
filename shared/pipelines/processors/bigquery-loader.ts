import { Type, type Static } from '@sinclair/typebox';
import { CHANGES, CUSTOMER, SOURCES } from '../customer.ts';
import { EXPORT_KINDS } from '../landing/export-kinds.ts';
import type { LandedUnit } from '../landing/landed-units.ts';
import { landReader } from '../landing/land-reader.ts';
import type { PlannedUnit } from '../landing/landing-plan.ts';
import { openRawTables, type RawTables } from '../landing/raw-tables.ts';
import { allOf, toPipelineError, type PipelineError } from '../pipeline-error.ts';
import type { Processor, StepContext } from '../processor.ts';
import { QualityReport } from '../quality-report.ts';
import type { Warehouse } from '../warehouse.ts';

const Settings = Type.Object(
  {
    /** Days that are read and staged at the same time; each holds two pages in memory. */
    parallel_units: Type.Integer({ default: 2, minimum: 1, maximum: 16 }),
  },
  { additionalProperties: false },
);

/**
 * Lands the changed units in the raw tables of their exports, each in one transaction.
 * Needs: the customer, the source tables, the changed units.
 */
export function bigQueryLoader(warehouseOf: (org: string) => Promise<Warehouse>): Processor {
  return {
    settings: Settings,
    async run(context) {
      const { handover, run, signal, step, platform } = context;
      const warehouse = await warehouseOf(run.org);
      const { plan } = handover.get(CHANGES);
      const report = new QualityReport(warehouse, run, platform.clock);
      const tables = await openRawTables(context, warehouse, report);

      const failures = [...tables.failures];
      for (const unit of plan.remove) await removeUnit(context, tables, unit);
      const units = plan.land.filter(({ unit }) => tables.landerOf(unit.source) !== undefined);
      const { parallel_units: parallel } = step.with as Static<typeof Settings>;
      const land = landUnit(context, tables, report, units.length);
      const unlanded = await eachOf(dayByDay(units), parallel, signal, land);
      await report.save();
      failures.push(...unlanded);
      const all = allOf(failures);
      if (all && unlanded.length === units.length) throw all;
      return { failures };
    },
  };
}

async function removeUnit({ log }: StepContext, tables: RawTables, unit: LandedUnit): Promise<void> {
  await tables.landerInto(unit.table).remove(unit);
  log.info('unit-removed', { source: unit.name, ingestionDate: unit.day });
}

/** Tables of one day land one after the other: what two of them hold is the first one's. */
function dayByDay(units: readonly PlannedUnit[]): PlannedUnit[][] {
  return [...Map.groupBy(units, ({ unit }) => `${EXPORT_KINDS[unit.source.kind].table} ${unit.day}`).values()];
}

function landUnit(context: StepContext, tables: RawTables, report: QualityReport, count: number) {
  const { handover, log, progress, signal } = context;
  const { pageRows } = handover.get(CHANGES);
  const { bigQuery } = handover.get(CUSTOMER);
  const land = landReader(bigQuery, handover.get(SOURCES).readable, { pageRows, signal });
  let done = 0;
  return async ({ unit, replaces }: PlannedUnit): Promise<void> => {
    const lander = tables.landerOf(unit.source);
    if (!lander) return;
    const { wasLanded, ...landed } = await land(unit, (seen, rows) =>
      lander.land(seen, rows, { replaces, twins: tables.twinsOf(unit.source, replaces) }),
    );
    done += 1;
    progress(landed);
    if (landed.duplicates > 0) report.duplicates(`${unit.name} ${unit.day}`, landed.duplicates);
    if (!wasLanded)
      log.info('unit-landed', { source: unit.name, ingestionDate: unit.day, ...landed, unit: done, of: count });
  };
}

/**
 * Does all, some groups at a time, and the items of a group in order. A failure is collected, so that the other units still
 * land; an abort ends everything.
 */
async function eachOf<T>(
  groups: readonly (readonly T[])[],
  parallel: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<PipelineError[]> {
  const failures: PipelineError[] = [];
  const queue = groups.values();
  const worker = async (): Promise<void> => {
    for (const group of queue) {
      for (const item of group) {
        signal.throwIfAborted();
        await work(item).catch((err: unknown) => failures.push(toPipelineError(err)));
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  signal.throwIfAborted();
  return failures;
}
