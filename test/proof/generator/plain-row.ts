import fc from 'fast-check';
import type { Cell } from '../../sql/google-values.ts';
import { amount, currency, information, quantity } from './amounts.ts';
import { labels, resourceManagerTags, systemLabels } from './labels.ts';
import {
  PLACES,
  RESOURCES,
  SELLERS,
  SKUS,
  UNITS,
  type PlaceFacts,
  type ResourceFacts,
  type SkuFacts,
  type Values,
} from './names.ts';
import { exportTime, INVOICE_MONTHS, usageTimes } from './times.ts';

/** A row of an export that no commitment touches, with what its names are in FOCUS. */
export interface PlainRow {
  readonly values: Values;
  readonly sku: SkuFacts;
  readonly place: PlaceFacts;
  readonly resource: ResourceFacts;
  readonly seller: string;
}

export const ACCOUNTS = ['0000AA-1111BB-2222CC', '00FFFF-EEEEEE-DDDDDD'] as const;

/** Credits that lower their row, and promotions, which become rows. Those of commitments have a generator of their own. */
export const CREDIT_TYPES: readonly Cell[] = [
  'PROMOTION',
  'PROMOTION',
  'FREE_TIER',
  'SUSTAINED_USAGE_DISCOUNT',
  'DISCOUNT',
  'SUBSCRIPTION_BENEFIT',
  'RESELLER_MARGIN',
  'SPENDING_BASED_DISCOUNT',
  'CREDIT_TYPE_UNSPECIFIED',
  'A_TYPE_OF_NEXT_YEAR',
  '',
  null,
];
export const credit = fc.record<Record<string, Cell>>({
  type: fc.constantFrom(...CREDIT_TYPES),
  amount: fc.option(amount, { nil: null, freq: 8 }),
  id: fc.constantFrom<Cell>('CREDIT-1', 'größe 😀', null),
  name: fc.constantFrom<Cell>('Trial', 'Größe 😀', '', ' ', null),
  full_name: fc.constantFrom<Cell>('Free trial of the first month', '', null),
});

const ADJUSTMENTS: readonly Cell[] = [
  ...Array.from<null>({ length: 8 }).fill(null),
  ...['USAGE_CORRECTION', 'PRICE_CORRECTION', 'METADATA_CORRECTION'],
  ...['GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION'],
  ...['BALANCE_TRANSFER', 'ACCOUNT_CLOSURE', 'GENERAL_ADJUSTMENT', 'AN_ADJUSTMENT_OF_NEXT_YEAR', ''],
];
const COST_TYPES: readonly Cell[] = [
  ...Array.from<string>({ length: 8 }).fill('regular'),
  ...['tax', 'adjustment', 'rounding_error', 'a_type_of_next_year', null],
];
const MODELS: readonly Values[] = [
  {},
  {},
  { 'consumption_model.id': '7754-699E-0EBF', 'consumption_model.description': 'Default' },
  { 'consumption_model.id': 'CM-1', 'consumption_model.description': 'Flexible "CUD" 1 Year' },
  { 'consumption_model.id': null, 'consumption_model.description': 'A model without id' },
];
const unit = fc.constantFrom<Cell>(...Object.keys(UNITS), ...Object.keys(UNITS), '', ' ', null);
const decimalOf = (...values: readonly Cell[]): fc.Arbitrary<Cell> => fc.constantFrom(...values);

/** Both quantities, one, none: what is paid flat and what is used without cost are as common as the rest. */
const quantities: fc.Arbitrary<Values> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ 'usage.amount': quantity, 'usage.amount_in_pricing_units': quantity }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Values>(
      { 'usage.amount': null, 'usage.amount_in_pricing_units': null },
      { 'usage.amount': 0, 'usage.amount_in_pricing_units': 0 },
      { 'usage.amount': 0, 'usage.amount_in_pricing_units': null },
    ),
  },
  { weight: 1, arbitrary: fc.constant({ 'usage.amount': 0, 'usage.amount_in_pricing_units': 0, cost: 0 }) },
  { weight: 1, arbitrary: fc.constant({ 'usage.amount': null, 'usage.amount_in_pricing_units': null, cost: 0 }) },
  { weight: 1, arbitrary: fc.constant({ 'usage.amount': 5, 'usage.unit': null, 'usage.pricing_unit': null }) },
);

const facts = fc.record<Record<string, Cell>>({
  billing_account_id: fc.constantFrom(...ACCOUNTS),
  'invoice.month': fc.constantFrom(...INVOICE_MONTHS),
  'invoice.publisher_type': decimalOf('GOOGLE', 'PARTNER', null),
  cost: fc.oneof({ weight: 20, arbitrary: amount }, { weight: 1, arbitrary: fc.constant(null) }),
  cost_at_list: information,
  cost_at_effective_price_default: decimalOf(null, null, '0', '0.5', '-0.000000001', '12.345678901'),
  cost_type: fc.constantFrom(...COST_TYPES),
  'adjustment_info.type': fc.constantFrom(...ADJUSTMENTS),
  'adjustment_info.description': decimalOf(null, '', 'Goodwill for the outage 😀'),
  'adjustment_info.mode': decimalOf(null, 'PARTIAL_CORRECTION'),
  'adjustment_info.id': decimalOf(null, 'ADJ-1'),
  'usage.unit': unit,
  'usage.pricing_unit': unit,
  'price.tier_start_amount': decimalOf(null, '0', '1000', '0.5'),
  'price.list_price': decimalOf(null, '0', '0.04', '0.000000001', '-1'),
  'price.effective_price': decimalOf(null, '0.03'),
  'price.effective_price_default': decimalOf(null, '0.03', '-0.5'),
  'price.pricing_unit_quantity': decimalOf(null, '1', '1000', '0', '3'),
  'project.id': decimalOf('shop', 'data', '', null),
  'project.name': decimalOf('Shop 😀', '', null),
  'project.labels': labels,
  'project.ancestors': decimalOf([], [{ resource_name: 'folders/1', display_name: 'Größe' }]),
  labels,
  tags: resourceManagerTags,
  system_labels: systemLabels,
  credits: fc.array(credit, { maxLength: 4 }),
  export_time: exportTime,
  ingestion_date: fc.constantFrom('2026-02-11', '2026-02-12', '2026-03-03'),
});

/** One row with every kind of charge, also those that no document foresees. */
export const plainRow: fc.Arbitrary<PlainRow> = fc
  .record({
    facts,
    quantities,
    times: usageTimes,
    money: currency,
    model: fc.constantFrom(...MODELS),
    sku: fc.constantFrom(...SKUS),
    place: fc.constantFrom(...PLACES),
    resource: fc.constantFrom(...RESOURCES),
    seller: fc.constantFrom(...SELLERS),
  })
  .map(({ facts: own, quantities: amounts, times, money, model, sku, place, resource, seller }) => ({
    values: {
      ...own,
      ...amounts,
      ...times,
      ...money,
      ...model,
      ...sku.values,
      ...place.values,
      ...resource.values,
      ...seller.values,
    },
    sku,
    place,
    resource,
    seller: seller.name,
  }));
