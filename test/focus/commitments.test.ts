import assert from 'node:assert/strict';
import { textOf } from '../sql/google-values.ts';
import { RESOURCES, SPEND, SUBSCRIPTIONS } from './commitment-cases.ts';
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
  });
}
