import assert from 'node:assert/strict';
import { exportRows } from '../../local/demo/export.ts';
import type { ExportRow } from '../../local/demo/export-row.ts';
import { categorySumsQuery, periodSumsQuery } from '../../local/demo/sums.ts';
import { startEmbeddedWarehouse, type EmbeddedWarehouse } from '../focus/embedded-conversion.ts';
import { LANDED, type RawRow } from '../focus/raw-rows.ts';
import { configuredTables, NAMES } from '../sql/catalog.ts';
import { textOf, type Cell } from '../sql/google-values.ts';
import { startGoogleSql } from '../sql/zetasql.ts';

const RAW = 'cloud_gcp_billing_raw_daily';
const named = (table: string): string => `${NAMES.project}.${NAMES.org}.${table}`;
const sums = { exports: [named(RAW)], focus: named('cost_data_standard_1_3') };

function landed(row: ExportRow): RawRow {
  const cells = JSON.parse(JSON.stringify(row), (_key, value: unknown) =>
    // The tests' own loader reads ISO 8601 only.
    typeof value === 'string' && value.endsWith(' UTC') ? `${value.slice(0, 19).replace(' ', 'T')}Z` : value,
  ) as RawRow;
  const { 'invoice.month': _month, ...added } = LANDED;
  return { ...added, ...cells };
}

describe('the sample export, converted to FOCUS', function () {
  this.timeout(60_000);
  let warehouse: EmbeddedWarehouse;
  let periods: Record<string, Cell>[];

  before(async () => {
    const rows = [...exportRows({ lastDay: '2026-11-23', rows: 2_000 })].map(({ row }) => row);
    const ids = rows.map((row) => `${row.billing_account_id} ${row.invoice.month}`);
    periods = [...new Set(ids)].map((id) => {
      const [account = '', month = ''] = id.split(' ');
      return { billing_account_id: account, invoice_month: month };
    });
    warehouse = await startEmbeddedWarehouse();
    await warehouse.load(RAW, rows.map(landed));
    for (const period of periods) await warehouse.convert([period]);
  });
  after(() => warehouse.close());

  it('bills what was exported, to the last digit, in each period', async () => {
    const found = await warehouse.query(periodSumsQuery(sums));
    assert.equal(found.length, periods.length);
    for (const { exported, billed, difference } of found) {
      assert.equal(billed, exported);
      assert.equal(difference, '0');
      assert.ok(Number(exported) > 0);
    }
  });

  it('falls into many service categories', async () => {
    const found = await warehouse.query(categorySumsQuery(sums));
    const categories = new Set(found.map(({ category }) => category));
    for (const category of ['Compute', 'Storage', 'Databases', 'Networking', 'AI and Machine Learning', 'Security']) {
      assert.ok(categories.has(category), category);
    }
  });

  it('has charges of every category, and corrections', async () => {
    const kinds = async (column: string) => {
      const found = await warehouse.query(`SELECT DISTINCT ${column} AS kind FROM \`${sums.focus}\``);
      return found.flatMap(({ kind }) => (kind === null ? [] : [textOf(kind)]));
    };
    assert.deepEqual((await kinds('ChargeCategory')).toSorted(), ['Adjustment', 'Credit', 'Purchase', 'Tax', 'Usage']);
    assert.deepEqual(await kinds('ChargeClass'), ['Correction']);
  });

  it('is summed up by valid GoogleSQL', async () => {
    const google = await startGoogleSql();
    try {
      for (const sql of [periodSumsQuery(sums), categorySumsQuery(sums)]) {
        await google.analyze(sql, configuredTables());
      }
    } finally {
      await google.close();
    }
  });
});
