import { DuckDBInstance } from '@duckdb/node-api';
import type {
  Catalog,
  FieldSchema,
  QueryRequest,
  QueryResult,
  SqlEngine,
  WireValue,
} from '../../local/bigquery/contracts.ts';
import { createSqlEngine } from '../../local/bigquery/sql/engine.ts';
import type { Cell } from '../sql/google-values.ts';

/** A catalogue without tables: enough for expressions, scripts and temporary tables. */
export const emptyCatalog: Catalog = {
  findTable: () => undefined,
  findDataset: () => undefined,
  findRoutine: () => undefined,
  listTables: () => [],
  listDatasets: () => [],
  createTable: () => Promise.resolve(),
  dropTable: () => Promise.resolve(),
  createRoutine: () => Promise.resolve(),
  dropRoutine: () => Promise.resolve(),
  addColumns: () => Promise.resolve(),
  touch: () => undefined,
  partitions: () => Promise.resolve([]),
};

export async function startEngine(catalog: Catalog = emptyCatalog): Promise<SqlEngine> {
  return createSqlEngine(await DuckDBInstance.create(':memory:'), catalog);
}

export function request(sql: string, more: Partial<QueryRequest> = {}): QueryRequest {
  return {
    projectId: 'test-project',
    sql,
    parameters: [],
    authorize: () => undefined,
    now: new Date('2026-03-08T12:00:00Z'),
    caller: 'tester@test-project.iam.gserviceaccount.com',
    ...more,
  };
}

/** Rows as the comparison with Google's engine has them. */
export function cells({ rows, schema = [] }: QueryResult): Cell[][] {
  return rows.map(({ f }) => f.map(({ v }, index) => cell(v, schema[index] ?? { name: '', type: 'STRING' })));
}

function cell(value: WireValue, field: FieldSchema): Cell {
  if (field.mode === 'REPEATED') {
    return (value as readonly { v: WireValue }[]).map(({ v }) => cell(v, { ...field, mode: 'NULLABLE' }));
  }
  if (value === null) return null;
  if (field.type === 'RECORD') {
    const { f } = value as { f: readonly { v: WireValue }[] };
    return Object.fromEntries(
      (field.fields ?? []).map((inner, index) => [inner.name, cell(f[index]?.v ?? null, inner)]),
    );
  }
  const text = value as string;
  switch (field.type) {
    case 'FLOAT':
      return Number(text);
    case 'BOOLEAN':
      return text === 'true';
    case 'TIMESTAMP':
      return isoTime(BigInt(text));
    default:
      return text;
  }
}

function isoTime(micros: bigint): string {
  const second = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const fraction = String(micros - second * 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${new Date(Number(second) * 1000).toISOString().slice(0, 19)}${fraction && `.${fraction}`}Z`;
}
