import assert from 'node:assert/strict';
import { textOf } from '../sql/google-values.ts';
import { RESOURCES, SPEND, SUBSCRIPTIONS } from './commitment-cases.ts';
import { core, cpuFee } from './commitment-rows.ts';
import { CONVERTERS, type Converter, type FocusRow } from './converters.ts';
import { rawRows } from './google-conversion.ts';

const COLUMNS = [
  'x_SkuId',
  'x_SplitPart',
  'ChargeCategory',
  'CommitmentDiscountStatus',
  'BilledCost',
  'EffectiveCost',
  'PricingQuantity',
  'CommitmentDiscountQuantity',
];

const lineOf = (row: FocusRow): string =>
  COLUMNS.map((column) => (row[column] === null ? '-' : textOf(row[column]))).join(' ');

const MODELS = [
  { model: 'spend-based', cases: SUBSCRIPTIONS },
  { model: 'older spend-based', cases: SPEND },
  { model: 'resource-based', cases: RESOURCES },
];

for (const { engine, start } of CONVERTERS) {
  describe(`on ${engine}`, () => {
    let converter: Converter;
    before(async () => {
      converter = await start();
    });
    after(() => converter.close());

    for (const { model, cases } of MODELS) {
      describe(`a ${model} commitment`, () => {
        for (const { name, rows, beside, focus: expected } of cases) {
          it(name, async () => {
            const { focus } = await converter.convert(rawRows(rows), beside);
            assert.deepEqual(focus.map(lineOf).toSorted(), expected.toSorted());
          });
        }
      });
    }

    it('what was paid for a commitment is no capacity, whatever labels its fee has', async () => {
      const label = (key: string, value: string) => ({ key: `compute.googleapis.com/${key}`, value });
      const labels = [label('reservation_name', 'r1'), label('reservation_project_id', 'p9')];
      const [fee, use] = [cpuFee(5, 8), core(6, 6, -6)].map((row) => ({ ...row, system_labels: labels }));
      const { focus } = await converter.convert(rawRows([fee!, use!]));
      const capacities = focus.map((row) => [row['x_SplitPart'], row['CapacityReservationStatus']]);
      assert.deepEqual(capacities.toSorted(), [
        ['base', null],
        ['covered', 'Used'],
        ['unused', null],
      ]);
    });
  });
}
