import assert from 'node:assert/strict';
import fc from 'fast-check';
import { convertWithGoogle } from '../focus/google-conversion.ts';
import { fill } from '../sql/catalog.ts';
import type { Cell } from '../sql/google-values.ts';
import { tablesWithLookups } from '../sql/lookups.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';
import { convertAlone, firstOf, rawRowsOf, RUNS } from './conversions.ts';
import { generatedExport } from './generator/exports.ts';
import { canonical, periodsOf } from './marked-rows.ts';
import { engineDifferences } from './oracle/compare.ts';
import { conversionSteps, procedureOf } from './procedure-steps.ts';
import { QUALITY, RAW, startProofWarehouse, type ProofWarehouse } from './warehouse.ts';

const configured = tablesWithLookups();

describe('a generated billing export', function () {
  this.timeout(120_000);
  let google: GoogleSql;
  let embedded: ProofWarehouse;
  before(async () => {
    google = await startGoogleSql();
    embedded = await startProofWarehouse(procedureOf(conversionSteps()));
  });
  after(async () => {
    await embedded.close();
    await google.close();
  });

  it('writes JSON text alike on both engines, whatever characters a customer uses', async () => {
    const text = fc.oneof(
      fc.constantFrom('\u2028', '\u2029', '\u007f', '\u0085', '\ufeff', '\u0000'),
      fc.string({ unit: 'binary' }),
    );
    const property = fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 50, size: 'max' }), async (texts) => {
      const rows = texts.filter((each) => each.isWellFormed()).map((value, at) => ({ key: String(at), value }));
      const sql =
        'SELECT TO_JSON_STRING(label.value) AS json FROM `{{project}}.{{org}}.cloud_gcp_billing_raw_daily`, UNNEST(labels) AS label ORDER BY label.key';
      const raw = rawRowsOf([{ values: { labels: rows }, mark: '0' }]);
      await convertAlone(embedded, raw);
      const tables = configured.map((table) => (table.name.endsWith(RAW) ? { ...table, rows: raw } : table));
      assert.deepEqual(await embedded.query(sql), await google.query(fill(sql), tables));
    });
    await fc.assert(property, RUNS);
  });

  it("becomes the same FOCUS rows and findings on the embedded engine as on Google's", async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 60 }), async ({ rows }) => {
      const raw = rawRowsOf(rows);
      const { focus, quality } = await convertWithGoogle(google, raw, periodsOf(raw));
      assert.deepEqual(firstOf(engineDifferences(focus, await convertAlone(embedded, raw))), []);
      assert.deepEqual(canonical(timeless(await embedded.rows(QUALITY))), canonical(timeless(quality)));
    });
    await fc.assert(property, { ...RUNS, numRuns: 4 });
  });
});

/** Findings without what depends on the clock, as Google's engine has one of its own. */
const timeless = (findings: readonly Readonly<Record<string, Cell>>[]) =>
  findings.filter(({ check_id: check }) => check !== 'period_incomplete').map((row) => ({ ...row, checked_at: null }));
