import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Catalog, QueryRequest, QueryResult, SqlEngine } from '../contracts.ts';
import { registerFunctions } from '../values/functions.ts';
import { tableRef, refKey } from './bind/tables.ts';
import { parseScript } from './parse/statements.ts';
import type { ParsedStatement } from './parse/ast.ts';
import { TableLocks } from './locks.ts';
import { namedDatasets } from './named-datasets.ts';
import { parameterConstant } from './bind/parameters.ts';
import { runScript } from './script.ts';
import { calledProcedure } from './procedures.ts';
import { Session } from './session.ts';

/** GoogleSQL on DuckDB: parse, bind against the catalogue, emit, run. What it does not know it refuses by name. */
export async function createSqlEngine(instance: DuckDBInstance, catalog: Catalog): Promise<SqlEngine> {
  const locks = new TableLocks();
  const setup = await instance.connect();
  await registerFunctions(setup);
  setup.closeSync();

  async function run(request: QueryRequest): Promise<QueryResult> {
    const startedAt = performance.now();
    const statements = parseScript(request.sql);
    for (const parameter of request.parameters) parameterConstant(parameter); // a bad one is an error, used or not
    const partitions = await partitionsOf(request, statements);
    const changed = changedTables(statements, request);
    const withConnection = async (): Promise<QueryResult> => {
      const connection = await instance.connect();
      const stop = interrupter(connection, request.signal);
      try {
        return await runScript(statements, new Session({ connection, catalog, request, partitions, startedAt }));
      } finally {
        stop();
        await closeConnection(connection);
      }
    };
    return request.dryRun ? withConnection() : locks.run(changed, withConnection);
  }

  /** What PARTITIONS views show has to be asked for before binding, which does not wait. */
  async function partitionsOf(request: QueryRequest, statements: readonly ParsedStatement[]) {
    const found = new Map<string, Awaited<ReturnType<Catalog['partitions']>>>();
    if (!/INFORMATION_SCHEMA/i.test(request.sql)) return found;
    for (const { projectId, datasetId } of namedDatasets(statements, request)) {
      if (!catalog.findDataset(projectId, datasetId)) continue;
      found.set(`${projectId}.${datasetId}`, await catalog.partitions(projectId, datasetId));
    }
    return found;
  }

  /** Every table that a script changes, those of the procedures it calls included. */
  function changedTables(statements: readonly ParsedStatement[], request: QueryRequest): string[] {
    return statements.flatMap((statement): string[] => {
      if (statement.statement === 'call') {
        const { body, projectId } = calledProcedure(statement.routine, { request, catalog });
        return changedTables(body, { ...request, projectId });
      }
      if (!('table' in statement)) return [];
      if (statement.statement === 'create_table' && statement.isTemporary) return [];
      if (statement.table.length === 1 && !request.defaultDataset) return [];
      return [refKey(tableRef(statement.table, { request }))];
    });
  }

  return { run };
}

/** An interrupt is lost on a statement that is just about to start, so it is said again until the script has ended. */
const INTERRUPT_EVERY_MS = 50;

/** Interrupts what runs on a connection once the signal is aborted. @returns Ends that; to be called when the script is over. */
function interrupter(connection: DuckDBConnection, signal: AbortSignal | undefined): () => void {
  let again: NodeJS.Timeout | undefined;
  const interrupt = (): void => connection.interrupt();
  const start = (): void => {
    interrupt();
    again = setInterval(interrupt, INTERRUPT_EVERY_MS);
  };
  signal?.addEventListener('abort', start, { once: true });
  return () => {
    signal?.removeEventListener('abort', start);
    clearInterval(again);
  };
}

async function closeConnection(connection: DuckDBConnection): Promise<void> {
  // Temporary tables and an open transaction end with their connection.
  connection.closeSync();
}
