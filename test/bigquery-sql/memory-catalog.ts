import type { DuckDBInstance } from '@duckdb/node-api';
import type { Catalog, RoutineInfo, TableInfo, TableRef } from '../../local/bigquery/contracts.ts';
import { duckDbType, quoted } from '../../local/bigquery/values/types.ts';

/** A catalogue in memory with one dataset, `d`; its tables are real tables of DuckDB. */
export function memoryCatalog(instance: DuckDBInstance): Catalog & { touched: TableRef[] } {
  const tables = new Map<string, TableInfo>();
  const routines = new Map<string, RoutineInfo>();
  const touched: TableRef[] = [];
  const run = async (sql: string): Promise<void> => {
    const connection = await instance.connect();
    await connection.run(sql);
    connection.closeSync();
  };
  return {
    touched,
    findTable: ({ tableId }) => tables.get(tableId),
    findDataset: (_project, datasetId) => (datasetId === 'd' ? { location: 'US' } : undefined),
    findRoutine: ({ routineId }) => routines.get(routineId),
    listTables: () => [...tables.values()],
    listDatasets: () => ['d'],
    async createTable(info, { orReplace }) {
      const { projectId, datasetId, tableId } = info.ref;
      tables.set(tableId, info);
      const byIngestion = info.timePartitioning && !info.timePartitioning.field ? [`"_PARTITIONTIME" TIMESTAMP`] : [];
      const columns = info.fields.map(
        (field) => `${quoted(field.name)} ${duckDbType(field)}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}`,
      );
      const schema = quoted(`${projectId}:${datasetId}`);
      await run(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      await run(
        `CREATE ${orReplace ? 'OR REPLACE ' : ''}TABLE ${schema}.${quoted(tableId)} (${[...columns, ...byIngestion].join(', ')})`,
      );
    },
    dropTable: ({ tableId }) => Promise.resolve(void tables.delete(tableId)),
    createRoutine: (info) => Promise.resolve(void routines.set(info.ref.routineId, info)),
    dropRoutine: ({ routineId }) => Promise.resolve(void routines.delete(routineId)),
    addColumns: () => Promise.resolve(),
    touch: (ref) => void touched.push(ref),
    partitions: () => Promise.resolve([]),
  };
}
