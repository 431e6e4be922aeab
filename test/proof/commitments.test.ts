import assert from 'node:assert/strict';
import fc from 'fast-check';
import { convertAlone, firstOf, rawRowsOf, RUNS } from './conversions.ts';
import { orderlyCommitment } from './generator/commitments.ts';
import { committedExport } from './generator/exports.ts';
import { amortisationFaults, marksOf } from './oracle/amortisation.ts';
import { commitmentFaults } from './oracle/commitments.ts';
import { billedMoney, commitmentGaps, exportedMoney } from './oracle/money.ts';
import { conversionSteps, procedureOf } from './procedure-steps.ts';
import { startProofWarehouse, type ProofWarehouse } from './warehouse.ts';

describe('an export of commitments', function () {
  this.timeout(120_000);
  let warehouse: ProofWarehouse;
  before(async () => {
    warehouse = await startProofWarehouse(procedureOf(conversionSteps()));
  });
  after(() => warehouse.close());

  it('spends on usage exactly what was purchased, per commitment and invoice month', async () => {
    const property = fc.asyncProperty(committedExport, async ({ rows }) => {
      const focus = await convertAlone(warehouse, rawRowsOf(rows));
      assert.deepEqual(commitmentGaps(focus), {});
      assert.deepEqual(firstOf(commitmentFaults(focus)), []);
      assert.deepEqual(billedMoney(focus), exportedMoney(rows.map(({ values }) => values)));
    });
    await fc.assert(property, RUNS);
  });

  it('spreads the fee of each hour of a commitment over what it covered, by each model', async () => {
    const property = fc.asyncProperty(orderlyCommitment, async (commitment) => {
      const focus = await convertAlone(warehouse, rawRowsOf(marksOf(commitment, 'c')));
      assert.deepEqual(firstOf(amortisationFaults(commitment, 'c', focus)), []);
    });
    await fc.assert(property, { ...RUNS, numRuns: 12 });
  });
});
