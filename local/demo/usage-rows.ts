import { LABEL_SETS, ORGANISATION, PROJECTS, type BillingAccount } from './customer.ts';
import { hoursLater, invoiceMonthOf, startOf, timestamp } from './days.ts';
import type { Credit, ExportPrice, ExportRow } from './export-row.ts';
import type { Random } from './random.ts';
import { WEIGHTED_SKUS, type Sku } from './skus.ts';

/** The day partition that rows are made for. */
export interface PartitionSeat {
  readonly account: BillingAccount;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly random: Random;
}

/** Usage as it comes every hour: amounts, prices, and what Google takes off by itself. */
export function usageRow(seat: PartitionSeat): ExportRow {
  const sku = seat.random.pick(WEIGHTED_SKUS);
  const startMs = usageStart(seat);
  return { ...frame(seat, startMs), ...charge(seat, sku, amountOf(seat, sku)), ...surroundings(seat, sku) };
}

const LATE_SHARE = 0.04;

/** Mostly of the day before or the same day; some of it comes days late. */
function usageStart({ day, random }: PartitionSeat): number {
  const lateHours = random.chance(LATE_SHARE) ? 24 * (1 + random.below(6)) : 0;
  return hoursLater(startOf(day), random.below(24) - 6 - lateHours);
}

/** What every row has: account, times, currency, invoice. */
export function frame({ account, day, random }: PartitionSeat, startMs: number) {
  return {
    billing_account_id: account.id,
    usage_start_time: timestamp(startMs),
    usage_end_time: timestamp(hoursLater(startMs, 1)),
    export_time: timestamp(hoursLater(startOf(day), 2 + random.below(22))),
    currency: account.currency,
    currency_conversion_rate: account.rate,
    labels: [] as ExportRow['labels'],
    system_labels: [] as ExportRow['system_labels'],
    tags: [] as ExportRow['tags'],
    credits: [] as ExportRow['credits'],
    invoice: { month: invoiceMonthOf(startMs), publisher_type: 'GOOGLE' },
    cost_type: 'regular',
    transaction_type: 'GOOGLE',
  } as const;
}

function amountOf({ random }: PartitionSeat, { typicalAmount }: Sku): number {
  return Number((typicalAmount * (0.25 + 1.5 * random.next())).toFixed(6));
}

const FREE_TIER_SHARE = 0.03;

/** Amount, prices and cost; a free tier bills its first units at a price of 0. */
function charge({ account, random }: PartitionSeat, sku: Sku, amount: number) {
  const isFree = random.chance(FREE_TIER_SHARE);
  const list = isFree ? 0 : sku.listPrice * account.rate;
  const effective = sku.service === 'Compute Engine' ? list * (1 - account.computeDiscount) : list;
  const cost = Number((amount * effective).toFixed(random.chance(0.7) ? 6 : 9));
  return {
    service: { id: sku.serviceId, description: sku.service },
    sku: { id: sku.id, description: sku.description },
    usage: {
      amount: amount * sku.usagePerPrice,
      unit: sku.usageUnit,
      amount_in_pricing_units: amount,
      pricing_unit: sku.pricingUnit,
    },
    price: priceOf(sku, list, effective),
    cost,
    cost_at_list: rounded(amount * list),
    cost_at_effective_price_default: cost.toFixed(9),
    cost_at_list_consumption_model: (amount * list).toFixed(9),
    credits: creditsOn(sku, cost, random),
  };
}

function priceOf({ pricingUnit }: Sku, list: number, effective: number): ExportPrice {
  return {
    effective_price: effective.toFixed(9),
    tier_start_amount: '0',
    unit: pricingUnit,
    pricing_unit_quantity: '1',
    list_price: list.toFixed(9),
    effective_price_default: effective.toFixed(9),
    list_price_consumption_model: list.toFixed(9),
  };
}

/** Six decimals, as most costs of an export have. */
export function rounded(value: number): number {
  return Number(value.toFixed(6));
}

export function credit(type: string, name: string, amount: number): Credit {
  const id = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return { id, type, name, full_name: name, amount };
}

/** What reduces a cost in its own row; the shares are those of the cost. */
const CREDITS: readonly { type: string; name: string; share: number; chance: number; on: RegExp }[] = [
  { type: 'SUSTAINED_USAGE_DISCOUNT', name: 'Sustained Usage Discount', share: 0.3, chance: 0.8, on: /^N1 Predef/ },
  { type: 'COMMITTED_USAGE_DISCOUNT', name: 'Committed Usage Discount: CPU', share: 0.6, chance: 0.5, on: /^N2.*Core/ },
  {
    type: 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE',
    name: 'Committed Usage Discount - Dollar Based: Cloud SQL',
    share: 1,
    chance: 0.4,
    on: /^Cloud SQL.*vCPU/,
  },
  { type: 'FREE_TIER', name: 'Free tier', share: 1, chance: 0.3, on: /Log Storage|^Requests$/ },
  { type: 'DISCOUNT', name: 'Negotiated discount', share: 0.1, chance: 0.3, on: /Standard Storage US|^Analysis$/ },
  {
    type: 'SUBSCRIPTION_BENEFIT',
    name: 'Startup program benefit',
    share: 0.25,
    chance: 0.4,
    on: /Kubernetes Clusters/,
  },
  { type: 'RESELLER_MARGIN', name: 'Reseller margin', share: 0.05, chance: 0.3, on: /^Metric Volume$|NAT/ },
  { type: 'PROMOTION', name: 'Generative AI trial credit', share: 0.5, chance: 0.25, on: /Gemini|Nvidia/ },
];

function creditsOn({ description }: Sku, cost: number, random: Random): Credit[] {
  if (cost === 0) return [];
  return CREDITS.filter(({ on, chance }) => on.test(description) && random.chance(chance))
    .map(({ type, name, share }) => credit(type, name, -rounded(cost * share)))
    .filter(({ amount }) => amount < 0);
}

const REGIONS: readonly (readonly [region: string, country: string])[] = [
  ['us-central1', 'US'],
  ['us-east1', 'US'],
  ['europe-west1', 'BE'],
  ['europe-west3', 'DE'],
];

/** Project, labels, tags, system labels and place. */
function surroundings({ random }: PartitionSeat, sku: Sku) {
  const isMachine = /Instance (?:Core|Ram)/.test(sku.description);
  const tag = { key: 'data-class', value: 'internal', inherited: true, namespace: ORGANISATION };
  return {
    project: random.pick(PROJECTS),
    labels: random.pick(LABEL_SETS),
    tags: random.chance(0.2) ? [tag] : [],
    system_labels: isMachine
      ? [
          { key: 'compute.googleapis.com/cores', value: '8' },
          { key: 'compute.googleapis.com/machine_spec', value: 'n2-standard-8' },
        ]
      : [],
    location: placeOf(sku, random),
  };
}

function placeOf({ place, description }: Sku, random: Random) {
  if (place === 'global') return { location: 'global' };
  if (place === 'multi') return random.chance(0.5) ? { location: 'us', country: 'US' } : { location: 'eu' };
  const regions = /EMEA|Europe|Belgium/.test(description) ? REGIONS.slice(2) : REGIONS.slice(0, 2);
  const [region, country] = random.pick(regions);
  if (place === 'region') return { location: region, country, region };
  const zone = `${region}-${random.pick(['b', 'c', 'd'])}`;
  return { location: zone, country, region, zone };
}
