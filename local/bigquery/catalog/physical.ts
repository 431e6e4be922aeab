import type { FieldSchema, TableInfo, TableRef } from '../contracts.ts';
import type { Duck, Run } from '../duck.ts';
import { duckDbType, quoted } from '../values/types.ts';
import { INGESTION_COLUMN, isIngestionPartitioned } from './partitions.ts';
import type { SchemaChange } from './schemas.ts';

export const physicalSchema = (projectId: string, datasetId: string): string => quoted(`${projectId}:${datasetId}`);

export const physicalName = ({ projectId, datasetId, tableId }: TableRef): string =>
  `${physicalSchema(projectId, datasetId)}.${quoted(tableId)}`;

export async function createPhysical(run: Run, info: TableInfo): Promise<void> {
  await run(`CREATE SCHEMA IF NOT EXISTS ${physicalSchema(info.ref.projectId, info.ref.datasetId)}`);
  await run(`CREATE TABLE ${physicalName(info.ref)} (${columnDefinitions(info).join(', ')})`);
}

function columnDefinitions(info: TableInfo): string[] {
  const columns = info.fields.map((field) => `${quoted(field.name)} ${duckDbType(field)}${constraint(field)}`);
  if (isIngestionPartitioned(info)) columns.push(`${quoted(INGESTION_COLUMN)} TIMESTAMP`);
  // BigQuery has tables without columns, DuckDB has not.
  return columns.length > 0 ? columns : ['"__empty" BOOLEAN'];
}

/** A REPEATED column is never NULL: rows that say nothing about it hold an empty array. */
function constraint({ mode }: FieldSchema): string {
  if (mode === 'REPEATED') return " DEFAULT '[]'"; // as text: after a crash DuckDB cannot bind what calls a function
  return mode === 'REQUIRED' ? ' NOT NULL' : '';
}

/** Changes the columns of a table that becomes `info`. */
export async function alterPhysical(run: Run, info: TableInfo, { added, relaxed }: SchemaChange): Promise<void> {
  const table = physicalName(info.ref);
  const rewritten = new Set(added.flatMap(({ path: [top] }) => (top === undefined ? [] : [top.toLowerCase()])));
  for (const name of relaxed) await run(`ALTER TABLE ${table} ALTER COLUMN ${quoted(name)} DROP NOT NULL`);
  for (const field of info.fields.filter(({ name }) => rewritten.has(name.toLowerCase()))) {
    await run(`ALTER TABLE ${table} ALTER COLUMN ${quoted(field.name)} SET DATA TYPE ${duckDbType(field)}`);
  }
  // Last: a column that was filled with its default in this transaction cannot be altered again in it.
  for (const { path, field } of added) {
    if (path.length > 0) continue;
    await run(`ALTER TABLE ${table} ADD COLUMN ${quoted(field.name)} ${duckDbType(field)}${constraint(field)}`);
  }
}

/** Columns of every table that is really there: schema, table, then `name type` in order. */
export async function physicalTables(
  duck: Duck,
): Promise<Map<string, { schema: string; table: string; columns: string[] }>> {
  const rows = await duck.rows(`
    SELECT c.schema_name, c.table_name, list(c.column_name || ' ' || c.data_type ORDER BY c.column_index)
    FROM duckdb_columns() c JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
    WHERE NOT t.internal AND NOT t.temporary AND c.schema_name LIKE '%:%' GROUP BY 1, 2`);
  return new Map(
    rows.map(([schema, table, columns]) => {
      const found = { schema: String(schema), table: String(table), columns: (columns as { items: string[] }).items };
      return [`${found.schema}.${found.table}`, found];
    }),
  );
}
