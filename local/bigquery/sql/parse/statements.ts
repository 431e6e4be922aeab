import type { Assignment, ColumnDefinition, Expr, MergeClause, ParsedStatement, Path, Statement } from './ast.ts';
import { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { parseType } from './types.ts';
import { parseAlias, parseFrom, parseQuery, parseTablePath } from './queries.ts';

const GRAMMAR = { parseQuery, parseExpression };

/** Reads an expression that stands alone, such as the default of a column. */
export function parseLoneExpression(sql: string): Expr {
  return parseExpression(new Cursor(sql, GRAMMAR));
}

/** Reads a statement or a script, which is a straight list of statements. */
export function parseScript(sql: string): ParsedStatement[] {
  const cursor = new Cursor(sql, GRAMMAR);
  const statements: ParsedStatement[] = [];
  while (!cursor.atEnd) {
    if (cursor.acceptSymbol(';')) continue;
    const { start } = cursor.peek();
    const statement = parseStatement(cursor);
    const { start: end } = cursor.peek();
    statements.push({ ...statement, sql: sql.slice(start, end).trim() });
    if (!cursor.atEnd) cursor.expectSymbol(';');
  }
  if (statements.length === 0) cursor.fail('Unexpected end of statement');
  return statements;
}

const SCRIPTING = [
  'DECLARE',
  'IF',
  'LOOP',
  'WHILE',
  'REPEAT',
  'FOR',
  'EXECUTE',
  'RAISE',
  'RETURN',
  'SET',
  'CASE',
  'LEAVE',
  'BREAK',
  'ITERATE',
];

function parseStatement(cursor: Cursor): Statement {
  if (cursor.isQuery()) return { statement: 'query', query: parseQuery(cursor) };
  const word = cursor.peek().text.toUpperCase();
  if (SCRIPTING.includes(word)) cursor.refuse(`${word} in a script`);
  cursor.next();
  switch (word) {
    case 'INSERT':
      return parseInsert(cursor);
    case 'UPDATE':
      return parseUpdate(cursor);
    case 'DELETE':
      return parseDelete(cursor);
    case 'MERGE':
      return parseMerge(cursor);
    case 'TRUNCATE':
      cursor.expect('TABLE');
      return { statement: 'truncate', table: parseTablePath(cursor) };
    case 'CREATE':
      return parseCreate(cursor);
    case 'DROP':
      return parseDrop(cursor);
    case 'ALTER':
      return parseAlter(cursor);
    case 'CALL':
      return parseCall(cursor);
    case 'ASSERT':
      return parseAssert(cursor);
    case 'BEGIN':
      if (!cursor.accept('TRANSACTION') && !cursor.isSymbol(';') && !cursor.atEnd)
        cursor.refuse('A BEGIN ... END block');
      return { statement: 'begin' };
    case 'COMMIT':
    case 'ROLLBACK':
      cursor.accept('TRANSACTION');
      return { statement: word === 'COMMIT' ? 'commit' : 'rollback' };
    default:
      return cursor.refuse(`Statement ${word}`);
  }
}

function columnList(cursor: Cursor): string[] {
  cursor.expectSymbol('(');
  const columns = cursor.list(() => cursor.name());
  cursor.expectSymbol(')');
  return columns;
}

function valueList(cursor: Cursor): (Expr | 'DEFAULT')[] {
  cursor.expectSymbol('(');
  const values = cursor.list((): Expr | 'DEFAULT' => (cursor.accept('DEFAULT') ? 'DEFAULT' : parseExpression(cursor)));
  cursor.expectSymbol(')');
  return values;
}

function parseInsert(cursor: Cursor): Statement {
  cursor.accept('INTO');
  const table = parseTablePath(cursor);
  const columns = cursor.isSymbol('(') && !cursor.isQuery() ? columnList(cursor) : undefined;
  const source = cursor.accept('VALUES')
    ? { rows: cursor.list(() => valueList(cursor)) }
    : { query: parseQuery(cursor) };
  return { statement: 'insert', table, source, ...(columns ? { columns } : {}) };
}

function parseAssignments(cursor: Cursor): Assignment[] {
  return cursor.list(() => {
    const path = [cursor.name()];
    while (cursor.acceptSymbol('.')) path.push(cursor.next().text);
    cursor.expectSymbol('=');
    return { path, value: cursor.accept('DEFAULT') ? 'DEFAULT' : parseExpression(cursor) };
  });
}

/** An alias of a table that is changed; `SET` and `WHERE` are no aliases. */
function targetAlias(cursor: Cursor): { alias?: string } {
  if (cursor.is('SET') || cursor.is('USING')) return {};
  const alias = parseAlias(cursor);
  return alias ? { alias } : {};
}

function parseUpdate(cursor: Cursor): Statement {
  const table = parseTablePath(cursor);
  const alias = targetAlias(cursor);
  cursor.expect('SET');
  const set = parseAssignments(cursor);
  const from = cursor.accept('FROM') ? parseFrom(cursor) : undefined;
  cursor.expect('WHERE');
  return { statement: 'update', table, ...alias, set, where: parseExpression(cursor), ...(from ? { from } : {}) };
}

function parseDelete(cursor: Cursor): Statement {
  cursor.accept('FROM');
  const table = parseTablePath(cursor);
  const alias = targetAlias(cursor);
  cursor.expect('WHERE');
  return { statement: 'delete', table, ...alias, where: parseExpression(cursor) };
}

function parseMerge(cursor: Cursor): Statement {
  cursor.accept('INTO');
  const table = parseTablePath(cursor);
  const alias = targetAlias(cursor);
  cursor.expect('USING');
  const source = parseFrom(cursor);
  cursor.expect('ON');
  const on = parseExpression(cursor);
  const clauses: MergeClause[] = [];
  while (cursor.accept('WHEN')) clauses.push(parseMergeClause(cursor));
  if (clauses.length === 0) cursor.fail('Expected keyword WHEN');
  return { statement: 'merge', table, ...alias, source, on, clauses };
}

function parseMergeClause(cursor: Cursor): MergeClause {
  const when = cursor.accept('MATCHED')
    ? 'MATCHED'
    : cursor.accept('NOT', 'MATCHED', 'BY', 'SOURCE')
      ? 'NOT MATCHED BY SOURCE'
      : 'NOT MATCHED BY TARGET';
  if (when === 'NOT MATCHED BY TARGET') {
    cursor.expect('NOT', 'MATCHED');
    cursor.accept('BY', 'TARGET');
  }
  const condition = cursor.accept('AND') ? parseExpression(cursor) : undefined;
  cursor.expect('THEN');
  return { when, action: parseMergeAction(cursor), ...(condition ? { condition } : {}) };
}

function parseMergeAction(cursor: Cursor): MergeClause['action'] {
  if (cursor.accept('DELETE')) return { do: 'delete' };
  if (cursor.accept('UPDATE', 'SET')) return { do: 'update', set: parseAssignments(cursor) };
  cursor.expect('INSERT');
  if (cursor.accept('ROW')) return { do: 'insert' };
  const columns = cursor.isSymbol('(') ? columnList(cursor) : undefined;
  cursor.expect('VALUES');
  return { do: 'insert', values: valueList(cursor), ...(columns ? { columns } : {}) };
}

function parseCreate(cursor: Cursor): Statement {
  const orReplace = cursor.accept('OR', 'REPLACE');
  const isTemporary = cursor.accept('TEMP') || cursor.accept('TEMPORARY');
  if (cursor.accept('PROCEDURE')) return parseCreateProcedure(cursor, orReplace);
  if (!cursor.accept('TABLE')) cursor.refuse(`CREATE ${cursor.peek().text.toUpperCase()}`);
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const table = parseTablePath(cursor);
  const columns = cursor.isSymbol('(') ? parseColumns(cursor) : undefined;
  const partitionBy = cursor.accept('PARTITION', 'BY') ? parseExpression(cursor) : undefined;
  const clusterBy = cursor.accept('CLUSTER', 'BY') ? cursor.list(() => cursor.name()) : [];
  skipOptions(cursor);
  const query = cursor.accept('AS') ? parseQuery(cursor) : undefined;
  return {
    statement: 'create_table',
    table,
    isTemporary,
    orReplace,
    ifNotExists,
    clusterBy,
    ...(columns ? { columns } : {}),
    ...(partitionBy ? { partitionBy } : {}),
    ...(query ? { query } : {}),
  };
}

function parseColumns(cursor: Cursor): ColumnDefinition[] {
  cursor.expectSymbol('(');
  const columns = cursor.list(() => parseColumn(cursor));
  cursor.expectSymbol(')');
  return columns;
}

function parseColumn(cursor: Cursor): ColumnDefinition {
  const name = cursor.name();
  const type = parseType(cursor);
  const from = cursor.accept('DEFAULT') ? cursor.peek().start : undefined;
  if (from !== undefined) parseExpression(cursor);
  const defaultValue = from === undefined ? undefined : cursor.sql.slice(from, cursor.peek().start).trim();
  const isRequired = cursor.accept('NOT', 'NULL');
  skipOptions(cursor);
  return { name, type, isRequired, ...(defaultValue ? { defaultValue } : {}) };
}

/** Options describe; the embedded engine does nothing with them. */
function skipOptions(cursor: Cursor): void {
  if (!cursor.accept('OPTIONS')) return;
  cursor.expectSymbol('(');
  for (let depth = 1; depth > 0;) {
    const { kind, text } = cursor.next();
    if (kind === 'end') cursor.fail('Unclosed OPTIONS');
    if (kind === 'symbol') depth += text === '(' ? 1 : text === ')' ? -1 : 0;
  }
}

function parseCreateProcedure(cursor: Cursor, orReplace: boolean): Statement {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const routine = parseTablePath(cursor);
  cursor.expectSymbol('(');
  const args = cursor.isSymbol(')') ? [] : cursor.list(() => parseProcedureArgument(cursor));
  cursor.expectSymbol(')');
  skipOptions(cursor);
  cursor.expect('BEGIN');
  const body = bodyUntilEnd(cursor);
  return { statement: 'create_procedure', routine, orReplace, ifNotExists, arguments: args, body };
}

function parseProcedureArgument(cursor: Cursor): { name: string; type: ReturnType<typeof parseType> } {
  if (cursor.is('OUT') || cursor.is('INOUT')) cursor.refuse('OUT argument');
  if (cursor.is('IN') && cursor.peek(1).kind === 'name') cursor.next();
  return { name: cursor.next().text, type: parseType(cursor) };
}

function bodyUntilEnd(cursor: Cursor): string {
  const { start } = cursor.peek();
  let end = start;
  for (let depth = 1; ;) {
    const token = cursor.next();
    if (token.kind === 'end') cursor.fail('Expected keyword END');
    const word = token.kind === 'name' ? token.text.toUpperCase() : '';
    if (word === 'CASE' || (word === 'BEGIN' && !cursor.is('TRANSACTION'))) depth += 1;
    if (word === 'END' && (depth -= 1) === 0) break;
    end = token.end;
  }
  return cursor.sql.slice(start, end);
}

function parseDrop(cursor: Cursor): Statement {
  const isProcedure = cursor.accept('PROCEDURE');
  if (!isProcedure && !cursor.accept('TABLE')) cursor.refuse(`DROP ${cursor.peek().text.toUpperCase()}`);
  const ifExists = cursor.accept('IF', 'EXISTS');
  const path: Path = parseTablePath(cursor);
  return isProcedure
    ? { statement: 'drop_procedure', routine: path, ifExists }
    : { statement: 'drop_table', table: path, ifExists };
}

function parseAlter(cursor: Cursor): Statement {
  if (!cursor.accept('TABLE')) cursor.refuse(`ALTER ${cursor.peek().text.toUpperCase()}`);
  const table = parseTablePath(cursor);
  const columns = cursor.list(() => {
    if (!cursor.accept('ADD', 'COLUMN')) cursor.refuse(`ALTER TABLE ... ${cursor.peek().text.toUpperCase()}`);
    const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
    return { ...parseColumn(cursor), ifNotExists };
  });
  return { statement: 'add_columns', table, columns };
}

function parseCall(cursor: Cursor): Statement {
  const routine = parseTablePath(cursor);
  cursor.expectSymbol('(');
  const args = cursor.isSymbol(')') ? [] : cursor.list(() => parseExpression(cursor));
  cursor.expectSymbol(')');
  return { statement: 'call', routine, args };
}

function parseAssert(cursor: Cursor): Statement {
  const condition = parseExpression(cursor);
  return { statement: 'assert', condition, ...(cursor.accept('AS') ? { message: cursor.string() } : {}) };
}
