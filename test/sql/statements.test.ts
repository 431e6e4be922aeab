import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QueryParameterType } from '../../local/bigquery/contracts.ts';
import { GROUPS } from '../../functions/costs/cost-statements.ts';
import { configuredTables, fill, NAMES } from './catalog.ts';
import { configuredProcedures, temporaryTable } from './procedures.ts';
import { startGoogleSql, type GoogleSql, type TestParameter, type TestTable } from './zetasql.ts';

/** A statement as the stores export it: `types` is what the Node client takes, arrays and records included. */
interface Statement {
  readonly name: string;
  readonly sql: string;
  readonly types: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const modules = globSync('{shared,functions,jobs}/**/*statements.ts', { cwd: root });

/** Landing's script is written for the columns of a source; any of the export's will do. */
const LANDINGS = [
  {
    table: 'cloud_gcp_billing_raw_daily',
    columns: ['billing_account_id', 'cost', 'credits'],
    staging: 'cloud_gcp_billing_raw_daily',
    isWhole: false,
  },
  { table: 'cloud_gcp_billing_raw_daily', columns: ['invoice'], staging: 'cloud_gcp_billing_raw_daily', isWhole: true },
  { table: 'cloud_gcp_billing_raw_daily', columns: [], isWhole: false },
];

/** Statements that are written for something else than a landing. */
const WRITTEN_FOR: Readonly<Record<string, readonly object[]>> = {
  costStatement: [[], ...GROUPS.map((group) => [group]), ['service', 'project', 'day']],
};

/** Views that BigQuery itself provides. */
const BUILT_IN: TestTable[] = [
  {
    name: `${NAMES.project}.${NAMES.org}.INFORMATION_SCHEMA.PARTITIONS`,
    fields: [
      { name: 'table_name', type: 'STRING' },
      { name: 'partition_id', type: 'STRING' },
      { name: 'total_rows', type: 'INT64' },
      { name: 'total_logical_bytes', type: 'INT64' },
      { name: 'last_modified_time', type: 'TIMESTAMP' },
    ],
    rows: [],
  },
];

describe('every SQL statement of the product', () => {
  const tables = [...configuredTables(), ...BUILT_IN];
  let google: GoogleSql;
  before(async () => {
    google = await startGoogleSql();
  });
  after(() => google.close());

  for (const file of modules) {
    describe(`of ${file}`, () => {
      it('is valid GoogleSQL over our tables', async () => {
        for (const statement of await statementsOf(file)) await checkStatement(google, statement, tables);
      });
    });
  }

  for (const procedure of configuredProcedures()) {
    it(`of ${procedure.name} is valid GoogleSQL over our tables and those of earlier steps`, async () => {
      const known = [...tables];
      for (const { name, sql } of procedure.steps) {
        await named(name, google.analyze(sql, known, procedure.arguments));
        const temporary = temporaryTable(sql);
        if (temporary)
          known.push({
            name: temporary.name,
            fields: await google.columns(temporary.query, known, procedure.arguments),
            rows: [],
          });
      }
    });
  }
});

async function statementsOf(file: string): Promise<Statement[]> {
  const exported = (await import(root + file)) as Readonly<Record<string, unknown>>;
  return Object.entries(exported).flatMap(([name, value]) => {
    if (isStatement(value)) return [value];
    if (typeof value !== 'function') return [];
    return (WRITTEN_FOR[name] ?? LANDINGS).map((given) => (value as (given: object) => Statement)(given));
  });
}

function isStatement(value: unknown): value is Statement {
  return typeof value === 'object' && value !== null && 'sql' in value && 'types' in value;
}

async function checkStatement(
  google: GoogleSql,
  { name, sql, types }: Statement,
  tables: readonly TestTable[],
): Promise<void> {
  // One path in several quotes means the same to BigQuery as one quoted path.
  const filled = fill(sql).replaceAll(/`([^`]+)`\.(INFORMATION_SCHEMA\.\w+)/g, '`$1.$2`');
  const parameters: TestParameter[] = Object.entries(types).map(([parameter, type]) => ({
    name: parameter,
    type: parameterType(type),
  }));
  for (const statement of filled
    .split(/;\s*(?:\n|$)/)
    .filter((text) => text.trim() !== '' && !text.startsWith('CALL'))) {
    await named(name, google.analyze(statement, tables, parameters));
  }
}

/** `'STRING'`, `['STRING']`, `[{ id: 'STRING' }]`. */
function parameterType(type: unknown): QueryParameterType {
  if (Array.isArray(type)) return { type: 'ARRAY', arrayType: parameterType(type[0]) };
  if (typeof type === 'object' && type !== null)
    return {
      type: 'STRUCT',
      structTypes: Object.entries(type).map(([name, inner]) => ({ name, type: parameterType(inner) })),
    };
  return { type: String(type) };
}

async function named(name: string, check: Promise<void>): Promise<void> {
  await check.catch((err: unknown) => {
    throw new Error(`${name}: ${(err as Error).message}`, { cause: err });
  });
}
