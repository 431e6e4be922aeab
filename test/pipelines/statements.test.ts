import assert from 'node:assert/strict';
import type { TableField } from '@google-cloud/bigquery';
import type { FieldSchema, QueryParameterType } from '../../local/bigquery/contracts.ts';
import {
  APPEND_QUALITY_RESULT,
  countTwins,
  FIND_LANDED,
  LIST_LANDED,
  LIST_SOURCE_PARTITIONS,
  replaceUnit,
} from '../../shared/pipelines/landing/landing-statements.ts';
import { addedColumns, rawTable } from '../../shared/pipelines/landing/export-kinds.ts';
import { NATIVE_ROWS } from '../../shared/pipelines/landing/native-rows.ts';
import { countQuery, rowsQuery } from '../../shared/pipelines/landing/source-queries.ts';
import { LIST_PERIODS, RECONCILE } from '../../shared/pipelines/focus-statements.ts';
import { RUN_REQUEST_STATEMENTS } from '../../shared/pipelines/run-request-statements.ts';
import { RUN_STATEMENTS } from '../../shared/pipelines/run-statements.ts';
import type { WarehouseStatement } from '../../shared/pipelines/warehouse.ts';
import { aSource } from './sources.ts';
import { periodsParameter } from '../focus/periods-parameter.ts';
import { configuredTables, fill } from '../sql/catalog.ts';
import { temporaryTable } from '../sql/procedures.ts';
import { startGoogleSql, type GoogleSql, type TestTable } from '../sql/zetasql.ts';

const RAW = 'cloud_gcp_billing_raw_daily';
const STAGING = 'staging_0123';
const exportedOf = (table: string): readonly FieldSchema[] => {
  const added = addedColumns(rawTable(table));
  return fieldsOf(table).filter(({ name }) => !added.has(name));
};
const columnsOf = (table: string): string[] => exportedOf(table).map(({ name }) => name);
const RAW_TABLES = [RAW, 'cloud_gcp_pricing_raw', 'cloud_gcp_cud_subscriptions_raw', 'cloud_gcp_focus_raw'];

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
  return Object.entries(types).map(([name, type]) => ({ name, type: parameterType(type) }));
}

function parameterType(type: unknown): QueryParameterType {
  return Array.isArray(type) ? { type: 'ARRAY', arrayType: parameterType(type[0]) } : { type: String(type) };
}

/** A script as the statements it is made of; none of ours holds a semicolon in a text. */
const statementsOf = ({ sql }: WarehouseStatement): string[] =>
  sql
    .split(';')
    .map((text) => text.trim())
    .filter(Boolean);

describe('statements of the pipelines', () => {
  let google: GoogleSql;
  const tablesWith = (table: string): TestTable[] => [
    ...configuredTables(),
    { name: `test-project.acme_prod.${STAGING}`, fields: exportedOf(table), rows: [] },
  ];
  const tables = tablesWith(RAW);
  before(async function () {
    this.timeout(30_000);
    google = await startGoogleSql();
  });
  after(() => google.close());

  for (const statement of [
    ...RUN_STATEMENTS,
    ...RUN_REQUEST_STATEMENTS,
    LIST_LANDED,
    FIND_LANDED,
    APPEND_QUALITY_RESULT,
  ]) {
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

  for (const table of RAW_TABLES) {
    for (const { name, staging, isWhole, hasTwins } of [
      { name: 'a day', staging: STAGING, isWhole: false },
      { name: 'a whole table', staging: STAGING, isWhole: true },
      { name: 'a day that other tables have as well', staging: STAGING, isWhole: false, hasTwins: true },
      { name: 'a whole table that others have as well', staging: STAGING, isWhole: true, hasTwins: true },
      { name: 'a day that is gone', staging: undefined, isWhole: false },
      { name: 'a whole table that is gone', staging: undefined, isWhole: true },
    ]) {
      it(`the transaction that replaces ${name} in ${table} is GoogleSQL, statement by statement`, async () => {
        const target = { table, columns: columnsOf(table), staging, isWhole, hasTwins };
        for (const script of [replaceUnit(target), countTwins(target)]) {
          const known = tablesWith(table);
          for (const sql of statementsOf(script).map((text) => fill(text))) {
            await google.analyze(sql, known, parametersOf(script));
            const temporary = temporaryTable(sql);
            if (temporary)
              known.push({ name: temporary.name, fields: await google.columns(temporary.query, known), rows: [] });
          }
        }
      });
    }
  }

  it('the transaction that lands Google’s FOCUS export as a billing export is GoogleSQL, statement by statement', async () => {
    const target = { table: RAW, columns: Object.keys(NATIVE_ROWS), translated: NATIVE_ROWS, staging: STAGING };
    for (const isWhole of [false, true]) {
      for (const script of [replaceUnit({ ...target, isWhole, hasTwins: true }), countTwins({ ...target, isWhole })]) {
        for (const sql of statementsOf(script))
          await google.analyze(fill(sql), tablesWith('cloud_gcp_focus_raw'), parametersOf(script));
      }
    }
  });

  for (const type of ['TIMESTAMP', 'DATETIME', 'DATE']) {
    it(`the queries on a view whose time of export is a ${type} are GoogleSQL`, async () => {
      const fields = exportedOf(RAW).map((field) => (field.name === 'export_time' ? { ...field, type } : field));
      const columns = fields as TableField[];
      const path = { projectId: 'acme-billing', datasetId: 'exports', tableId: 'a_view' };
      const source = aSource({ path, reading: 'queries', fields: columns });
      const view = { name: 'acme-billing.exports.a_view', fields, rows: [] };
      for (const query of [
        countQuery(source),
        ...(['all', 'day', 'no day'] as const).map((where) => rowsQuery(source, columns, where)),
      ])
        await google.analyze(query.sql, [view], parametersOf(query));
    });
  }

  it('the transaction marks the periods of rows that go and of rows that come', async () => {
    const script = replaceUnit({ table: RAW, columns: columnsOf(RAW), staging: STAGING, isWhole: false });
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
      .filter(({ name }) => name in values || name === 'replaced_tables')
      .map((parameter) => ({ ...parameter, value: values[parameter.name] ?? null }));
    const marked = await google.modify(fill(mark ?? ''), contents, parameters);
    assert.deepEqual(marked.map(({ cells }) => JSON.stringify(cells.slice(0, 2))).toSorted(), [
      '["A","202610"]',
      '["A","202611"]',
    ]);
  });

  it('the list of periods to convert leaves out marks that nothing can come of', async () => {
    const account = 'A';
    const raw = (month: string | null) => ({ billing_account_id: account, invoice: { month } });
    const focus = (month: string) => ({
      BillingAccountId: account,
      x_InvoiceMonth: month,
      ProviderName: 'Google Cloud',
      x_Credits: [],
      x_ProjectAncestors: [],
    });
    const rowsOf: Readonly<Record<string, readonly object[]>> = {
      // 2019 is converted in whole, of 2020 there is only what has not expired; of 000000 nothing is left.
      dirty_periods: ['201901', '202001', '203001', '203002', '000000', null]
        .map((month) => ({ billing_account_id: account, invoice_month: month }))
        .concat({ billing_account_id: null as never, invoice_month: '203001' }),
      [RAW]: [raw('201901'), raw('202001'), raw('203001'), raw(null)],
      cost_data_standard_1_3: [focus('201901'), focus('203002')],
    };
    const filled = configuredTables().map((table) => {
      const rows = rowsOf[table.name.slice(table.name.lastIndexOf('.') + 1)] ?? [];
      return { ...table, rows: rows as TestTable['rows'] };
    });
    const parameters = parametersOf(LIST_PERIODS).map((parameter) => ({ ...parameter, value: null }));
    const found = await google.query(fill(LIST_PERIODS.sql), filled, parameters);
    assert.deepEqual(
      found.map((row) => row['invoice_month']),
      [null, '202001', '203001', '203002'],
    );
  });

  it('the reconciliation of a period is not stopped by what cannot be added up in another', async () => {
    const raw = (month: string, cost: number | string, credit: number) => ({
      billing_account_id: 'A',
      invoice: { month },
      currency: 'USD',
      cost,
      credits: [{ amount: credit }],
    });
    const filled = configuredTables().map((table) =>
      table.name.endsWith(RAW) ? { ...table, rows: [raw('202601', 'NaN', 1e300), raw('202602', 2, -0.5)] } : table,
    );
    const { parameterType: type } = periodsParameter([]);
    const parameter = { name: 'periods', type, value: [{ billing_account_id: 'A', invoice_month: '202602' }] };
    const found = await google.query(fill(RECONCILE.sql), filled, [parameter]);
    assert.deepEqual(
      found.map((row) => [row['invoice_month'], row['source'], row['difference']]),
      [['202602', '1.5', '-1.5']],
    );
  });
});
