import { Type, type Static } from '@sinclair/typebox';
import { CHANGES, CUSTOMER, SOURCES, type Sources } from '../customer.ts';
import { EXPORT_KINDS } from '../landing/export-kinds.ts';
import { listLanded, type LandedUnit } from '../landing/landed-units.ts';
import { planLanding, type LandingPlan, type ReadSource } from '../landing/landing-plan.ts';
import { listUnits } from '../landing/source-units.ts';
import { untilAborted } from '../landing/until-aborted.ts';
import { allOf, toPipelineError, type PipelineError } from '../pipeline-error.ts';
import type { Processor, StepContext } from '../processor.ts';
import { QualityReport } from '../quality-report.ts';
import type { Warehouse } from '../warehouse.ts';

const Settings = Type.Object(
  {
    /** Rows a page of `tabledata.list`. */
    page_rows: Type.Integer({ default: 1000, minimum: 1, maximum: 100_000 }),
    /** Days, today included, whose partitions are always read again. */
    reread_days: Type.Integer({ default: 5, minimum: 0, maximum: 60 }),
    /** Days that the standard export may be ahead of the detailed one before that one counts as switched off. */
    grace_days: Type.Integer({ default: 5, minimum: 1, maximum: 60 }),
  },
  { additionalProperties: false },
);

/**
 * Finds the units whose rows differ from what was landed, without reading a row of a table.
 * Needs: the customer, the source tables. Leaves: the changed units; the loader reads their rows as it lands them.
 */
export function externalBqExtractor(warehouseOf: (org: string) => Promise<Warehouse>): Processor {
  return {
    settings: Settings,
    async run(context) {
      const { run, step, handover, log, platform } = context;
      const settings = step.with as Static<typeof Settings>;
      const now = platform.clock.now();
      const sources = handover.get(SOURCES);
      const warehouse = await warehouseOf(run.org);
      const report = new QualityReport(warehouse, run, platform.clock);

      const { found, failures } = await listAll(context, report);
      const landed = await listLanded(warehouse);
      const plan = planLanding(found, landed, {
        now,
        window: run.window,
        rereadFrom: daysBefore(now, settings.reread_days - 1),
        graceDays: settings.grace_days,
      });
      reportPlan(report, sources, plan, now);
      await report.save();
      handover.put(CHANGES, { plan, known: knownTables(sources, landed), pageRows: settings.page_rows });
      const { land, remove, kept } = plan;
      log.info('changes-found', { units: land.length, vanished: remove.length, kept: kept.length });
      return { failures };
    },
  };
}

async function listAll({ handover, signal }: StepContext, report: QualityReport) {
  const { bigQuery } = handover.get(CUSTOMER);
  const found: ReadSource[] = [];
  const failures: PipelineError[] = [];
  const { readable } = handover.get(SOURCES);
  for (const { table: source, partner } of readable) {
    try {
      const { units, buffered } = await untilAborted(listUnits(bigQuery, source), signal);
      found.push({ source, partner, units });
      if (buffered > 0) report.streamingBuffer(source.name, buffered);
    } catch (err) {
      signal.throwIfAborted();
      failures.push(toPipelineError(err));
    }
  }
  const all = allOf(failures);
  if (failures.length === readable.length && all) throw all;
  return { found, failures };
}

function reportPlan(report: QualityReport, { repeated }: Sources, { land, late, short }: LandingPlan, now: Date): void {
  for (const { path, fields } of repeated) report.repeatedTable(path, fields);
  for (const [path, days] of late) report.lateDetailedExport(path, days);
  for (const [path, days] of short) report.shortDetailedExport(path, days);
  const today = daysBefore(now, 0);
  for (const { unit } of land) if (unit.day > today) report.futureDay(unit.name, unit.day);
}

/** Every table that rows came from or may come from, once. */
function knownTables({ readable }: Sources, landed: readonly LandedUnit[]): { name: string; table: string }[] {
  const all = [
    ...readable.map(({ table: { name, kind } }) => ({ name, table: EXPORT_KINDS[kind].table })),
    ...landed.map(({ name, table }) => ({ name, table })),
  ];
  return [...new Map(all.map((known) => [`${known.table} ${known.name}`, known])).values()];
}

function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}
