import type { Cell } from '../sql/google-values.ts';
import type { Beside } from './google-conversion.ts';

export type Row = Readonly<Record<string, Cell>>;

/** Fees, use and listed commitments as an export has them, short to write. */

const TEN = { usage_start_time: '2026-02-10T10:00:00Z', usage_end_time: '2026-02-10T11:00:00Z' };
export const ELEVEN = { usage_start_time: '2026-02-10T11:00:00Z', usage_end_time: '2026-02-10T12:00:00Z' };
const base = { cost_type: 'regular', currency_conversion_rate: 1, ...TEN };

export const hoursOf = (sku: string, text: string, cost: number, hours: number): Row => ({
  ...base,
  'sku.id': sku,
  'sku.description': text,
  'location.region': 'us-central1',
  'usage.amount': hours * 3600,
  'usage.unit': 'seconds',
  'usage.amount_in_pricing_units': hours,
  'usage.pricing_unit': 'hour',
  cost,
});
export const credit = (type: string, amount: number) => ({ type, amount, id: null, name: null, full_name: null });
const covered = (amount: number, ...others: readonly Cell[]) => ({
  credits: [credit('COMMITTED_USAGE_DISCOUNT', amount), ...others],
});

export const cpuFee = (cost: number, hours: number, kind = 'Cpu', term = '1 Year'): Row =>
  hoursOf(`FEE ${kind} ${term}`, `Commitment v1: ${kind} in Americas for ${term}`, cost, hours);
export const core = (cost: number, hours: number, amount: number, series = 'N2'): Row => ({
  ...hoursOf(`${series} CORE`, `${series} Instance Core running in Americas`, cost, hours),
  ...covered(amount),
});

export const placedIn = (location: string, row: Row): Row => ({
  ...row,
  'location.region': null,
  'location.location': location,
});

export const sqlFee = (cost: number): Row => ({
  ...hoursOf('FEE SQL', 'Commitment - dollar based v1: Cloud SQL database v1 in Iowa for 1 Year', cost, 1),
  'service.description': 'Cloud SQL',
});
export const sqlUse = (sku: string, cost: number, hours: number, amount: number): Row => ({
  ...hoursOf(sku, 'Cloud SQL for PostgreSQL: Regional - vCPU in Iowa', cost, hours),
  'service.description': 'Cloud SQL',
  credits: [credit('COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', amount)],
});

export const flexFee = (cost: number, offset: number, sku: string | null = 'CORE'): Row => ({
  ...hoursOf('FLEX', 'Flexible CUD fee', cost, 1),
  'consumption_model.description': 'Default',
  'subscription.instance_id': 'sub-1',
  labels: sku === null ? [] : [{ key: 'goog-originating-sku-id', value: sku }],
  credits: offset === 0 ? [] : [credit('FEE_UTILIZATION_OFFSET', offset)],
});
export const flexUse = (cost: number, hours: number, sku = 'CORE'): Row => ({
  ...hoursOf(sku, 'N2 Instance Core running in Americas', cost, hours),
  'consumption_model.id': 'CM-1',
  'consumption_model.description': 'Flexible CUD 1 Year',
  'subscription.instance_id': 'sub-1',
});
export const listedCommitment = (...lists: readonly Row[]): Beside => ({
  cloud_gcp_cud_subscriptions_raw: lists.map((facts) => ({
    'subscription.instance_id': 'listed-1',
    'subscription.display_name': 'Databases of the shop',
    region: 'us-central1',
    'commitent_amount.unit': '$/hr',
    'commitent_amount.value': '10',
    start_time: '2026-01-01T00:00:00Z',
    ingestion_date: '2026-02-05',
    ...facts,
  })),
});
export const inEuro = (row: Row): Row => ({ ...row, currency: 'EUR', currency_conversion_rate: 0.5 });
