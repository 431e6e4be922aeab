import { loadPackageDefinition, credentials, type Client, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FieldSchema, QueryParameterType } from '../../local/bigquery/contracts.ts';
import { fieldOfType, typeOfField, typeOfParameter, type TypeProto, type ValueProto } from './google-types.ts';
import { fromValue, toValue, type Cell } from './google-values.ts';

export interface TestTable {
  /** `project.dataset.table`, as statements quote it. */
  readonly name: string;
  readonly fields: readonly FieldSchema[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}

export interface TestParameter {
  readonly name: string;
  readonly type: QueryParameterType;
  readonly value?: Cell;
  /** An argument of a procedure: statements of its body name it plainly, without `@`. */
  readonly isArgument?: boolean;
}

/** Google's GoogleSQL engine: its analyzer says whether BigQuery would accept a statement, its evaluator what the answer is. */
export interface GoogleSql {
  /** Resolves when the statement is valid against the tables; rejects with the analyzer's own words and position. */
  analyze(sql: string, tables: readonly TestTable[], parameters?: readonly TestParameter[]): Promise<void>;
  query(
    sql: string,
    tables: readonly TestTable[],
    parameters?: readonly TestParameter[],
  ): Promise<Record<string, Cell>[]>;
  /** The columns of a query's result. */
  columns(
    sql: string,
    tables: readonly TestTable[],
    parameters?: readonly TestParameter[],
  ): Promise<readonly FieldSchema[]>;
  /** The rows that an INSERT, UPDATE or DELETE would write, with the operation of each; changes nothing. */
  modify(sql: string, tables: readonly TestTable[], parameters?: readonly TestParameter[]): Promise<ModifiedRow[]>;
  close(): Promise<void>;
}

export interface ModifiedRow {
  readonly operation: 'INSERT' | 'DELETE' | 'UPDATE';
  readonly cells: readonly Cell[];
}

// BigQuery's own choice: external product mode (FLOAT64, not DOUBLE) and everything Google calls ready, in UTC.
const NOT_STATEMENTS_OF_BIGQUERY = new Set(['FEATURE_INTERLEAVE', 'FEATURE_TIMESTAMP_NANOS']);
const MESSAGE_BYTES = 500 * 1024 * 1024;
const packageFolder = join(
  dirname(fileURLToPath(import.meta.url)),
  '../node_modules/@fivetrandevelopers/zetasql/lib/zetasql',
);

type Call = (request: object, done: (failure: ServiceError | null, answer: never) => void) => void;

/** Starts the engine on a free loopback port. It is our child and ends with `close()`, or with this process. */
export async function startGoogleSql(): Promise<GoogleSql> {
  const port = await freePort();
  const server = spawn(join(packageFolder, binaryName()), ['127.0.0.1', String(port)], { stdio: 'ignore' });
  const killServer = () => void server.kill('SIGKILL');
  process.once('exit', killServer);
  const client = connect(port);
  await ready(client, server);
  const language = await languageOptions(client);
  return {
    ...engine(client, language),
    async close() {
      process.off('exit', killServer);
      client.close();
      const ended = once(server, 'exit');
      killServer();
      await ended;
    },
  };
}

function binaryName(): string {
  return `remote_server${process.arch.startsWith('arm') ? '_arm' : ''}${process.platform === 'darwin' ? '' : '.so'}`;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function connect(port: number): Client {
  const definition = loadSync('local_service.proto', {
    keepCase: true,
    longs: String,
    enums: String,
    oneofs: true,
    includeDirs: [join(packageFolder, 'protos')],
  });
  const root = loadPackageDefinition(definition) as unknown as {
    zetasql: { local_service: { ZetaSqlLocalService: new (...args: unknown[]) => Client } };
  };
  return new root.zetasql.local_service.ZetaSqlLocalService(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_send_message_length': MESSAGE_BYTES,
    'grpc.max_receive_message_length': MESSAGE_BYTES,
  });
}

/** gRPC itself retries the connection until the server listens; a server that died is reported at once. */
async function ready(client: Client, server: ChildProcess): Promise<void> {
  const died = once(server, 'exit').then(() =>
    Promise.reject(new Error('the GoogleSQL engine ended before it listened')),
  );
  const connected = new Promise<void>((resolve, reject) =>
    client.waitForReady(Date.now() + 15_000, (failure) => (failure ? reject(failure) : resolve())),
  );
  await Promise.race([connected, died]);
  died.catch(() => undefined);
}

async function ask<Answer>(client: Client, method: string, request: object): Promise<Answer> {
  const call = (client as unknown as Record<string, Call>)[method]!.bind(client);
  return new Promise((resolve, reject) =>
    call(request, (failure, answer) =>
      failure ? reject(new Error(failure.details, { cause: failure })) : resolve(answer),
    ),
  );
}

async function languageOptions(client: Client): Promise<object> {
  const all = await ask<{ enabled_language_features: string[] }>(client, 'GetLanguageOptions', {
    maximum_features: true,
  });
  return {
    product_mode: 'PRODUCT_EXTERNAL',
    enabled_language_features: all.enabled_language_features.filter(
      (feature) => !NOT_STATEMENTS_OF_BIGQUERY.has(feature),
    ),
    supported_statement_kinds: STATEMENT_KINDS,
  };
}

const STATEMENT_KINDS = [
  'RESOLVED_QUERY_STMT',
  'RESOLVED_INSERT_STMT',
  'RESOLVED_UPDATE_STMT',
  'RESOLVED_DELETE_STMT',
  'RESOLVED_MERGE_STMT',
  'RESOLVED_TRUNCATE_STMT',
  'RESOLVED_ASSERT_STMT',
  'RESOLVED_BEGIN_STMT',
  'RESOLVED_COMMIT_STMT',
  'RESOLVED_ROLLBACK_STMT',
  'RESOLVED_CALL_STMT',
  'RESOLVED_CREATE_TABLE_STMT',
  'RESOLVED_CREATE_TABLE_AS_SELECT_STMT',
  'RESOLVED_ALTER_TABLE_STMT',
  'RESOLVED_DROP_STMT',
];

interface TableAnswer {
  readonly content?: { readonly table_data?: { readonly row?: { readonly cell?: ValueProto[] }[] } };
  readonly prepared: { readonly columns: { readonly name: string; readonly type: TypeProto }[] };
}
interface ModifyAnswer {
  readonly table_name: string;
  readonly content?: { readonly operation: ModifiedRow['operation']; readonly cell?: ValueProto[] }[];
}

function engine(client: Client, language: object): Omit<GoogleSql, 'close'> {
  const options = (parameters: readonly TestParameter[]) => ({
    language_options: language,
    default_timezone: 'UTC',
    error_message_mode: 'ERROR_MESSAGE_ONE_LINE',
    parameter_mode: 'PARAMETER_NAMED',
    query_parameters: queried(parameters).map(({ name, type }) => ({ name, type: typeOfParameter(type) })),
  });
  const evaluation = (sql: string, tables: readonly TestTable[], parameters: readonly TestParameter[]) => ({
    sql,
    options: options(parameters),
    simple_catalog: catalogOf(tables, parameters, language),
    table_content: Object.fromEntries(tables.map((table) => [table.name, contentOf(table)])),
    params: queried(parameters).map(({ name, type, value }) => ({
      name,
      value: toValue(value, typeOfParameter(type)),
    })),
  });
  return {
    async analyze(sql, tables, parameters = []) {
      await ask(client, 'Analyze', {
        options: options(parameters),
        simple_catalog: catalogOf(tables, parameters, language),
        sql_statement: sql,
      });
    },
    async query(sql, tables, parameters = []) {
      const { content, prepared } = await ask<TableAnswer>(
        client,
        'EvaluateQuery',
        evaluation(sql, tables, parameters),
      );
      return (content?.table_data?.row ?? []).map((row) =>
        Object.fromEntries(
          prepared.columns.map((column, at) => [column.name, fromValue(row.cell?.[at] ?? {}, column.type)]),
        ),
      );
    },
    async columns(sql, tables, parameters = []) {
      const empty = tables.map((table) => ({ ...table, rows: [] }));
      const { prepared } = await ask<TableAnswer>(client, 'EvaluateQuery', evaluation(sql, empty, parameters));
      return prepared.columns.map((column) => fieldOfType(column.name, column.type));
    },
    async modify(sql, tables, parameters = []) {
      const { table_name: name, content } = await ask<ModifyAnswer>(
        client,
        'EvaluateModify',
        evaluation(sql, tables, parameters),
      );
      const fields = tables.find((table) => table.name === name)?.fields ?? [];
      return (content ?? []).map(({ operation, cell }) => ({
        operation,
        cells: fields.map((field, at) => fromValue(cell?.[at] ?? {}, typeOfField(field))),
      }));
    },
  };
}

const queried = (parameters: readonly TestParameter[]): readonly TestParameter[] =>
  parameters.filter(({ isArgument }) => isArgument !== true);

// The engine has no procedure bodies; an argument looks to a statement just like a named constant of the catalogue.
function catalogOf(tables: readonly TestTable[], parameters: readonly TestParameter[], language: object): object {
  return {
    name: 'catalog',
    builtin_function_options: { language_options: language },
    table: tables.map(({ name, fields }, at) => ({
      name,
      serialization_id: at + 1,
      column: fields.map((field) => ({ name: field.name, type: typeOfField(field) })),
    })),
    constant: parameters
      .filter(({ isArgument }) => isArgument === true)
      .map(({ name, type, value }) => ({
        name_path: [name],
        type: typeOfParameter(type),
        value: toValue(value, typeOfParameter(type)),
      })),
  };
}

function contentOf({ fields, rows }: TestTable): object {
  const types = fields.map((field) => ({ name: field.name, type: typeOfField(field) }));
  return {
    table_data: { row: rows.map((row) => ({ cell: types.map(({ name, type }) => toValue(row[name], type)) })) },
  };
}
