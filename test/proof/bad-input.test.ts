import assert from 'node:assert/strict';
import { convertAlone, rawRowsOf } from './conversions.ts';
import type { Values } from './generator/names.ts';
import { conversionSteps, procedureOf } from './procedure-steps.ts';
import { FOCUS, RAW, startProofWarehouse, type ProofWarehouse } from './warehouse.ts';
import { periodsOf } from './marked-rows.ts';

const USAGE: Values = {
  'invoice.month': '202602',
  currency: 'USD',
  'sku.id': 'S',
  'usage.amount': 1,
  'usage.amount_in_pricing_units': 1,
  export_time: '2026-02-11T04:05:06Z',
};
const forty = 1.234567890123456e39;

/** Money that a sum may not hold: BIGNUMERIC ends at 38 digits and a half. */
const TOO_LARGE: readonly { readonly name: string; readonly rows: readonly Values[] }[] = [
  { name: 'a cost of 40 digits', rows: [{ ...USAGE, cost: forty }] },
  { name: 'a credit of 40 digits', rows: [{ ...USAGE, cost: 1, credits: [{ type: 'PROMOTION', amount: -forty }] }] },
  { name: 'a cost of 31 digits, which others could lift over the end', rows: [{ ...USAGE, cost: 1e30 }] },
];

describe('a billing export', function () {
  this.timeout(60_000);
  let warehouse: ProofWarehouse;
  before(async () => {
    warehouse = await startProofWarehouse(procedureOf(conversionSteps()));
  });
  after(() => warehouse.close());

  const converted = async (rows: readonly Values[]) =>
    convertAlone(warehouse, rawRowsOf(rows.map((values, at) => ({ values, mark: String(at) }))));

  for (const { name, rows } of TOO_LARGE) {
    it(`is refused in words of its own, and keeps its former rows, when it holds ${name}`, async () => {
      const former = await converted([{ ...USAGE, cost: 1 }]);
      const raw = rawRowsOf(rows.map((values, at) => ({ values, mark: `large-${at}` })));
      await warehouse.load(RAW, raw);
      await assert.rejects(warehouse.convert(periodsOf(raw)), /FOCUS check failed/);
      assert.deepEqual(await warehouse.rows(FOCUS), former);
    });
  }

  it('keeps every digit of a cost of 29', async () => {
    const [row] = await converted([{ ...USAGE, cost: 1e28 }]);
    assert.deepEqual([row!['BilledCost'], row!['ListCost']], [`1${'0'.repeat(28)}`, `1${'0'.repeat(28)}`]);
  });

  it('shows money as an adjustment when its unit price has more digits than can be written', async () => {
    const [row] = await converted([{ ...USAGE, cost: 1e27, 'usage.amount_in_pricing_units': 1e-12 }]);
    const cost = `1${'0'.repeat(27)}`;
    assert.deepEqual(
      [row!['ChargeCategory'], row!['BilledCost'], row!['ContractedCost'], row!['ListCost'], row!['SkuPriceId']],
      ['Adjustment', cost, cost, cost, null],
    );
  });

  it('becomes nothing when it is empty, also where rows were before', async () => {
    const raw = rawRowsOf([{ values: { ...USAGE, cost: 1 }, mark: '0' }]);
    await converted([{ ...USAGE, cost: 1 }]);
    await warehouse.remove(RAW);
    await warehouse.convert(periodsOf(raw));
    assert.deepEqual(await warehouse.rows(FOCUS), []);
  });

  it('has two FOCUS rows for two equal rows, which are genuine', async () => {
    const row = { values: { ...USAGE, cost: 0.1 }, mark: '0' };
    const focus = await convertAlone(warehouse, rawRowsOf([row, row]));
    assert.equal(new Set(focus.map((each) => each['x_SourceRowHash'])).size, 2);
  });
});
