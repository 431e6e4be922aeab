import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalog, RoutineInfo, SqlEngine } from '../../local/bigquery/contracts.ts';
import { createSqlEngine } from '../../local/bigquery/sql/engine.ts';
import { duckDbType, quoted } from '../../local/bigquery/values/types.ts';
import { periodsParameter } from '../focus/periods-parameter.ts';
import { fill, NAMES } from '../sql/catalog.ts';
import type { Cell } from '../sql/google-values.ts';
import { tablesWithLookups } from '../sql/lookups.ts';
import type { TestTable } from '../sql/zetasql.ts';
import { wireCell } from './wire-cells.ts';

type Row = Readonly<Record<string, Cell>>;

export const RAW = 'cloud_gcp_billing_raw_daily';
export const FOCUS = 'cost_data_standard_1_3';
export const DIRTY = 'dirty_periods';
export const QUALITY = 'data_quality_results';

/** Tables, lookups and a replaceable procedure on the embedded SQL engine alone, in memory. */
export interface ProofWarehouse {
  load(table: string, rows: readonly Row[]): Promise<void>;
  /** Removes the rows that a condition of DuckDB's own SQL names. */
  remove(table: string, condition?: string): Promise<void>;
  convert(periods: readonly Row[]): Promise<void>;
  query(sql: string): Promise<Record<string, Cell>[]>;
  rows(table: string): Promise<Record<string, Cell>[]>;
  /** Puts another body in the procedure's place, from the next call on. */
  replaceProcedure(routine: ProcedureText): void;
  close(): Promise<void>;
}

export interface ProcedureText {
  readonly name: string;
  readonly arguments: readonly object[];
  readonly body: string;
}

export async function startProofWarehouse(procedure: ProcedureText): Promise<ProofWarehouse> {
  const folder = await mkdtemp(join(tmpdir(), 'proof-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const tables = tablesWithLookups();
  let routine = routineOf(procedure);
  const engine = await createSqlEngine(
    instance,
    catalogOf(tables, () => routine),
  );
  for (const table of tables) await createTable(instance, table);
  for (const table of tables) await insertRows(instance, folder, table, table.rows);
  return {
    load: async (name, rows) => insertRows(instance, folder, tableNamed(tables, name), rows),
    remove: async (name, condition = 'true') =>
      runPlain(instance, `DELETE FROM ${physical(tableNamed(tables, name))} WHERE ${condition}`),
    async convert(periods) {
      await run(engine, `CALL \`{{project}}.{{org}}.${routine.ref.routineId}\`(@periods)`, periods);
    },
    query: async (sql) => rowsOf(engine, sql),
    rows: async (name) => rowsOf(engine, `SELECT * FROM \`{{project}}.{{org}}.${name}\``),
    replaceProcedure(text) {
      routine = routineOf(text);
    },
    async close() {
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function routineOf({ name, arguments: parameters, body }: ProcedureText): RoutineInfo {
  return {
    ref: { projectId: NAMES.project, datasetId: NAMES.org, routineId: name },
    routineType: 'PROCEDURE',
    arguments: parameters as RoutineInfo['arguments'],
    definitionBody: fill(body),
  };
}

function catalogOf(tables: readonly TestTable[], routine: () => RoutineInfo): Catalog {
  const refuse = async (): Promise<never> => Promise.reject(new Error('the conversion defines nothing that stays'));
  return {
    findTable(ref) {
      const name = `${ref.projectId}.${ref.datasetId}.${ref.tableId}`;
      const table = tables.find((each) => each.name === name);
      return table && { ref, type: 'TABLE', fields: table.fields };
    },
    findDataset: () => ({ location: 'us-central1' }),
    findRoutine: ({ routineId }) => (routineId === routine().ref.routineId ? routine() : undefined),
    listTables: () => [],
    listDatasets: () => [],
    createTable: refuse,
    dropTable: refuse,
    createRoutine: refuse,
    dropRoutine: refuse,
    addColumns: refuse,
    touch: () => undefined,
    partitions: async () => [],
  };
}

function tableNamed(tables: readonly TestTable[], name: string): TestTable {
  const found = tables.find((table) => table.name === `${NAMES.project}.${NAMES.org}.${name}`);
  if (!found) throw new Error(`there is no table ${name}`);
  return found;
}

function physical({ name }: TestTable): string {
  const [project, dataset, table] = name.split('.') as [string, string, string];
  return `${quoted(`${project}:${dataset}`)}.${quoted(table)}`;
}

async function runPlain(instance: DuckDBInstance, sql: string): Promise<void> {
  const connection = await instance.connect();
  try {
    await connection.run(sql);
  } finally {
    connection.closeSync();
  }
}

async function createTable(instance: DuckDBInstance, table: TestTable): Promise<void> {
  await runPlain(instance, `CREATE SCHEMA IF NOT EXISTS ${physical(table).split('.')[0]}`);
  const columns = table.fields.map((field) => `${quoted(field.name)} ${duckDbType(field)}`).join(', ');
  await runPlain(instance, `CREATE TABLE ${physical(table)} (${columns})`);
}

async function insertRows(instance: DuckDBInstance, folder: string, table: TestTable, rows: readonly Row[]) {
  if (rows.length === 0) return;
  const file = join(folder, 'rows.json');
  await writeFile(file, rows.map((row) => JSON.stringify(row, withoutLoss)).join('\n'));
  const columns = table.fields
    .map((field) => `'${field.name}': '${duckDbType(field).replaceAll("'", "''")}'`)
    .join(', ');
  await runPlain(
    instance,
    `INSERT INTO ${physical(table)} SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = {${columns}})`,
  );
}

/** JSON has no NaN and JavaScript writes no -0; the engine reads both as text. */
function withoutLoss(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  return Object.is(value, -0) ? '-0.0' : Number.isFinite(value) ? value : String(value);
}

/** Near enough to the generated months, the oldest of which is of February 2024, that no raw row has expired. */
const TODAY = new Date('2025-12-01T05:06:07Z');

async function run(engine: SqlEngine, sql: string, periods?: readonly Row[]) {
  return engine.run({
    projectId: NAMES.project,
    sql: fill(sql),
    parameters: periods ? [periodsParameter(periods)] : [],
    authorize: () => undefined,
    now: TODAY,
    caller: 'test',
  });
}

async function rowsOf(engine: SqlEngine, sql: string): Promise<Record<string, Cell>[]> {
  const { schema = [], rows } = await run(engine, sql);
  return rows.map(({ f }) => Object.fromEntries(schema.map((field, at) => [field.name, wireCell(f[at]!.v, field)])));
}
