import type { DuckDBMaterializedResult } from '@duckdb/node-api';
import type { ChildResult, QueryResult, TableInfo, TableRef, WireRow } from '../contracts.ts';
import { duckDbTypeOf, fieldOf, quoted, scalar, standardType, type SqlType } from '../values/types.ts';
import { toWire } from '../values/wire.ts';
import type { Binder, BoundQuery } from './bind/binder.ts';
import { bindChange } from './bind/changes.ts';
import { coerce } from './bind/coercion.ts';
import { bindExpr, sqlTypeOf } from './bind/expressions.ts';
import { textLiteral } from './bind/render.ts';
import { invalid, Scope, unsupported, type Bound } from './bind/scope.ts';
import { tableRef } from './bind/tables.ts';
import { createdTable, restType, tableFields } from './definitions.ts';
import type { ParsedStatement, Statement } from './parse/ast.ts';
import { calledProcedure, routineRef } from './procedures.ts';
import type { Session } from './session.ts';

interface Outcome {
  readonly statementType: string;
  readonly query?: { readonly columns: BoundQuery['columns']; readonly rows: readonly WireRow[] };
  readonly dml?: QueryResult['dml'];
  readonly ddlTarget?: TableRef;
}

type Inside = Parameters<Session['binder']>[0];

/** Runs statements one after the other; each is atomic by itself unless a transaction is open. */
export async function runScript(statements: readonly ParsedStatement[], session: Session): Promise<QueryResult> {
  const children: ChildResult[] = [];
  try {
    const outcome = await runAll(statements, session, undefined, children);
    if (session.inTransaction) await session.rollback();
    return resultOf(statements, outcome, children, session);
  } catch (err) {
    if (session.inTransaction) await session.rollback();
    throw err;
  }
}

function resultOf(
  statements: readonly ParsedStatement[],
  outcome: Outcome,
  children: readonly ChildResult[],
  session: Session,
): QueryResult {
  const isScript = statements.length > 1;
  const isCall = !isScript && statements[0]?.statement === 'call';
  return {
    statementType: isScript ? 'SCRIPT' : isCall ? 'CALL' : outcome.statementType,
    rows: outcome.query?.rows ?? [],
    referencedTables: [...session.referenced.values()],
    totalBytesProcessed: 0n,
    ...(outcome.query
      ? { schema: outcome.query.columns.map(({ name, type }, index) => fieldOf(name || `f${index}_`, type)) }
      : {}),
    ...(outcome.dml ? { dml: outcome.dml } : {}),
    ...(outcome.ddlTarget ? { ddlTarget: outcome.ddlTarget } : {}),
    ...(isScript || isCall ? { children } : {}),
  };
}

async function runAll(
  statements: readonly ParsedStatement[],
  session: Session,
  inside: Inside,
  children: ChildResult[],
): Promise<Outcome> {
  let outcome: Outcome = { statementType: 'SCRIPT' };
  for (const statement of statements) {
    const startMs = session.elapsedMs();
    outcome = await runStatement(statement, session, inside, children);
    const { statementType, dml } = outcome;
    children.push({ statementType, sql: statement.sql, startMs, endMs: session.elapsedMs(), ...(dml ? { dml } : {}) });
  }
  return outcome;
}

async function runStatement(
  statement: Statement,
  session: Session,
  inside: Inside,
  children: ChildResult[],
): Promise<Outcome> {
  const binder = session.binder(inside);
  switch (statement.statement) {
    case 'query':
      return runQuery(binder.bindQuery(statement.query, new Scope()), session);
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
    case 'truncate':
      return runChange(statement, session, binder);
    case 'assert':
      return runAssert(statement, session, binder);
    case 'call':
      return runCall(statement, session, binder, children);
    case 'begin':
    case 'commit':
    case 'rollback':
      return runTransaction(statement.statement, session);
    case 'create_table':
      return runCreateTable(statement, session, binder);
    default:
      return runDefinition(statement, session, binder);
  }
}

async function runQuery(query: BoundQuery, session: Session): Promise<Outcome> {
  checkResult(query.columns);
  if (session.request.dryRun) return { statementType: 'SELECT', query: { columns: query.columns, rows: [] } };
  const result = await session.run(query.sql);
  return { statementType: 'SELECT', query: { columns: query.columns, rows: await wireRows(result, query.columns) } };
}

async function wireRows(result: DuckDBMaterializedResult, columns: readonly { type: SqlType }[]): Promise<WireRow[]> {
  const rows = await result.getRows();
  return rows.map((row) => ({ f: columns.map(({ type }, index) => ({ v: toWire(row[index] ?? null, type) })) }));
}

async function runChange(
  statement: Parameters<typeof bindChange>[0],
  session: Session,
  binder: Binder,
): Promise<Outcome> {
  const statementType = statement.statement === 'truncate' ? 'TRUNCATE_TABLE' : statement.statement.toUpperCase();
  const change = bindChange(statement, binder);
  if (session.request.dryRun) return { statementType };
  if (change.ambiguity && (await firstCell(session, change.ambiguity)) !== 0n) {
    throw invalid('UPDATE/MERGE must match at most one source row for each target row');
  }
  const result = await session.run(change.sql);
  session.noteChange(change.target);
  const dml = change.returnsActions
    ? await countActions(result)
    : countRows(statement.statement, BigInt(result.rowsChanged));
  return { statementType, dml };
}

async function firstCell(session: Session, sql: string): Promise<unknown> {
  return (await (await session.run(sql)).getRows())[0]?.[0];
}

function countRows(kind: string, rows: bigint): NonNullable<QueryResult['dml']> {
  return {
    inserted: kind === 'insert' ? rows : 0n,
    updated: kind === 'update' ? rows : 0n,
    deleted: kind === 'delete' || kind === 'truncate' ? rows : 0n,
  };
}

async function countActions(result: DuckDBMaterializedResult): Promise<NonNullable<QueryResult['dml']>> {
  const actions = (await result.getRows()).map(([action]) => String(action));
  const count = (name: string): bigint => BigInt(actions.filter((action) => action === name).length);
  return { inserted: count('INSERT'), updated: count('UPDATE'), deleted: count('DELETE') };
}

async function runAssert(
  statement: Extract<Statement, { statement: 'assert' }>,
  session: Session,
  binder: Binder,
): Promise<Outcome> {
  const condition = coerce(bindExpr(statement.condition, new Scope(), binder), scalar('BOOL'), 'ASSERT');
  if (!session.request.dryRun && (await firstCell(session, `SELECT ${condition.sql}`)) !== true) {
    throw invalid(`Assertion failed${statement.message ? `: ${statement.message}` : ''}`);
  }
  return { statementType: 'ASSERT' };
}

async function runTransaction(statement: 'begin' | 'commit' | 'rollback', session: Session): Promise<Outcome> {
  const outcome = { statementType: `${statement.toUpperCase()}_TRANSACTION` };
  if (session.request.dryRun) return outcome;
  if (statement === 'begin') {
    if (session.inTransaction) throw invalid('Transaction is already in progress');
    await session.begin();
  } else {
    if (!session.inTransaction) throw invalid('There is no active transaction');
    await (statement === 'commit' ? session.commit() : session.rollback());
  }
  return outcome;
}

/** Runs a procedure's statements with its arguments as typed constants. */
async function runCall(
  statement: Extract<Statement, { statement: 'call' }>,
  session: Session,
  binder: Binder,
  children: ChildResult[],
): Promise<Outcome> {
  const { projectId, datasetId, routineId } = routineRef(statement.routine, binder.request);
  session.request.authorize('call', `projects/${projectId}/datasets/${datasetId}/routines/${routineId}`);
  const { routine, body } = calledProcedure(statement.routine, { request: binder.request, catalog: session.catalog });
  if (routine.arguments.length !== statement.args.length) {
    throw invalid(`Procedure ${routineId} takes ${routine.arguments.length} arguments, got ${statement.args.length}`);
  }
  const args = new Map<string, Bound>();
  for (const [index, { name, dataType }] of routine.arguments.entries()) {
    const arg = statement.args[index];
    if (!arg) continue;
    const type = standardType(dataType);
    const value = coerce(bindExpr(arg, new Scope(), binder), type, `argument ${name}`);
    args.set(name.toLowerCase(), { sql: `CAST(${value.sql} AS ${duckDbTypeOf(type)})`, type });
  }
  await runAll(body, session, { projectId, args }, children);
  return { statementType: 'CALL' };
}

async function runCreateTable(
  statement: Extract<Statement, { statement: 'create_table' }>,
  session: Session,
  binder: Binder,
): Promise<Outcome> {
  const query = statement.query && binder.bindQuery(statement.query, new Scope());
  if (query) checkNames(query.columns);
  if (statement.isTemporary) return runCreateTemporary(statement, query, session);
  const ref = tableRef(statement.table, binder);
  const statementType = query ? 'CREATE_TABLE_AS_SELECT' : 'CREATE_TABLE';
  session.request.authorize('create', `projects/${ref.projectId}/datasets/${ref.datasetId}`);
  if (session.inTransaction) throw unsupported('CREATE TABLE inside a transaction');
  const exists = session.catalog.findTable(ref) !== undefined;
  if (session.request.dryRun) return { statementType, ddlTarget: ref };
  const info: TableInfo = createdTable(ref, statement, query?.columns);
  const { ifNotExists, orReplace } = statement;
  // The rows are there before the table is: a query that fails leaves nothing.
  const rows = session.unique('ctas');
  if (query && !(exists && ifNotExists)) await session.run(`CREATE TEMP TABLE ${rows} AS ${query.sql}`);
  await session.catalog.createTable(info, { ifNotExists, orReplace });
  if (query && !(exists && ifNotExists)) await fill(info, rows, session, binder);
  return { statementType, ddlTarget: ref };
}

async function fill(info: TableInfo, rows: string, session: Session, binder: Binder): Promise<void> {
  const names = info.fields.map(({ name }) => quoted(name));
  const isByIngestion = info.timePartitioning && !info.timePartitioning.field;
  const day = `TIMESTAMP ${textLiteral(`${binder.request.now.toISOString().slice(0, 10)} 00:00:00`)}`;
  const target = `${quoted(`${info.ref.projectId}:${info.ref.datasetId}`)}.${quoted(info.ref.tableId)}`;
  const columns = [...names, ...(isByIngestion ? ['"_PARTITIONTIME"'] : [])].join(', ');
  const values = [...info.fields.map((_, index) => `c${index + 1}`), ...(isByIngestion ? [day] : [])].join(', ');
  await session.run(`INSERT INTO ${target} (${columns}) SELECT ${values} FROM ${rows}`);
  await session.run(`DROP TABLE ${rows}`);
  session.noteChange(info.ref);
}

async function runCreateTemporary(
  statement: Extract<Statement, { statement: 'create_table' }>,
  query: BoundQuery | undefined,
  session: Session,
): Promise<Outcome> {
  const name = statement.table.at(-1) ?? '';
  if (statement.table.length > 1) throw invalid('A temporary table has no dataset');
  const known = session.temporary.get(name.toLowerCase());
  if (known && !statement.orReplace) {
    if (statement.ifNotExists) return { statementType: 'CREATE_TABLE' };
    throw invalid(`Already Exists: Table ${name}`);
  }
  const columns = query
    ? query.columns
    : (statement.columns ?? []).map((column) => ({ name: column.name, type: sqlTypeOf(column.type) }));
  const physical = session.unique('temp');
  const definitions = columns.map((column) => `${quoted(column.name)} ${duckDbTypeOf(column.type)}`).join(', ');
  if (!session.request.dryRun || query) {
    await session.run(`CREATE TEMP TABLE ${physical} (${definitions})`);
    if (query && !session.request.dryRun) await session.run(`INSERT INTO ${physical} ${query.sql}`);
  }
  session.temporary.set(name.toLowerCase(), {
    alias: physical,
    columns: columns.map((column) => ({ ...column, sql: quoted(column.name) })),
    hidden: [],
  });
  return { statementType: query ? 'CREATE_TABLE_AS_SELECT' : 'CREATE_TABLE' };
}

/** What BigQuery cannot answer over REST. */
function checkResult(columns: BoundQuery['columns']): void {
  const names = columns.map(({ name }) => name.toLowerCase()).filter(Boolean);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw invalid(`Duplicate column names in the result are not supported. Found duplicate(s): ${twice}`);
  if (columns.some(({ type }) => type.kind === 'INTERVAL')) throw unsupported('A result of type INTERVAL');
}

function checkNames(columns: BoundQuery['columns']): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (name === '') throw invalid('CREATE TABLE columns must be named');
    if (seen.has(name.toLowerCase())) throw invalid(`Duplicate column name ${name} in CREATE TABLE`);
    seen.add(name.toLowerCase());
  }
}

async function runDefinition(
  statement: Extract<Statement, { statement: 'drop_table' | 'add_columns' | 'create_procedure' | 'drop_procedure' }>,
  session: Session,
  binder: Binder,
): Promise<Outcome> {
  if (statement.statement === 'drop_table') return runDropTable(statement, session, binder);
  if (session.inTransaction) throw unsupported('DDL inside a transaction');
  const isRun = !session.request.dryRun;
  switch (statement.statement) {
    case 'add_columns': {
      const ref = tableRef(statement.table, binder);
      session.request.authorize('write', `projects/${ref.projectId}/datasets/${ref.datasetId}/tables/${ref.tableId}`);
      const known = session.catalog.findTable(ref)?.fields.map(({ name }) => name.toLowerCase()) ?? [];
      const wanted = statement.columns.filter(
        (column) => !(column.ifNotExists && known.includes(column.name.toLowerCase())),
      );
      if (isRun && wanted.length > 0) await session.catalog.addColumns(ref, tableFields(wanted));
      return { statementType: 'ALTER_TABLE', ddlTarget: ref };
    }
    case 'create_procedure': {
      const ref = routineRef(statement.routine, binder.request);
      session.request.authorize('create', `projects/${ref.projectId}/datasets/${ref.datasetId}`);
      const { ifNotExists, orReplace } = statement;
      const args = statement.arguments.map(({ name, type }) => ({ name, dataType: restType(sqlTypeOf(type)) }));
      const routine = { ref, routineType: 'PROCEDURE' as const, arguments: args, definitionBody: statement.body };
      if (isRun) await session.catalog.createRoutine(routine, { ifNotExists, orReplace });
      return { statementType: 'CREATE_PROCEDURE' };
    }
    case 'drop_procedure': {
      const ref = routineRef(statement.routine, binder.request);
      session.request.authorize('create', `projects/${ref.projectId}/datasets/${ref.datasetId}`);
      if (isRun) await session.catalog.dropRoutine(ref, { ifExists: statement.ifExists });
      return { statementType: 'DROP_PROCEDURE' };
    }
  }
}

async function runDropTable(
  statement: Extract<Statement, { statement: 'drop_table' }>,
  session: Session,
  binder: Binder,
): Promise<Outcome> {
  const name = statement.table.length === 1 ? (statement.table[0] ?? '').toLowerCase() : '';
  const temporary = session.temporary.get(name);
  if (temporary) {
    await session.run(`DROP TABLE ${temporary.alias}`);
    session.temporary.delete(name);
    return { statementType: 'DROP_TABLE' };
  }
  if (session.inTransaction) throw unsupported('DDL inside a transaction');
  const ref = tableRef(statement.table, binder);
  session.request.authorize('write', `projects/${ref.projectId}/datasets/${ref.datasetId}/tables/${ref.tableId}`);
  if (!session.request.dryRun) await session.catalog.dropTable(ref, { ifExists: statement.ifExists });
  return { statementType: 'DROP_TABLE', ddlTarget: ref };
}
