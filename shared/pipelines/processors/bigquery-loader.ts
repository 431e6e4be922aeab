import { Type, type Static } from '@sinclair/typebox';
import type { Dataset, TableField } from '@google-cloud/bigquery';
import { CHANGES, CUSTOMER, SOURCES, type Changes } from '../customer.ts';
import { readPages } from '../landing/page-reader.ts';
import { fitColumns } from '../landing/raw-columns.ts';
import type { SourceUnit } from '../landing/source-table.ts';
import { UnitLander } from '../landing/unit-lander.ts';
import { toPipelineError, type PipelineError } from '../pipeline-error.ts';
import type { Processor, StepContext } from '../processor.ts';
import { QualityReport } from '../quality-report.ts';
import { widened } from '../table-config.ts';
import type { Warehouse } from '../warehouse.ts';

const Settings = Type.Object(
  {
    /** Units that are read and staged at the same time; each holds two pages in memory. */
    parallel_units: Type.Integer({ default: 2, minimum: 1, maximum: 16 }),
  },
  { additionalProperties: false },
);

/**
 * Lands the changed units in the pipeline's destination, each in one transaction.
 * Needs: the customer, the source tables, the changed units.
 */
export function bigQueryLoader(warehouseOf: (org: string) => Promise<Warehouse>): Processor {
  return {
    settings: Settings,
    async run(context) {
      const { handover, run, signal, step } = context;
      const warehouse = await warehouseOf(run.org);
      const changes = handover.get(CHANGES);
      const report = new QualityReport(warehouse, run, context.platform.clock);
      const { columns, failures, unfit } = await fitSources(context, warehouse, report);
      const lander = landerFor(context, warehouse, columns);

      for (const { unit, isWhole } of changes.remove) {
        await lander.remove(unit, isWhole);
        context.log.info('unit-removed', { source: unit.source.name, ingestionDate: unit.day });
      }
      const units = changes.land.filter(({ source }) => !unfit.has(source.name));
      const { parallel_units: parallel } = step.with as Static<typeof Settings>;
      const unlanded = await eachOf(units, parallel, signal, (unit) => landUnit(context, lander, changes, unit));
      await report.save();
      failures.push(...unlanded);
      if (failures[0] && unlanded.length === units.length) throw failures[0];
      return { failures };
    },
  };
}

/** Widens the raw table by what the sources have and it has not. */
async function fitSources({ run, handover, log }: StepContext, warehouse: Warehouse, report: QualityReport) {
  const { table } = run.pipeline.destination;
  const raw = warehouse.bigQuery.dataset(warehouse.names.org ?? '', { location: warehouse.location }).table(table);
  const failures: PipelineError[] = [];
  const unfit = new Set<string>();
  let columns = await columnsOf(raw);
  for (const source of handover.get(SOURCES).tables) {
    try {
      const fit = fitColumns(source.fields, columns);
      const wider = widened(columns, fit.wanted);
      if (wider) await raw.setMetadata({ schema: { fields: wider } });
      columns = wider ?? columns;
      if (fit.added.length > 0) log.info('columns-added', { source: source.name, columns: fit.added });
      report.columns(source, fit);
    } catch (err) {
      failures.push(toPipelineError(err));
      unfit.add(source.name);
    }
  }
  return { columns, failures, unfit };
}

async function columnsOf(table: ReturnType<Dataset['table']>): Promise<TableField[]> {
  const [{ schema }] = (await table.getMetadata()) as unknown as [{ schema?: { fields?: TableField[] } }];
  return schema?.fields ?? [];
}

function landerFor(context: StepContext, warehouse: Warehouse, columns: readonly TableField[]): UnitLander {
  const { platform, run, handover, attempt, signal } = context;
  return new UnitLander({
    warehouse,
    run,
    columns,
    signal,
    clock: platform.clock,
    credentialId: handover.get(CUSTOMER).credentialId,
    table: run.pipeline.destination.table,
    attempt: `${platform.config.task.attempt}.${attempt}`,
  });
}

async function landUnit(
  context: StepContext,
  lander: UnitLander,
  { pageRows }: Changes,
  unit: SourceUnit,
): Promise<void> {
  const { bigQuery } = context.handover.get(CUSTOMER);
  const rows = () => readPages(bigQuery, unit, { pageRows, signal: context.signal });
  const { wasLanded, ...landed } = await lander.land(unit, rows);
  context.progress(landed);
  if (!wasLanded) context.log.info('unit-landed', { source: unit.source.name, ingestionDate: unit.day, ...landed });
}

/** Does all, some at a time. A failure is collected, so that the other days still land; an abort ends everything. */
async function eachOf<T>(
  items: readonly T[],
  parallel: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<PipelineError[]> {
  const failures: PipelineError[] = [];
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      signal.throwIfAborted();
      await work(item).catch((err: unknown) => failures.push(toPipelineError(err)));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  signal.throwIfAborted();
  return failures;
}
