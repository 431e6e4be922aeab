import fc from 'fast-check';
import type { Cell } from '../sql/google-values.ts';

type Values = Readonly<Record<string, Cell>>;

/** Amounts as exports hold them: cents, micro-prices, binary tails, zero, refunds. */
export const amount: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 0.1, 0.2, 0.30000000000000004, 1e-9, 3.6e-9, -1e-9, 19.99, -5, 123456.789012),
  fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((units) => units / 1e6),
  fc.integer({ min: 1, max: 999_999_999 }).map((units) => units / 1e12),
);
const quantity: fc.Arbitrary<Cell> = fc.oneof(
  fc.constantFrom(null, 0, 1, 3600, 10_737_418_240, 0.25, -5, 1e-12),
  fc.integer({ min: 1, max: 1_000_000 }).map((units) => units / 1000),
);
const orNull = <T extends Cell>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Cell> =>
  fc.option(arbitrary, { nil: null, freq: 4 });
const oneOf = (...values: readonly Cell[]): fc.Arbitrary<Cell> => fc.constantFrom(...values);

const label = fc.record<Record<string, Cell>>({
  key: oneOf(
    'env',
    'team',
    'cost-center',
    'goog-k8s-cluster-name',
    'k8s-namespace',
    'goog-originating-sku-id',
    'ключ',
    null,
  ),
  value: oneOf('prod', '', 'a"quoted"\\path', 'tab\tand\nline', 'größe 😀', null),
});
const labels = fc.array(label, { maxLength: 4 });
const credit = fc.record<Record<string, Cell>>({
  type: oneOf(
    'PROMOTION',
    'FREE_TIER',
    'SUSTAINED_USAGE_DISCOUNT',
    'DISCOUNT',
    'SUBSCRIPTION_BENEFIT',
    'RESELLER_MARGIN',
    'SPENDING_BASED_DISCOUNT',
    'COMMITTED_USAGE_DISCOUNT',
    'COMMITTED_USAGE_DISCOUNT',
    'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE',
    'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE',
    'FEE_UTILIZATION_OFFSET',
    'A_TYPE_OF_NEXT_YEAR',
    null,
  ),
  amount: fc.oneof(amount, fc.constant(null)),
  id: oneOf('CREDIT-1', null),
  name: oneOf('Trial', 'Sustained use', null),
  full_name: oneOf('Free trial of the first month', null),
});

/** Windows around a change to daylight saving time, ordinary hours, and empty ones. */
const times = fc.constantFrom<Values>(
  { usage_start_time: '2026-02-10T10:00:00Z', usage_end_time: '2026-02-10T11:00:00Z' },
  { usage_start_time: '2026-01-31T23:00:00Z', usage_end_time: '2026-02-01T09:00:00Z' },
  { usage_start_time: '2026-03-08T09:00:00.123456Z', usage_end_time: '2026-03-08T11:00:00Z' },
  { usage_start_time: '2026-11-01T08:00:00Z', usage_end_time: '2026-11-01T10:00:00Z' },
  { usage_start_time: '2026-02-10T10:00:00Z', usage_end_time: '2026-02-10T10:00:00Z' },
  { usage_start_time: null, usage_end_time: null },
);
// An account has one currency, and so has each of its subscriptions.
const money = fc.constantFrom<Values>(
  { currency: 'USD', currency_conversion_rate: 1 },
  { currency: 'USD', currency_conversion_rate: null, 'subscription.instance_id': 'sub-1' },
  { currency: 'USD', currency_conversion_rate: 1, 'subscription.instance_id': 'sub-1' },
  { currency: 'USD', currency_conversion_rate: 1, 'subscription.instance_id': 'sub-2' },
  { currency: 'EUR', currency_conversion_rate: 0.92 },
  { currency: 'EUR', currency_conversion_rate: 0.92, 'subscription.instance_id': 'sub-eur' },
  { currency: 'JPY', currency_conversion_rate: 149.123456789 },
  { currency: 'EUR', currency_conversion_rate: null },
  { currency: 'EUR', currency_conversion_rate: 0 },
);
/** A commitment is counted in one unit. */
const HOURS: Values = { 'usage.unit': 'hour', 'usage.pricing_unit': 'hour' };
const sku = fc.constantFrom<Values>(
  {
    'service.id': '6F81-5844-456A',
    'service.description': 'Compute Engine',
    'sku.id': '2E27-4F75-95CD',
    'sku.description': 'N1 Predefined Instance Core running in Americas',
  },
  {
    'service.id': '6F81-5844-456A',
    'service.description': 'Compute Engine',
    'sku.id': 'SPOT-1',
    'sku.description': 'Spot Preemptible N2D AMD Instance Ram running in Belgium',
  },
  {
    'service.id': '6F81-5844-456A',
    'service.description': 'Compute Engine',
    'sku.id': 'FEE-1',
    'sku.description': 'Commitment v1: Cpu in Americas for 1 Year',
    ...HOURS,
  },
  {
    'service.id': '6F81-5844-456A',
    'service.description': 'Compute Engine',
    'sku.id': 'FEE-3',
    'sku.description': 'Commitment v1: Cpu in Americas for 3 Years',
    ...HOURS,
  },
  {
    'service.id': '9662-B51E-5089',
    'service.description': 'Cloud SQL',
    'sku.id': 'FEE-2',
    'sku.description': 'Commitment - dollar based v1: Cloud SQL database in Belgium for 1 Year',
    currency: 'USD',
    currency_conversion_rate: 1,
  },
  {
    'service.id': '6F81-5844-456A',
    'service.description': 'Compute Engine',
    'sku.id': 'CORE-1',
    'sku.description': 'N2 Instance Core running in Americas',
    ...HOURS,
  },
  {
    'service.id': '95FF-2EF5-5EA1',
    'service.description': 'Cloud Storage',
    'sku.id': 'E5F0-6A5D-7BAD',
    'sku.description': 'Nearline Storage Belgium',
  },
  {
    'service.id': 'AAAA-0000-AAAA',
    'service.description': 'Google Cloud Pub/Sub',
    'sku.id': 'PS-1',
    'sku.description': 'Message Delivery Basic',
  },
  { 'service.description': 'A Service Nobody Knows', 'sku.id': 'NEW-1', 'sku.description': 'Something new in Mars' },
  { 'service.description': 'Support', 'sku.id': 'SUP-1', 'sku.description': 'Monthly support fee' },
  { 'service.description': null, 'sku.id': null, 'sku.description': null },
);
const places = fc.constantFrom<Values>(
  {
    'location.location': 'us-central1-a',
    'location.country': 'US',
    'location.region': 'us-central1',
    'location.zone': 'us-central1-a',
  },
  { 'location.location': 'europe-west1', 'location.country': 'BE', 'location.region': 'europe-west1' },
  { 'location.location': 'us', 'location.country': 'US' },
  { 'location.location': 'nam4' },
  { 'location.location': 'DE', 'location.country': 'DE' },
  { 'location.location': 'global' },
  { 'location.zone': 'us-east9-b' },
  { 'location.location': null },
);
const resources = fc.constantFrom<Values>(
  {
    'resource.name': '7',
    'resource.global_name': '//compute.googleapis.com/projects/1/zones/us-central1-a/instances/7',
  },
  {
    'resource.name': 'projects/_/buckets/invoices',
    'resource.global_name': '//storage.googleapis.com/projects/_/buckets/invoices',
  },
  { 'resource.name': 'maps', 'resource.global_name': '//compute.googleapis.com/projects/1/global/urlMaps/maps' },
  { 'resource.name': 'policies-1', 'resource.global_name': '//example.googleapis.com/projects/1/retentionPolicies/p' },
  { 'resource.name': 'only-a-name' },
  {},
);
const seller = fc.constantFrom<Values>(
  {},
  { transaction_type: 'GOOGLE' },
  { transaction_type: 'THIRD_PARTY_RESELLER', seller_name: 'Acme, Inc.' },
  { transaction_type: 'THIRD_PARTY_AGENCY', seller_name: '' },
);
const corrections = oneOf(
  null,
  null,
  null,
  'USAGE_CORRECTION',
  'PRICE_CORRECTION',
  'METADATA_CORRECTION',
  'GOODWILL',
  'SLA_VIOLATION',
  'GENERAL_ADJUSTMENT',
  'AN_ADJUSTMENT_OF_NEXT_YEAR',
);

const facts = fc.record<Record<string, Cell>>({
  'invoice.month': oneOf('202602', '202603', '202611'),
  cost: fc.oneof({ weight: 20, arbitrary: amount }, { weight: 1, arbitrary: fc.constant(null) }),
  cost_at_list: orNull(amount),
  cost_at_effective_price_default: oneOf(null, null, '0.5', '-0.000000001', '12.345678901'),
  cost_type: oneOf(
    'regular',
    'regular',
    'regular',
    'regular',
    'tax',
    'adjustment',
    'rounding_error',
    'a_type_of_next_year',
    null,
  ),
  'adjustment_info.type': corrections,
  'usage.amount': quantity,
  'usage.unit': oneOf('seconds', 'bytes', 'byte-seconds', 'requests', 'count', 'widget', null),
  'usage.amount_in_pricing_units': quantity,
  'usage.pricing_unit': oneOf(
    'hour',
    'gibibyte month',
    'gibibyte-month',
    'count',
    'node hour',
    'query per second',
    '1000 api calls',
    '§',
    null,
  ),
  'price.tier_start_amount': oneOf(null, '0', '1000', '0.5'),
  'price.list_price': oneOf(null, '0.04', '0.000000001'),
  'price.effective_price_default': oneOf(null, '0.03'),
  'price.pricing_unit_quantity': oneOf(null, '1', '1000'),
  'project.id': oneOf('shop', 'data', null),
  'project.name': oneOf('Shop', null),
  'project.labels': labels,
  'project.ancestors': oneOf([], [{ resource_name: 'folders/1', display_name: 'Retail' }]),
  labels,
  tags: oneOf([], [{ key: 'data', value: 'pii', inherited: true, namespace: '123456' }]),
  system_labels: oneOf(
    [],
    [{ key: 'compute.googleapis.com/cores', value: '4' }],
    [
      { key: 'compute.googleapis.com/is_unused_reservation', value: 'true' },
      { key: 'compute.googleapis.com/reservation_name', value: 'r1' },
    ],
  ),
  credits: fc.array(credit, { maxLength: 3 }),
  'consumption_model.description': oneOf(null, 'Default', 'Flexible CUD 1 Year'),
  'consumption_model.id': oneOf(null, 'CM-1'),
  export_time: oneOf('2026-02-11T04:05:06.789Z', '2026-03-02T00:00:00Z'),
});

/** One row of a billing export, as dotted paths: every kind of charge, also those that no document foresees. */
export const exportRow: fc.Arbitrary<Record<string, Cell>> = fc
  .tuple(facts, times, money, sku, places, resources, seller)
  .map((parts) => Object.assign({}, ...parts) as Record<string, Cell>);

/** The same rows on every run: what the two engines are compared on. */
export function sampleRows(count: number, seed = 20_260_211): Record<string, Cell>[] {
  return fc.sample(exportRow, { numRuns: count, seed });
}
