import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Dataset, RoutineMetadata, Table } from '@google-cloud/bigquery';
import type { Config } from '../platform/config.ts';
import { BIGQUERY_CONFIGS, creationOf, readTables, widened, type TableConfig } from './table-config.ts';
import { fillNames, type Warehouse, type WarehouseNames } from './warehouse.ts';

const HASH_CARRIER = 'landed_units';
const ORG_SLUG = /^[a-z][a-z0-9_]{2,49}$/;

/** Name of an organisation's dataset, `acme_prod`. @throws Error for what is no organisation's slug. */
export function orgDatasetName(org: string, { datasetSuffix }: Pick<Config, 'datasetSuffix'>): string {
  if (!ORG_SLUG.test(org)) throw new Error(`${JSON.stringify(org)} is no organisation's slug`);
  return `${org}_${datasetSuffix}`;
}

/** A stored procedure: its steps in order are its body. */
interface RoutineConfig {
  readonly name: string;
  readonly description?: string;
  readonly arguments: readonly object[];
  readonly body: string;
}

/**
 * Makes an organisation's dataset with the tables and procedures of `configs/bigquery`, or brings it up to date:
 * missing columns are added, changed procedures replaced, nothing is ever taken away.
 *
 * One of its tables carries a hash of what all was made from, so that an unchanged dataset costs three reads. A dataset's own
 * labels are for its owner alone, and the job that makes it is not the only one that brings it up to date.
 */
export async function ensureOrgDataset(
  warehouse: Warehouse,
  dataset: string,
  configs: URL = BIGQUERY_CONFIGS,
): Promise<Warehouse> {
  const scoped = warehouse.forOrg(dataset);
  const tables = readTables('org', configs);
  const routines = readRoutines(configs);
  const hash = contentHash(tables, routines, scoped.names);
  const target = warehouse.bigQuery.dataset(dataset, { location: warehouse.location });
  await existing(() => target.create());
  const carrier = target.table(HASH_CARRIER);
  if ((await labelsOf(carrier))['config_hash'] === hash && (await isComplete(target, tables, routines))) return scoped;
  for (const table of tables) await ensureTable(target, table);
  for (const routine of routines) await ensureRoutine(target, routine, scoped.names);
  await carrier.setMetadata({ labels: { config_hash: hash } });
  return scoped;
}

async function labelsOf(table: Table): Promise<Readonly<Record<string, string>>> {
  try {
    const [metadata] = await table.getMetadata();
    return (metadata as { labels?: Record<string, string> }).labels ?? {};
  } catch (err) {
    if ((err as { code?: unknown }).code === 404) return {};
    throw err;
  }
}

async function isComplete(
  dataset: Dataset,
  tables: readonly TableConfig[],
  routines: readonly RoutineConfig[],
): Promise<boolean> {
  const [[haveTables], [haveRoutines]] = await Promise.all([dataset.getTables(), dataset.getRoutines()]);
  const have = new Set([...haveTables, ...haveRoutines].map(({ id }) => id));
  return [...tables, ...routines].every(({ name }) => have.has(name));
}

/** Creates a table, or adds the columns that it lacks. */
export async function ensureTable(dataset: Dataset, config: TableConfig): Promise<void> {
  const table = dataset.table(config.name);
  const created = await existing(() => dataset.createTable(config.name, creationOf(config)));
  if (created) return;
  const [{ schema }] = (await table.getMetadata()) as unknown as [{ schema?: { fields?: TableConfig['schema'] } }];
  const fields = widened(schema?.fields ?? [], config.schema);
  if (fields) await table.setMetadata({ schema: { fields } });
}

async function ensureRoutine(dataset: Dataset, config: RoutineConfig, names: WarehouseNames): Promise<void> {
  const metadata = {
    routineType: 'PROCEDURE',
    language: 'SQL',
    ...(config.description ? { description: config.description } : {}),
    arguments: [...config.arguments],
    definitionBody: fillNames(config.body, names),
  } as RoutineMetadata;
  const routine = dataset.routine(config.name);
  if (!(await existing(() => dataset.createRoutine(config.name, metadata)))) await routine.setMetadata(metadata);
}

/** All procedures under `configs/bigquery/routines`: `routine.json` and the steps `NN-name.sql` beside it. */
export function readRoutines(configs: URL = BIGQUERY_CONFIGS): RoutineConfig[] {
  const root = new URL('routines/', configs);
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readRoutine(name, new URL(`${name}/`, root)))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function readRoutine(name: string, folder: URL): RoutineConfig {
  const text = (file: string) => readFileSync(new URL(file, folder), 'utf8');
  const steps = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  const { description, arguments: parameters = [] } = JSON.parse(text('routine.json')) as Partial<RoutineConfig>;
  const body = `BEGIN\n${steps.map((step) => statement(text(step))).join('\n')}\nEND`;
  return { name, arguments: parameters, body, ...(description ? { description } : {}) };
}

function statement(sql: string): string {
  const text = sql.trim();
  return text.endsWith(';') ? text : `${text};`;
}

function contentHash(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

/** Runs a creation; false when the thing is there already. */
async function existing(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (err) {
    if ((err as { code?: unknown }).code === 409) return false;
    throw err;
  }
}
