import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Catalog,
  FieldSchema,
  RoutineInfo,
  SqlEngine,
  TableInfo,
  TableRef,
  WireValue,
} from '../../local/bigquery/contracts.ts';
import { createSqlEngine } from '../../local/bigquery/sql/engine.ts';
import { duckDbType, quoted } from '../../local/bigquery/values/types.ts';
import { readRoutines } from '../../shared/pipelines/org-dataset.ts';
import { fill, NAMES } from '../sql/catalog.ts';
import type { Cell } from '../sql/google-values.ts';
import { tablesWithLookups } from '../sql/lookups.ts';
import type { TestTable } from '../sql/zetasql.ts';
import { periodsParameter } from './periods-parameter.ts';
import type { RawRow } from './raw-rows.ts';

/** Our tables, lookups and procedures on the embedded SQL engine alone, in memory. */
export interface EmbeddedWarehouse {
  load(table: string, rows: readonly RawRow[]): Promise<void>;
  convert(periods: readonly Cell[]): Promise<void>;
  /** Rows of a query, cells as Google's engine gives them. */
  query(sql: string): Promise<Record<string, Cell>[]>;
  /** All rows of a table of the organisation. */
  rows(table: string): Promise<Record<string, Cell>[]>;
  close(): Promise<void>;
}

export async function startEmbeddedWarehouse(): Promise<EmbeddedWarehouse> {
  const folder = await mkdtemp(join(tmpdir(), 'focus-'));
  const instance = await DuckDBInstance.create(':memory:');
  const tables = tablesWithLookups();
  const engine = await createSqlEngine(instance, catalogOf(tables));
  for (const table of tables) await createTable(instance, table);
  const warehouse: EmbeddedWarehouse = {
    load: async (name, rows) => insertRows(instance, folder, tableNamed(tables, name), rows),
    async convert(periods) {
      await run(engine, 'CALL `{{project}}.{{org}}.sp_cloud_gcp_convert_to_focus`(@periods)', periods);
    },
    async query(sql) {
      const { schema = [], rows } = await run(engine, sql);
      return rows.map(({ f }) => Object.fromEntries(schema.map((field, at) => [field.name, cellOf(f[at]!.v, field)])));
    },
    rows: async (name) => warehouse.query(`SELECT * FROM \`{{project}}.{{org}}.${name}\``),
    async close() {
      instance.closeSync();
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (const table of tables) await insertRows(instance, folder, table, table.rows);
  return warehouse;
}

function catalogOf(tables: readonly TestTable[]): Catalog {
  const refuse = async (): Promise<never> => Promise.reject(new Error('the conversion defines nothing that stays'));
  const routines = readRoutines().map(({ name, arguments: parameters, body }): RoutineInfo => ({
    ref: { projectId: NAMES.project, datasetId: NAMES.org, routineId: name },
    routineType: 'PROCEDURE',
    arguments: parameters as RoutineInfo['arguments'],
    definitionBody: fill(body),
  }));
  return {
    findTable: (ref) =>
      infoOf(
        tables.find(({ name }) => name === dotted(ref)),
        ref,
      ),
    findDataset: () => ({ location: 'us-central1' }),
    findRoutine: ({ routineId }) => routines.find(({ ref }) => ref.routineId === routineId),
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

const dotted = ({ projectId, datasetId, tableId }: TableRef): string => `${projectId}.${datasetId}.${tableId}`;

function infoOf(table: TestTable | undefined, ref: TableRef): TableInfo | undefined {
  return table && { ref, type: 'TABLE', fields: table.fields };
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

async function createTable(instance: DuckDBInstance, table: TestTable): Promise<void> {
  const connection = await instance.connect();
  await connection.run(`CREATE SCHEMA IF NOT EXISTS ${physical(table).split('.')[0]}`);
  const columns = table.fields.map((field) => `${quoted(field.name)} ${duckDbType(field)}`).join(', ');
  await connection.run(`CREATE TABLE ${physical(table)} (${columns})`);
  connection.closeSync();
}

async function insertRows(
  instance: DuckDBInstance,
  folder: string,
  table: TestTable,
  rows: readonly RawRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const file = join(folder, 'rows.json');
  await writeFile(file, rows.map((row) => JSON.stringify(row, withNaN)).join('\n'));
  const columns = table.fields
    .map((field) => `'${field.name}': '${duckDbType(field).replaceAll("'", "''")}'`)
    .join(', ');
  const connection = await instance.connect();
  await connection.run(
    `INSERT INTO ${physical(table)} SELECT * FROM read_json('${file}', format = 'newline_delimited', columns = {${columns}})`,
  );
  connection.closeSync();
}

/** JSON has no NaN; both engines read it as text. */
function withNaN(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

async function run(engine: SqlEngine, sql: string, periods?: readonly Cell[]) {
  return engine.run({
    projectId: NAMES.project,
    sql: fill(sql),
    parameters: periods ? [periodsParameter(periods)] : [],
    authorize: () => undefined,
    now: new Date('2026-03-04T05:06:07Z'),
    caller: 'test',
  });
}

function cellOf(value: WireValue, field: FieldSchema): Cell {
  if (value === null) return null;
  if (field.mode === 'REPEATED')
    return (value as { v: WireValue }[]).map(({ v }) => cellOf(v, { ...field, mode: 'NULLABLE' }));
  if (field.fields) {
    const { f } = value as { f: { v: WireValue }[] };
    return Object.fromEntries(field.fields.map((inner, at) => [inner.name, cellOf(f[at]!.v, inner)]));
  }
  if (field.type === 'BOOLEAN') return value === 'true';
  return field.type === 'TIMESTAMP' ? isoTime(BigInt(value as string)) : value;
}

function isoTime(micros: bigint): string {
  const fraction = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${new Date(Number(micros / 1000n)).toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`;
}
