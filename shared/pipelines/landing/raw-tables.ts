import type { Table, TableField } from '@google-cloud/bigquery';
import { CHANGES, CUSTOMER, SOURCES } from '../customer.ts';
import { toPipelineError, type PipelineError } from '../pipeline-error.ts';
import type { StepContext } from '../processor.ts';
import type { QualityReport } from '../quality-report.ts';
import { readTables, widened } from '../table-config.ts';
import type { Warehouse } from '../warehouse.ts';
import { addedColumns, EXPORT_KINDS, rawTable, shapeOf } from './export-kinds.ts';
import { isOf } from './landed-units.ts';
import { fitColumns } from './raw-columns.ts';
import type { SourceTable } from './source-table.ts';
import { Turns } from './turns.ts';
import { UnitLander, type LanderOptions, type Twins } from './unit-lander.ts';

/** The raw tables of an organisation, wide enough for what its sources have. */
export interface RawTables {
  /** undefined for a source whose columns do not fit. */
  landerOf(source: SourceTable): UnitLander | undefined;
  landerInto(table: string): UnitLander;
  /** Other tables that may hold the same accounts as a source. */
  twinsOf(source: SourceTable, replaced: readonly string[]): Twins;
  readonly failures: readonly PipelineError[];
}

export async function openRawTables(
  context: StepContext,
  warehouse: Warehouse,
  report: QualityReport,
): Promise<RawTables> {
  const { known, plan } = context.handover.get(CHANGES);
  const sources = context.handover.get(SOURCES).readable.map(({ table }) => table);
  const names = new Set([...sources.map(tableOf), ...plan.remove.map(({ table }) => table)]);
  const failures: PipelineError[] = [];
  const unfit = new Set<string>();
  const landers = new Map<string, UnitLander>();
  const turns = new Turns();
  for (const name of names) {
    const fits = await fitSources(
      sources.filter((source) => tableOf(source) === name && !isTranslated(source)),
      { context, warehouse, report, name },
    );
    failures.push(...fits.failures);
    for (const source of fits.unfit) unfit.add(source);
    landers.set(name, landerFor(context, { warehouse, turns, table: name, columns: fits.columns }));
  }
  const translators = new Map<string, UnitLander>();
  for (const source of sources.filter(isTranslated)) {
    try {
      translators.set(source.name, landerFor(context, { warehouse, turns, ...translation(source, report) }));
    } catch (err) {
      failures.push(toPipelineError(err));
      unfit.add(source.name);
    }
  }
  const landerInto = (table: string): UnitLander => {
    const lander = landers.get(table);
    if (!lander) throw new Error(`${table} was not opened`);
    return lander;
  };
  return {
    failures,
    landerInto,
    landerOf(source) {
      if (unfit.has(source.name)) return undefined;
      return translators.get(source.name) ?? landerInto(tableOf(source));
    },
    twinsOf: (source, replaced) => twinsOf(source, sources, known, replaced),
  };
}

const tableOf = ({ kind }: SourceTable): string => EXPORT_KINDS[kind].table;

const isTranslated = ({ kind }: SourceTable): boolean => EXPORT_KINDS[kind].translated !== undefined;

/** How an export lands whose columns are others than those of its raw table: those that nobody knows are left out. */
function translation(source: SourceTable, report: QualityReport) {
  const { translated, table } = EXPORT_KINDS[source.kind];
  const shape = shapeOf(source.kind);
  const columns = readTables('org').find(({ name }) => name === shape.name)?.schema ?? [];
  const { added, refused } = fitColumns(source.fields, columns, addedColumns(shape));
  report.columns(source, { wanted: [], added: [], refused: [...added, ...refused] });
  return { table, columns, translated: translated?.columns };
}

interface FitContext {
  readonly context: StepContext;
  readonly warehouse: Warehouse;
  readonly report: QualityReport;
  /** Raw table. */
  readonly name: string;
}

/** Widens a raw table by what its sources have and it has not. */
async function fitSources(
  sources: readonly SourceTable[],
  { context: { log }, warehouse, report, name }: FitContext,
): Promise<{ columns: readonly TableField[]; failures: PipelineError[]; unfit: string[] }> {
  const raw = warehouse.bigQuery.dataset(warehouse.names.org ?? '', { location: warehouse.location }).table(name);
  const ours = addedColumns(rawTable(name));
  const failures: PipelineError[] = [];
  const unfit: string[] = [];
  let columns = await columnsOf(raw);
  for (const source of sources) {
    try {
      const fit = fitColumns(source.fields, columns, ours);
      const wider = widened(columns, fit.wanted);
      if (wider) await raw.setMetadata({ schema: { fields: wider } });
      columns = wider ?? columns;
      if (fit.added.length > 0) log.info('columns-added', { source: source.name, columns: fit.added });
      report.columns(source, fit);
    } catch (err) {
      failures.push(toPipelineError(err));
      unfit.push(source.name);
    }
  }
  return { columns, failures, unfit };
}

async function columnsOf(table: Table): Promise<TableField[]> {
  const [{ schema }] = (await table.getMetadata()) as unknown as [{ schema?: { fields?: TableField[] } }];
  return schema?.fields ?? [];
}

function landerFor(
  { platform, run, handover, attempt, signal }: StepContext,
  options: Pick<LanderOptions, 'warehouse' | 'turns' | 'table' | 'columns' | 'translated'>,
): UnitLander {
  return new UnitLander({
    ...options,
    run,
    signal,
    clock: platform.clock,
    credentialId: handover.get(CUSTOMER).credentialId,
    attempt: `${platform.config.task.attempt}.${attempt}`,
  });
}

function twinsOf(
  source: SourceTable,
  sources: readonly SourceTable[],
  known: readonly { readonly name: string; readonly table: string }[],
  replaced: readonly string[],
): Twins {
  const others = known
    .filter(
      ({ name, table }) => table === tableOf(source) && ![source.name, ...replaced].some((own) => isOf(own, { name })),
    )
    .map(({ name }) => name)
    .filter((name) => mayShareAccounts(name, source.name));
  // Rows that were translated equal no others, whatever they are about.
  const isUnlike = (name: string): boolean =>
    isTranslated(source) || sources.some((other) => isOf(other.name, { name }) && other.kind !== source.kind);
  return { alike: others.filter((name) => !isUnlike(name)), unlike: others.filter(isUnlike) };
}

/** Google names the tables of an account after it, so two with the names of different accounts have nothing in common. */
function mayShareAccounts(a: string, b: string): boolean {
  const [first, second] = [accountIn(a), accountIn(b)];
  return first === undefined || second === undefined || first === second;
}

function accountIn(path: string): string | undefined {
  return /\.gcp_billing_export_(?:resource_)?v1_([0-9A-F]{6}_[0-9A-F]{6}_[0-9A-F]{6})(?:\$\w+)?$/i
    .exec(path)?.[1]
    ?.toUpperCase();
}
