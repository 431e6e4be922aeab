import assert from 'node:assert/strict';
import type { Cell } from '../sql/google-values.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';
import { sampleCommitmentRows } from './arbitrary-commitments.ts';
import { sampleRows } from './arbitrary-rows.ts';
import { startEmbeddedWarehouse, type EmbeddedWarehouse } from './embedded-conversion.ts';
import { convertWithGoogle, periodsOf, rawRows } from './google-conversion.ts';
import type { RawRow } from './raw-rows.ts';

const RAW = 'cloud_gcp_billing_raw_daily';
const FOCUS = 'cost_data_standard_1_3';

/** Rows in an order of their own, each as text of its columns by name. */
const canonical = (rows: readonly Readonly<Record<string, Cell>>[]): string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))).toSorted();

describe('the FOCUS conversion', function () {
  this.timeout(120_000);
  const rows = rawRows([...sampleRows(200), ...sampleCommitmentRows(200)]);
  let google: GoogleSql;
  let embedded: EmbeddedWarehouse;
  before(async () => {
    google = await startGoogleSql();
    embedded = await startEmbeddedWarehouse();
    await embedded.load(RAW, rows);
    await embedded.convert(periodsOf(rows));
  });
  after(async () => {
    await embedded.close();
    await google.close();
  });

  it("writes the same cells on the embedded engine as on Google's", async () => {
    const { focus } = await convertWithGoogle(google, rows);
    const found = await embedded.rows(FOCUS);
    assert.equal(found.length, focus.length);
    const byKey = new Map(found.map((row) => [keyOf(row), row]));
    for (const row of focus) assert.deepEqual(byKey.get(keyOf(row)), { ...row });
  });

  it('reports the same quality findings on both', async () => {
    const { quality } = await convertWithGoogle(google, rows);
    const plain = (findings: readonly Readonly<Record<string, Cell>>[]) =>
      canonical(findings.map((finding) => ({ ...finding, checked_at: null })));
    assert.deepEqual(plain(await embedded.rows('data_quality_results')), plain(quality));
  });

  it('gives the same bytes when it runs again', async () => {
    const once = canonical(await embedded.rows(FOCUS));
    await embedded.convert(periodsOf(rows));
    assert.deepEqual(canonical(await embedded.rows(FOCUS)), once);
  });

  it('clears the marks of what it converted and of nothing else', async () => {
    const mark = (invoice_month: string): RawRow => ({
      billing_account_id: '0000AA-1111BB-2222CC',
      invoice_month,
      run_id: 'run-1',
      marked_at: '2026-03-01T00:00:00Z',
    });
    await embedded.load('dirty_periods', [mark('202602'), mark('202602'), mark('202501')]);
    await embedded.convert([{ billing_account_id: '0000AA-1111BB-2222CC', invoice_month: '202602' }]);
    assert.deepEqual(await embedded.rows('dirty_periods'), [mark('202501')]);
  });

  it('keeps the former rows of a period that fails a check', async () => {
    const former = canonical(await embedded.rows(FOCUS));
    await embedded.load(RAW, rawRows([{ cost: Number.NaN }]));
    await assert.rejects(
      embedded.convert([{ billing_account_id: '0000AA-1111BB-2222CC', invoice_month: '202602' }]),
      /FOCUS check failed: the billing export holds a cost that is not a number/,
    );
    assert.deepEqual(canonical(await embedded.rows(FOCUS)), former);
  });
});

function keyOf(row: Readonly<Record<string, Cell>>): string {
  return JSON.stringify([row['x_SourceRowHash'], row['x_SplitPart']]);
}
