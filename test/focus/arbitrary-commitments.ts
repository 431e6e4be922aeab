import fc from 'fast-check';
import type { Cell } from '../sql/google-values.ts';
import { amount } from './arbitrary-rows.ts';

type Values = Readonly<Record<string, Cell>>;

const oneOf = (...values: readonly Cell[]): fc.Arbitrary<Cell> => fc.constantFrom(...values);

/** Few hours, places and commitments, so that fees and use of them meet; the last hour has no fee that starts in it. */
const hours = fc.constantFrom<Values>(
  { usage_start_time: '2026-02-10T10:00:00Z', usage_end_time: '2026-02-10T11:00:00Z' },
  { usage_start_time: '2026-02-10T11:00:00Z', usage_end_time: '2026-02-10T12:00:00Z' },
  { usage_start_time: '2026-01-31T23:00:00Z', usage_end_time: '2026-02-01T00:00:00Z' },
  { usage_start_time: '2026-02-11T00:00:00Z', usage_end_time: '2026-02-12T00:00:00Z' },
  { usage_start_time: '2026-02-11T05:00:00Z', usage_end_time: '2026-02-11T06:00:00Z' },
);
const places = oneOf('us-central1', 'europe-west1', null);
const quantity = fc.oneof(
  fc.constantFrom(1, 8, 10, 0.1, 1 / 3, 1e-12, -6),
  fc.integer({ min: 1, max: 9_999_999 }).map((units) => units / 1e5),
);
/** A cost and what a credit takes off it: nothing, a part, all, more than all, or the wrong way. */
const discounted = fc
  .tuple(amount, fc.constantFrom(0, 0.3, 1 / 3, 0.6, 1, 1, 1.2, -0.1))
  .map(([cost, part]) => ({ cost, discount: -cost * part }));
const correction = oneOf(null, null, null, null, 'USAGE_CORRECTION', 'PRICE_CORRECTION');

const compute: Values = {
  'service.id': '6F81-5844-456A',
  'service.description': 'Compute Engine',
  'usage.unit': 'hour',
  'usage.pricing_unit': 'hour',
};
const inHour = (facts: fc.Arbitrary<Values>): fc.Arbitrary<Record<string, Cell>> =>
  fc.tuple(hours, facts, correction, quantity, oneOf('202602', '202603')).map(([hour, values, type, used, month]) => ({
    cost_type: 'regular',
    currency_conversion_rate: 1,
    ...hour,
    'invoice.month': month,
    'usage.amount': used,
    'usage.amount_in_pricing_units': used,
    'adjustment_info.type': type,
    ...values,
  }));

const resourceFee = inHour(
  fc
    .tuple(amount, places, oneOf('Cpu', 'N2 Cpu', 'E2 Cpu', 'Ram'), oneOf('1 Year', '3 Years'))
    .map(([cost, region, kind, term]) => ({
      ...compute,
      'sku.id': `FEE ${String(kind)} ${String(term)}`,
      'sku.description': `Commitment v1: ${String(kind)} in Americas for ${String(term)}`,
      'location.region': region,
      cost,
    })),
);
const resourceUse = inHour(
  fc
    .tuple(discounted, places, oneOf('N1 Predefined', 'N2', 'E2', 'Compute optimized'), oneOf('Core', 'Ram'), amount)
    .map(([{ cost, discount }, region, series, kind, other]) => ({
      ...compute,
      'sku.id': `${String(series)} ${String(kind)}`,
      'sku.description': `${String(series)} Instance ${String(kind)} running in Americas`,
      'location.region': region,
      cost,
      credits: [
        { type: 'COMMITTED_USAGE_DISCOUNT', amount: discount, id: 'CUD', name: 'Commitment', full_name: null },
        ...(other > 1 ? [{ type: 'DISCOUNT', amount: -other / 1e3, id: null, name: null, full_name: null }] : []),
      ],
    })),
);
const spendFee = inHour(
  fc.tuple(amount, places, oneOf('Cloud SQL', 'Cloud Run')).map(([cost, region, service]) => ({
    'service.description': service,
    'sku.id': `FEE ${String(service)}`,
    'sku.description': `Commitment - dollar based v1: ${String(service)} for 1 year`,
    'usage.unit': 'count',
    'usage.pricing_unit': 'count',
    'location.region': region,
    cost,
  })),
);
const spendUse = inHour(
  fc
    .tuple(discounted, places, oneOf('Cloud SQL', 'Cloud Run', 'Cloud Spanner'))
    .map(([{ cost, discount }, region, service]) => ({
      'service.description': service,
      'sku.id': `USE ${String(service)}`,
      'sku.description': `${String(service)} capacity`,
      'usage.unit': 'hour',
      'usage.pricing_unit': 'hour',
      'location.region': region,
      cost,
      credits: [
        { type: 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', amount: discount, id: null, name: null, full_name: null },
      ],
    })),
);
const subscriptionFee = inHour(
  fc
    .tuple(discounted, oneOf('sub-1', 'sub-2', 'sub-3'), oneOf('CORE-1', 'CORE-2', null))
    .map(([{ cost, discount }, id, sku]) => ({
      ...compute,
      'sku.id': 'FLEX',
      'sku.description': 'Flexible CUD fee',
      'subscription.instance_id': id,
      'consumption_model.description': 'Default',
      labels: sku === null ? [] : [{ key: 'goog-originating-sku-id', value: sku }],
      credits: [{ type: 'FEE_UTILIZATION_OFFSET', amount: discount, id: null, name: null, full_name: null }],
      cost,
    })),
);
const subscriptionUse = inHour(
  fc.tuple(amount, oneOf('sub-1', 'sub-2', 'sub-4'), oneOf('CORE-1', 'CORE-2')).map(([cost, id, sku]) => ({
    ...compute,
    'sku.id': sku,
    'sku.description': 'N2 Instance Core running in Americas',
    'subscription.instance_id': id,
    'consumption_model.id': 'CM-1',
    'consumption_model.description': 'Flexible CUD 1 Year',
    cost,
    cost_at_effective_price_default: String(Number((cost * 1.25).toFixed(9))),
  })),
);

/** One row of an export of an account with commitments of all three models. */
export const commitmentRow: fc.Arbitrary<Record<string, Cell>> = fc.oneof(
  { weight: 2, arbitrary: resourceFee },
  { weight: 3, arbitrary: resourceUse },
  { weight: 2, arbitrary: spendFee },
  { weight: 3, arbitrary: spendUse },
  { weight: 2, arbitrary: subscriptionFee },
  { weight: 3, arbitrary: subscriptionUse },
);

/** The same rows on every run. */
export function sampleCommitmentRows(count: number, seed = 20_260_210): Record<string, Cell>[] {
  return fc.sample(commitmentRow, { numRuns: count, seed });
}
