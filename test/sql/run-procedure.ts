import type { Cell } from './google-values.ts';
import { insertedQuery, temporaryTable, type Procedure, type Step } from './procedures.ts';
import type { GoogleSql, TestParameter, TestTable } from './zetasql.ts';

type Row = Readonly<Record<string, Cell>>;

/**
 * Plays a procedure on Google's evaluator, which knows queries and no scripts: a temporary table becomes the rows of its query,
 * an INSERT adds the rows of its query, an ASSERT is asked as a query. DELETEs and transactions are left to the caller, who
 * starts from the tables as they would be found.
 */
export async function runWithGoogle(
  google: GoogleSql,
  procedure: Procedure,
  given: readonly TestTable[],
  values: Readonly<Record<string, Cell>>,
): Promise<Map<string, TestTable>> {
  const tables = new Map(given.map((table) => [table.name, table]));
  const args = procedure.arguments.map((argument): TestParameter => ({
    ...argument,
    value: values[argument.name] ?? null,
  }));
  for (const step of procedure.steps) await runStep(google, step, tables, args);
  return tables;
}

async function runStep(
  google: GoogleSql,
  { name, sql }: Step,
  tables: Map<string, TestTable>,
  args: readonly TestParameter[],
): Promise<void> {
  const all = [...tables.values()];
  const temporary = temporaryTable(sql);
  if (temporary) {
    const fields = await google.columns(temporary.query, all, args);
    tables.set(temporary.name, { name: temporary.name, fields, rows: await google.query(temporary.query, all, args) });
    return;
  }
  const inserted = insertedQuery(sql);
  if (inserted) {
    const table = tables.get(inserted.table)!;
    tables.set(table.name, { ...table, rows: [...table.rows, ...(await google.query(inserted.query, all, args))] });
    return;
  }
  const asserted = /^ASSERT\s+([\s\S]*?)\s+AS '([^']*)'\s*$/m.exec(sql);
  if (asserted) await checkAssertion(google, name, asserted, all, args);
}

async function checkAssertion(
  google: GoogleSql,
  step: string,
  [, condition, message]: RegExpExecArray,
  tables: readonly TestTable[],
  args: readonly TestParameter[],
) {
  const [answer]: Row[] = await google.query(`SELECT ${condition} AS holds`, tables, args);
  if (answer?.['holds'] !== true) throw new Error(`${step}: ${message}`);
}
