import assert from 'node:assert/strict';
import type { FieldSchema, QueryParameterType } from '../../local/bigquery/contracts.ts';
import {
  APPEND_QUALITY_RESULT,
  FIND_LANDED,
  LIST_LANDED,
  LIST_SOURCE_PARTITIONS,
  replaceUnit,
} from '../../shared/pipelines/landing/landing-statements.ts';
import { ADDED_COLUMNS } from '../../shared/pipelines/landing/raw-columns.ts';
import { RUN_STATEMENTS } from '../../shared/pipelines/run-statements.ts';
import type { WarehouseStatement } from '../../shared/pipelines/warehouse.ts';
import { configuredTables, fill } from '../sql/catalog.ts';
import { startGoogleSql, type GoogleSql, type TestTable } from '../sql/zetasql.ts';

const RAW = 'cloud_gcp_billing_raw_daily';
const STAGING = 'staging_0123';
const rawFields = fieldsOf(RAW);
const exported = rawFields.filter(({ name }) => !ADDED_COLUMNS.has(name));
const columns = exported.map(({ name }) => name);

/** What INFORMATION_SCHEMA.PARTITIONS has, of the columns that we read. */
const partitions: TestTable = {
  name: 'test-project.acme_prod.INFORMATION_SCHEMA.PARTITIONS',
  fields: [
    { name: 'table_name', type: 'STRING' },
    { name: 'partition_id', type: 'STRING' },
    { name: 'total_rows', type: 'INT64' },
    { name: 'last_modified_time', type: 'TIMESTAMP' },
  ],
  rows: [],
};

function fieldsOf(table: string): readonly FieldSchema[] {
  return configuredTables().find(({ name }) => name.endsWith(`.${table}`))?.fields ?? [];
}

function parametersOf({ types }: WarehouseStatement) {
  return Object.entries(types).map(([name, type]) => ({ name, type: { type } as QueryParameterType }));
}

/** A script as the statements it is made of; none of ours holds a semicolon in a text. */
const statementsOf = ({ sql }: WarehouseStatement): string[] =>
  sql
    .split(';')
    .map((text) => text.trim())
    .filter(Boolean);

describe('statements of the pipelines', () => {
  let google: GoogleSql;
  const tables = [...configuredTables(), { name: `test-project.acme_prod.${STAGING}`, fields: exported, rows: [] }];
  before(async function () {
    this.timeout(30_000);
    google = await startGoogleSql();
  });
  after(() => google.close());

  for (const statement of [...RUN_STATEMENTS, LIST_LANDED, FIND_LANDED, APPEND_QUALITY_RESULT]) {
    it(`${statement.name} is GoogleSQL on the tables as configured`, async () => {
      await google.analyze(fill(statement.sql), tables, parametersOf(statement));
    });
  }

  it('the list of partitions is GoogleSQL on INFORMATION_SCHEMA', async () => {
    const sql = fill(LIST_SOURCE_PARTITIONS.sql).replace(
      /`([^`]+)`\.INFORMATION_SCHEMA\.PARTITIONS/,
      '`$1.INFORMATION_SCHEMA.PARTITIONS`',
    );
    await google.analyze(sql, [partitions], parametersOf(LIST_SOURCE_PARTITIONS));
  });

  for (const { name, staging, isWhole } of [
    { name: 'a day', staging: STAGING, isWhole: false },
    { name: 'a whole table', staging: STAGING, isWhole: true },
    { name: 'a day that is gone', staging: undefined, isWhole: false },
    { name: 'a whole table that is gone', staging: undefined, isWhole: true },
  ]) {
    it(`the transaction that replaces ${name} is GoogleSQL, statement by statement`, async () => {
      const script = replaceUnit({ table: RAW, columns, staging, isWhole });
      for (const sql of statementsOf(script)) await google.analyze(fill(sql), tables, parametersOf(script));
    });
  }

  it('the transaction marks the periods of rows that go and of rows that come', async () => {
    const script = replaceUnit({ table: RAW, columns, staging: STAGING, isWhole: false });
    const mark = statementsOf(script).find((sql) => sql.includes('dirty_periods'));
    const source = 'p.d.t';
    const contents = tables.map((table) => {
      const row = (month: string) => ({ billing_account_id: 'A', invoice: { month } });
      const there = { x_source_table: source, ingestion_date: '2026-11-01' };
      if (table.name.endsWith(RAW))
        return {
          ...table,
          rows: [
            { ...row('202610'), ...there },
            { ...row('202609'), ...there, x_source_table: 'other' },
          ],
        };
      return table.name.endsWith(STAGING) ? { ...table, rows: [row('202611'), row('202611')] } : table;
    });
    const values: Record<string, string> = {
      source_table: source,
      ingestion_date: '2026-11-01',
      run_id: 'r',
      loaded_at: '2026-11-02T00:00:00Z',
    };
    const parameters = parametersOf(script)
      .filter(({ name }) => name in values)
      .map((parameter) => ({ ...parameter, value: values[parameter.name] ?? null }));
    const marked = await google.modify(fill(mark ?? ''), contents, parameters);
    assert.deepEqual(marked.map(({ cells }) => JSON.stringify(cells.slice(0, 2))).toSorted(), [
      '["A","202610"]',
      '["A","202611"]',
    ]);
  });
});
