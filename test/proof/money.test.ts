import assert from 'node:assert/strict';
import fc from 'fast-check';
import { convertAlone, plainDifferences, rawRowsOf, RUNS } from './conversions.ts';
import { brokenRules, RULES } from './focus-rules.ts';
import { committedExport, generatedExport, shuffled } from './generator/exports.ts';
import { canonical, periodsOf } from './marked-rows.ts';
import { commitmentFaults, partFaults } from './oracle/commitments.ts';
import { billedMoney, commitmentGaps, exportedMoney } from './oracle/money.ts';
import { conversionSteps, procedureOf } from './procedure-steps.ts';
import { FOCUS, startProofWarehouse, type ProofWarehouse } from './warehouse.ts';

describe('any billing export', function () {
  this.timeout(120_000);
  let warehouse: ProofWarehouse;
  before(async () => {
    warehouse = await startProofWarehouse(procedureOf(conversionSteps()));
  });
  after(() => warehouse.close());

  it('is billed in FOCUS to the last digit: cost and credits per account, invoice month and currency', async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 150 }), async ({ rows }) => {
      const focus = await convertAlone(warehouse, rawRowsOf(rows));
      assert.deepEqual(billedMoney(focus), exportedMoney(rows.map(({ values }) => values)));
    });
    await fc.assert(property, RUNS);
  });

  it('has the columns that an independent reading of the mapping gives each row', async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 250 }), async ({ rows }) => {
      assert.deepEqual(plainDifferences(rows, await convertAlone(warehouse, rawRowsOf(rows))), []);
    });
    await fc.assert(property, RUNS);
  });

  it('spends on usage exactly what was purchased, per commitment and invoice month', async () => {
    const property = fc.asyncProperty(committedExport, async ({ rows }) => {
      const focus = await convertAlone(warehouse, rawRowsOf(rows));
      assert.deepEqual(commitmentGaps(focus), {});
      assert.deepEqual(commitmentFaults(focus), []);
      assert.deepEqual(billedMoney(focus), exportedMoney(rows.map(({ values }) => values)));
    });
    await fc.assert(property, RUNS);
  });

  it('becomes one base row per row and one row per promotion, or the parts that a commitment splits it into', async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 100 }), async ({ rows }) => {
      assert.deepEqual(partFaults(rows, await convertAlone(warehouse, rawRowsOf(rows))), []);
    });
    await fc.assert(property, RUNS);
  });

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
});
