import assert from 'node:assert/strict';
import fc from 'fast-check';
import { convertAlone, rawRowsOf, RUNS } from './conversions.ts';
import { brokenRules, RULES } from './focus-rules.ts';
import { generatedExport, shuffled } from './generator/exports.ts';
import { canonical, periodsOf } from './marked-rows.ts';
import { expectedFindings, reportedFindings } from './oracle/findings.ts';
import { conversionSteps, procedureOf } from './procedure-steps.ts';
import { FOCUS, QUALITY, startProofWarehouse, type ProofWarehouse } from './warehouse.ts';

describe('a converted export', function () {
  this.timeout(120_000);
  let warehouse: ProofWarehouse;
  before(async () => {
    warehouse = await startProofWarehouse(procedureOf(conversionSteps()));
  });
  after(() => warehouse.close());

  it('keeps every rule of FOCUS 1.3', async () => {
    assert.equal(RULES, 170);
    const property = fc.asyncProperty(generatedExport({ rows: 250 }), async ({ rows }) => {
      await convertAlone(warehouse, rawRowsOf(rows));
      assert.deepEqual(await brokenRules(warehouse.query, `{{project}}.{{org}}.${FOCUS}`), {});
    });
    await fc.assert(property, RUNS);
  });

  it('gives the same bytes when it runs again, and over the same rows in another order by another run', async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 100 }), fc.integer(), async ({ rows }, order) => {
      const raw = rawRowsOf(rows);
      const once = canonical(await convertAlone(warehouse, raw));
      await warehouse.convert(periodsOf(raw));
      assert.deepEqual(canonical(await warehouse.rows(FOCUS)), once);
      const landedAgain = { x_run_id: 'run-2', x_loaded_at: '2026-05-05T00:00:00Z', x_credential_id: 'credential-2' };
      const reordered = shuffled(raw, order).map((row) => ({ ...row, ...landedAgain }));
      assert.deepEqual(canonical(await convertAlone(warehouse, reordered)), once);
    });
    await fc.assert(property, { ...RUNS, numRuns: 3 });
  });

  it('is remarked on where a reader should know', async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 150 }), async ({ rows }) => {
      const plain = rows.flatMap((row) => (row.plain ? [row] : []));
      await convertAlone(warehouse, rawRowsOf(plain));
      assert.deepEqual(
        reportedFindings(await warehouse.rows(QUALITY)),
        expectedFindings(plain.map((row) => row.plain!)),
      );
    });
    await fc.assert(property, { ...RUNS, numRuns: 3 });
  });
});
