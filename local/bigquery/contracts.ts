/** What the REST side (datasets, tables, jobs) and the SQL side (GoogleSQL on DuckDB) of the embedded BigQuery promise each other. */

/** A column as BigQuery's REST API writes it. `type` is the legacy or the standard name; both are accepted. */
export interface FieldSchema {
  readonly name: string;
  readonly type: string;
  readonly mode?: 'NULLABLE' | 'REQUIRED' | 'REPEATED';
  readonly fields?: readonly FieldSchema[];
  readonly description?: string;
  readonly defaultValueExpression?: string;
}

export interface TableRef {
  readonly projectId: string;
  readonly datasetId: string;
  readonly tableId: string;
}

export interface RoutineRef {
  readonly projectId: string;
  readonly datasetId: string;
  readonly routineId: string;
}

export interface TimePartitioning {
  readonly type: 'DAY' | 'HOUR' | 'MONTH' | 'YEAR';
  /** Absent: partitioned by ingestion time, with the pseudo columns `_PARTITIONTIME` and `_PARTITIONDATE`. */
  readonly field?: string;
  readonly expirationMs?: string;
}

export interface TableInfo {
  readonly ref: TableRef;
  readonly type: 'TABLE' | 'VIEW';
  readonly fields: readonly FieldSchema[];
  readonly timePartitioning?: TimePartitioning;
  readonly clustering?: readonly string[];
  /** GoogleSQL of a view. */
  readonly viewQuery?: string;
}

export interface RoutineInfo {
  readonly ref: RoutineRef;
  readonly routineType: 'PROCEDURE' | 'SCALAR_FUNCTION';
  readonly arguments: readonly { name: string; dataType: StandardSqlType }[];
  readonly definitionBody: string;
}

/** `{typeKind: 'ARRAY', arrayElementType: {typeKind: 'STRUCT', structType: {fields: [{name, type}]}}}` as in routines. */
export interface StandardSqlType {
  readonly typeKind: string;
  readonly arrayElementType?: StandardSqlType;
  readonly structType?: { readonly fields: readonly { name?: string; type: StandardSqlType }[] };
}

/**
 * The catalogue, owned by the REST side. Its own writes also create, alter and drop the DuckDB table behind each entry.
 * Physical mapping: DuckDB schema `"<project>:<dataset>"`, table `"<table>"`; an ingestion-time partitioned table has one more column,
 * `_PARTITIONTIME TIMESTAMP` in UTC. Column types: see `duckDbType` of the SQL side.
 */
export interface Catalog {
  findTable(ref: TableRef): TableInfo | undefined;
  findDataset(projectId: string, datasetId: string): { location: string } | undefined;
  findRoutine(ref: RoutineRef): RoutineInfo | undefined;
  listTables(projectId: string, datasetId: string): readonly TableInfo[];
  listDatasets(projectId: string): readonly string[];
  /** DDL coming from SQL. */
  createTable(info: TableInfo, options: { ifNotExists: boolean; orReplace: boolean }): Promise<void>;
  dropTable(ref: TableRef, options: { ifExists: boolean }): Promise<void>;
  createRoutine(info: RoutineInfo, options: { ifNotExists: boolean; orReplace: boolean }): Promise<void>;
  dropRoutine(ref: RoutineRef, options: { ifExists: boolean }): Promise<void>;
  addColumns(ref: TableRef, fields: readonly FieldSchema[]): Promise<void>;
  /** Called after rows of `ref` changed; `partitions` are ids such as `20261101`, or undefined when not known. */
  touch(ref: TableRef, partitions?: readonly string[]): void;
  /** Rows of INFORMATION_SCHEMA.PARTITIONS for a dataset. */
  partitions(projectId: string, datasetId: string): Promise<readonly PartitionRow[]>;
}

export interface PartitionRow {
  readonly table: string;
  readonly partitionId: string | null;
  readonly totalRows: bigint;
  readonly totalLogicalBytes: bigint;
  readonly lastModified: Date;
}

/** A query parameter as the REST API sends it (`queryParameters[]`). */
export interface QueryParameter {
  readonly name?: string;
  readonly parameterType: QueryParameterType;
  readonly parameterValue?: QueryParameterValue;
}
export interface QueryParameterType {
  readonly type: string;
  readonly arrayType?: QueryParameterType;
  readonly structTypes?: readonly { name?: string; type: QueryParameterType }[];
}
export interface QueryParameterValue {
  readonly value?: string | null;
  readonly arrayValues?: readonly QueryParameterValue[];
  readonly structValues?: Readonly<Record<string, QueryParameterValue>>;
}

export interface QueryRequest {
  readonly projectId: string;
  readonly defaultDataset?: { projectId: string; datasetId: string };
  readonly sql: string;
  readonly parameters: readonly QueryParameter[];
  readonly dryRun?: boolean;
  readonly maximumBytesBilled?: bigint;
  /** Asked once for every table and routine that the statement reads or changes, before anything runs; throws an `ApiError` 403. */
  authorize(action: 'read' | 'write' | 'create' | 'call' | 'schema', resource: string): void;
  readonly signal?: AbortSignal;
  readonly now: Date;
  /** Session user of `SESSION_USER()`. */
  readonly caller: string;
}

/** One cell on the wire: text, null, `{v}` arrays and `{f}` records, exactly as in `rows` of the REST API. */
export type WireValue = string | null | readonly { v: WireValue }[] | { f: readonly { v: WireValue }[] };
export interface WireRow {
  readonly f: readonly { v: WireValue }[];
}

export interface QueryResult {
  /** SELECT, INSERT, UPDATE, DELETE, MERGE, CREATE_TABLE, CREATE_TABLE_AS_SELECT, CALL, SCRIPT, ... */
  readonly statementType: string;
  /** Absent for DML and DDL. */
  readonly schema?: readonly FieldSchema[];
  /** All rows; results are bounded to what the engine can hold. TIMESTAMP cells are integer microseconds as text. */
  readonly rows: readonly WireRow[];
  readonly dml?: { inserted: bigint; updated: bigint; deleted: bigint };
  readonly ddlTarget?: TableRef;
  readonly referencedTables: readonly TableRef[];
  readonly totalBytesProcessed: bigint;
  /** One entry per statement of a script or procedure, in order: they become child jobs. */
  readonly children?: readonly ChildResult[];
}

/** What one statement of a script did, and when it ran: milliseconds since the engine was given the script. */
export interface ChildResult {
  readonly statementType: string;
  readonly dml?: QueryResult['dml'];
  readonly sql: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface SqlEngine {
  /**
   * Runs one statement, a script (straight list of statements, BEGIN/COMMIT TRANSACTION, ASSERT, CALL) or analyses it (dry run).
   * What it does not know it refuses by name: `ApiError` 400, reason `invalidQuery`.
   */
  run(request: QueryRequest): Promise<QueryResult>;
}
