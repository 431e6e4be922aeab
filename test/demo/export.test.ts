import assert from 'node:assert/strict';
import { BILLING_ACCOUNTS, exportTableOf } from '../../local/demo/customer.ts';
import { exportPartitions, exportRows } from '../../local/demo/export.ts';
import type { ExportRow } from '../../local/demo/export-row.ts';
import { exportFields } from '../../local/demo/load-export.ts';

const LAST_DAY = '2026-11-23';
const ADVERTISED_CREDITS = [
  'COMMITTED_USAGE_DISCOUNT',
  'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE',
  'DISCOUNT',
  'FEE_UTILIZATION_OFFSET',
  'FREE_TIER',
  'PROMOTION',
  'RESELLER_MARGIN',
  'SUBSCRIPTION_BENEFIT',
  'SUSTAINED_USAGE_DISCOUNT',
];

describe('sample billing export', () => {
  let rows: { partition: string; row: ExportRow }[];

  before(() => {
    rows = [...exportRows({ lastDay: LAST_DAY })];
  });

  const distinct = (valueOf: (row: ExportRow) => string | undefined): string[] =>
    [...new Set(rows.map(({ row }) => valueOf(row)))].filter((value) => value !== undefined).toSorted();
  const some = (fits: (row: ExportRow) => boolean): boolean => rows.some(({ row }) => fits(row));

  it('has at least 20,000 rows, of more than 30 services and SKUs', () => {
    assert.ok(rows.length >= 20_000);
    assert.ok(distinct(({ service }) => service?.description).length >= 30);
    assert.ok(distinct(({ sku }) => sku?.id).length >= 30);
  });

  it('is the same to the last digit each time, and another one for another seed', () => {
    const text = (seed: number) => JSON.stringify([...exportRows({ lastDay: LAST_DAY, rows: 500, seed })]);
    assert.equal(text(1), text(1));
    assert.notEqual(text(1), text(2));
  });

  it('has exactly as many rows as asked for', () => {
    for (const wanted of [1_000, 1_001, 7_777]) {
      let made = 0;
      for (const { partition } of exportRows({ lastDay: LAST_DAY, rows: wanted })) made += partition ? 1 : 0;
      assert.equal(made, wanted);
    }
  });

  it('is made row by row', () => {
    const first = exportPartitions({ lastDay: LAST_DAY, rows: 2_000_000_000 })[0]!.rows()[Symbol.iterator]().next();
    assert.equal(first.done, false);
  });

  it('bills two accounts, one of them in EUR at a rate', () => {
    assert.deepEqual(
      distinct(({ billing_account_id, currency }) => `${billing_account_id} ${currency}`),
      ['01A2B3-C4D5E6-F7A8B9 USD', '0F9E8D-7C6B5A-493827 EUR'],
    );
    for (const { row } of rows) assert.equal(row.currency_conversion_rate === 1, row.currency === 'USD');
  });

  it('carries credits of each type, and none that adds cost', () => {
    assert.deepEqual(
      [...new Set(rows.flatMap(({ row }) => row.credits.map(({ type }) => type)))].toSorted(),
      ADVERTISED_CREDITS,
    );
    assert.ok(rows.every(({ row }) => row.credits.every(({ amount }) => amount < 0)));
  });

  it('carries taxes, adjustments and rounding errors beside regular rows', () => {
    assert.deepEqual(
      distinct(({ cost_type }) => cost_type),
      ['adjustment', 'regular', 'rounding_error', 'tax'],
    );
  });

  it('corrects usage of the open month and of a closed one', () => {
    const corrected = rows.flatMap(({ row }) =>
      row.adjustment_info?.type === 'USAGE_CORRECTION' ? [isOfAnEarlierMonth(row)] : [],
    );
    assert.ok(corrected.includes(true) && corrected.includes(false));
    assert.ok(some((row) => row.adjustment_info?.type === 'GOODWILL' && row.cost < 0));
  });

  it('bills late: usage days before its partition, and of a month before its invoice', () => {
    const dayOf = (text: string): number => Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3').slice(0, 10));
    assert.ok(rows.some(({ partition, row }) => dayOf(partition) - dayOf(row.usage_start_time) >= 4 * 86_400_000));
    assert.ok(some((row) => row.adjustment_info === undefined && isOfAnEarlierMonth(row)));
  });

  for (const { name, fits } of [
    { name: 'rows without project', fits: (row) => row.project === undefined },
    { name: 'rows that cost nothing', fits: (row) => row.cost === 0 },
    { name: 'negative rows', fits: (row) => row.cost < 0 },
    { name: 'labels', fits: (row) => row.labels.length > 0 },
    { name: 'an empty label value', fits: (row) => row.labels.some(({ value }) => value === '') },
    { name: 'system labels', fits: (row) => row.system_labels.length > 0 },
    { name: 'inherited tags', fits: (row) => row.tags.some(({ inherited }) => inherited) },
    { name: 'sellers of the marketplace', fits: (row) => row.seller_name !== undefined },
    {
      name: 'costs with more than six decimals',
      fits: (row) => Math.abs(row.cost * 1e6 - Math.round(row.cost * 1e6)) > 1e-4,
    },
  ] as { name: string; fits: (row: ExportRow) => boolean }[]) {
    it(`has ${name}`, () => assert.ok(some(fits)));
  }

  it('writes amounts that a NUMERIC column takes, and no column that the export does not have', () => {
    const columns = new Set(exportFields().map(({ name }) => name));
    for (const { row } of rows) {
      for (const name of Object.keys(row)) assert.ok(columns.has(name), name);
      for (const price of Object.values(row.price ?? {}).filter((text) => /^[\d.]/.test(text))) {
        assert.match(price, /^\d{1,29}(\.\d{1,9})?$/);
      }
    }
  });

  it('names tables as Google does', () => {
    assert.equal(exportTableOf(BILLING_ACCOUNTS[0]!), 'gcp_billing_export_v1_01A2B3_C4D5E6_F7A8B9');
  });
});

/** Whether the usage lies in a month before the one that bears it. */
function isOfAnEarlierMonth({ usage_start_time, invoice }: ExportRow): boolean {
  return usage_start_time.slice(0, 7).replace('-', '') < invoice.month;
}
