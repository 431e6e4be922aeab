import { PROJECTS } from './customer.ts';
import { hoursLater, invoiceMonthOf, startOf } from './days.ts';
import type { ExportRow } from './export-row.ts';
import { credit, frame, rounded, type PartitionSeat } from './usage-rows.ts';

/** Rows of a day that are no plain usage: taxes, adjustments, marketplace, support, commitments, late corrections. */
export function accountRows(seat: PartitionSeat): ExportRow[] {
  return [
    ...taxes(seat),
    roundingError(seat),
    goodwill(seat),
    promotionWithoutProject(seat),
    ...corrections(seat),
    lateBilling(seat),
    ...marketplace(seat),
    support(seat),
    ...commitments(seat),
  ];
}

const INVOICE = { id: '9E21-3C5B-70D4', description: 'Invoice' };
const COMPUTE = { id: '6F81-5844-456A', description: 'Compute Engine' };
const N2_CORE = { id: 'BB77-5FDA-69D9', description: 'N2 Instance Core running in Americas' };

/** In the account's currency. */
function money({ account }: PartitionSeat, usd: number): number {
  return rounded(usd * account.rate);
}

/** The start of yesterday's first hour, seen from the partition. */
function yesterday({ day }: PartitionSeat, daysEarlier = 0): number {
  return hoursLater(startOf(day), -24 * (1 + daysEarlier) + 10);
}

function amounts(amount: number, unit: string, pricingUnit: string, usagePerPrice: number) {
  return { amount: amount * usagePerPrice, unit, amount_in_pricing_units: amount, pricing_unit: pricingUnit };
}

function taxes(seat: PartitionSeat): ExportRow[] {
  return [PROJECTS[0], undefined].map((project, index) => ({
    ...frame(seat, yesterday(seat)),
    service: INVOICE,
    sku: { id: '4AA6-1C9D-7E55', description: index === 0 ? 'Tax' : 'State sales tax' },
    ...(project ? { project } : {}),
    cost: money(seat, 11.37 + seat.random.below(400) / 100),
    cost_type: 'tax',
  }));
}

function roundingError(seat: PartitionSeat): ExportRow {
  return {
    ...frame(seat, yesterday(seat)),
    service: INVOICE,
    sku: { id: 'F8C1-0B44-92D7', description: 'Rounding error' },
    cost: (seat.random.below(100) - 50) / 10_000,
    cost_type: 'rounding_error',
  };
}

function adjustment(type: string, mode: string, description: string) {
  return { id: `adj-${type.toLowerCase().replaceAll('_', '-')}`, description, mode, type };
}

function goodwill(seat: PartitionSeat): ExportRow {
  return {
    ...frame(seat, yesterday(seat)),
    service: INVOICE,
    sku: { id: '63C5-7D80-AF12', description: 'Contract billing adjustment' },
    system_labels: [{ key: 'cloud-invoice.googleapis.com/sku_id', value: N2_CORE.id }],
    cost: money(seat, -(2 + seat.random.below(800) / 100)),
    cost_type: 'adjustment',
    adjustment_info: adjustment('GOODWILL', 'MANUAL_ADJUSTMENT', 'Goodwill credit'),
  };
}

/** A trial credit that belongs to the account: no cost of its own, only the credit. */
function promotionWithoutProject(seat: PartitionSeat): ExportRow {
  return {
    ...frame(seat, yesterday(seat)),
    service: INVOICE,
    sku: { id: '1D7E-55C8-0B39', description: 'Promotional credit' },
    cost: 0,
    credits: [credit('PROMOTION', 'Migration incentive', money(seat, -3.5))],
  };
}

/** Money back for usage of this month and of one that is closed already. */
function corrections(seat: PartitionSeat): ExportRow[] {
  const closed = usageCorrection(seat, 35);
  return [
    usageCorrection(seat, 0),
    { ...closed, invoice: { ...closed.invoice, month: invoiceMonthOf(yesterday(seat)) } },
    priceCorrection(seat),
  ];
}

function usageCorrection(seat: PartitionSeat, daysEarlier: number): ExportRow {
  const hours = -(1 + seat.random.below(8));
  const cost = money(seat, hours * 0.031611);
  return {
    ...frame(seat, yesterday(seat, daysEarlier)),
    service: COMPUTE,
    sku: N2_CORE,
    project: seat.random.pick(PROJECTS),
    location: { location: 'us-central1', country: 'US', region: 'us-central1' },
    usage: amounts(hours, 'seconds', 'hour', 3600),
    cost,
    cost_at_list: cost,
    adjustment_info: adjustment('USAGE_CORRECTION', 'PARTIAL_CORRECTION', 'Overbilled hours'),
  };
}

function priceCorrection(seat: PartitionSeat): ExportRow {
  return {
    ...frame(seat, yesterday(seat)),
    service: COMPUTE,
    sku: N2_CORE,
    project: seat.random.pick(PROJECTS),
    usage: amounts(0, 'seconds', 'hour', 3600),
    cost: money(seat, -0.8),
    adjustment_info: adjustment('PRICE_CORRECTION', 'PARTIAL_CORRECTION', 'Price of the contract'),
  };
}

/** Usage of the month before that comes so late that this month's invoice bears it. */
function lateBilling(seat: PartitionSeat): ExportRow {
  const row = usageCorrection(seat, 32);
  const { adjustment_info: _none, ...usage } = row;
  return {
    ...usage,
    usage: amounts(-row.usage!.amount_in_pricing_units, 'seconds', 'hour', 3600),
    cost: -row.cost,
    cost_at_list: -row.cost,
    invoice: { ...row.invoice, month: invoiceMonthOf(yesterday(seat)) },
  };
}

const SELLERS = [
  {
    type: 'THIRD_PARTY_RESELLER',
    seller: 'Northwind Databases, Inc.',
    service: { id: '9B72-40D3-11FE', description: 'Northwind Atlas (pay as you go)' },
    sku: { id: '3E10-C7A5-84B2', description: 'Atlas credits' },
    publisher: 'PARTNER',
  },
  {
    type: 'THIRD_PARTY_AGENCY',
    seller: 'Contoso Observability GmbH',
    service: { id: 'A4D8-6651-0C9E', description: 'Contoso Observe' },
    sku: { id: '77F3-2B0E-D915', description: 'Monthly subscription' },
    publisher: 'GOOGLE',
  },
] as const;

function marketplace(seat: PartitionSeat): ExportRow[] {
  return SELLERS.map(({ type, seller, service, sku, publisher }) => {
    const units = 5 + seat.random.below(40);
    const cost = money(seat, units * 0.75);
    const usual = frame(seat, yesterday(seat));
    return {
      ...usual,
      service,
      sku,
      project: PROJECTS[2]!,
      transaction_type: type,
      seller_name: seller,
      invoice: { ...usual.invoice, publisher_type: publisher },
      usage: amounts(units, 'count', 'count', 1),
      cost,
      cost_at_list: cost,
    };
  });
}

/** A flat fee for the account as a whole: no project, no usage. */
function support(seat: PartitionSeat): ExportRow {
  return {
    ...frame(seat, yesterday(seat)),
    service: { id: '2062-016F-44A2', description: 'Support' },
    sku: { id: 'D50C-91E7-3F2A', description: 'Enhanced Support monthly fee' },
    cost: money(seat, 16.129032),
    cost_at_list: money(seat, 16.129032),
  };
}

const HOURS_A_DAY = 24;

/** The fees of three commitments, and usage that the newest kind covers. */
function commitments(seat: PartitionSeat): ExportRow[] {
  const usual = frame(seat, yesterday(seat));
  const inRegion = { location: { location: 'us-central1', country: 'US', region: 'us-central1' } };
  const fee = (description: string, id: string, usd: number) => ({
    ...usual,
    service: COMPUTE,
    sku: { id, description },
    ...inRegion,
    usage: amounts(HOURS_A_DAY, 'seconds', 'hour', 3600),
    cost: money(seat, usd),
    cost_at_list: money(seat, usd),
  });
  const flexible = { subscription: { instance_id: `flex-${seat.account.currency.toLowerCase()}-1` } };
  const used = money(seat, 4.8);
  return [
    fee('Commitment v1: N2 Cpu in Americas for 1 Year', '1C7A-84D2-B05F', 7.2),
    fee('Commitment - dollar based v1: Cloud SQL for 1 year', '8B60-F3E1-27CD', 4.5),
    {
      ...fee('Compute Flexible Committed Use Discounts - 1 Year', '5E2D-0A96-C7F4', 6),
      ...flexible,
      labels: [{ key: 'goog-originating-sku-id', value: 'CF4E-A0C7-E3BF' }],
      consumption_model: { id: '7754-699E-0EBF', description: 'Default' },
      credits: [credit('FEE_UTILIZATION_OFFSET', 'Fee utilization offset', -used)],
    },
    {
      ...usual,
      ...flexible,
      service: COMPUTE,
      sku: { id: 'CF4E-A0C7-E3BF', description: 'E2 Instance Core running in EMEA' },
      project: PROJECTS[1]!,
      location: { location: 'europe-west1', country: 'BE', region: 'europe-west1' },
      usage: amounts(300, 'seconds', 'hour', 3600),
      cost: used,
      cost_at_list: money(seat, 7.20216),
      cost_at_effective_price_default: money(seat, 7.20216).toFixed(9),
      consumption_model: { id: '9A11-33F0-52BC', description: 'Compute Flexible CUD 1 Year' },
    },
  ];
}
