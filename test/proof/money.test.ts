import assert from 'node:assert/strict';
import fc from 'fast-check';
import { convertAlone, firstOf, plainDifferences, rawRowsOf, RUNS } from './conversions.ts';
import { generatedExport } from './generator/exports.ts';
import { partFaults } from './oracle/commitments.ts';
import { billedMoney, exportedMoney } from './oracle/money.ts';
import { conversionSteps, procedureOf } from './procedure-steps.ts';
import { startProofWarehouse, type ProofWarehouse } from './warehouse.ts';

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
      assert.deepEqual(firstOf(plainDifferences(rows, await convertAlone(warehouse, rawRowsOf(rows)))), []);
    });
    await fc.assert(property, RUNS);
  });

  it('becomes one base row per row and one row per promotion, or the parts that a commitment splits it into', async () => {
    const property = fc.asyncProperty(generatedExport({ rows: 100 }), async ({ rows }) => {
      assert.deepEqual(firstOf(partFaults(rows, await convertAlone(warehouse, rawRowsOf(rows)))), []);
    });
    await fc.assert(property, RUNS);
  });
});
