import fc from 'fast-check';
import type { Cell } from '../../sql/google-values.ts';
import type { Values } from './names.ts';
import { ACCOUNTS } from './plain-row.ts';

export type CommitmentModel = keyof typeof MODELS;

const model = fc.constantFrom<CommitmentModel>('new-spend', 'old-spend', 'resource');
/** Millionths, and more than any drift: a fee is not given back by the margin on it. */
const fee = fc.integer({ min: 100, max: 9_999_999 });
/** What of a fee is used, per mille; beyond 1000 is more than the commitment. */
const used = fc.constantFrom(0, 1, 333, 500, 999, 1000, 1000, 1500);
const parts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3, size: 'max' });
const drift = fc.constantFrom(0, 0, 1e-5, -1e-5, 3.3e-9);

/**
 * Rows of one commitment over some hours or days: fees, what they cover, what they leave unused, use beyond them, refunds,
 * spans that overlap, use without a fee. Fee, credit and covered use of one hour arrive on different days, and do not agree to
 * the last digit, as Google's do not.
 */
export const commitment: fc.Arbitrary<Values[]> = fc
  .record({
    account: fc.constantFrom(...ACCOUNTS),
    month: fc.constantFrom('202602', '202603', '202611'),
    model,
    which: fc.constantFrom(1, 2),
    spans: fc.array(
      fc.record({
        hour: fc.nat({ max: 30 }),
        isDay: fc.boolean(),
        fee: fc.option(fee, { nil: undefined, freq: 8 }),
        used,
        parts,
        drift,
        isRefund: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4, size: 'max' },
    ),
  })
  .map(({ account, month, model: kind, which, spans }) =>
    spans.flatMap((span) => rowsOfSpan(account, month, MODELS[kind](span, which, account), span)),
  );

/** One commitment whose hours do not meet, each with a fee: what each row has to become is known. */
export interface OrderlyCommitment {
  readonly model: CommitmentModel;
  readonly account: string;
  readonly hours: readonly { readonly start: string; readonly fee: Values; readonly uses: readonly Values[] }[];
}

export const orderlyCommitment: fc.Arbitrary<OrderlyCommitment> = fc
  .record({
    account: fc.constantFrom(...ACCOUNTS),
    model,
    spans: fc.uniqueArray(fc.record({ hour: fc.nat({ max: 30 }), fee, used, parts, drift }), {
      minLength: 1,
      maxLength: 6,
      size: 'max',
      selector: ({ hour }) => hour,
    }),
  })
  .map(({ account, model: kind, spans }) => ({
    model: kind,
    account,
    hours: spans.map((each) => {
      const span = { ...each, isDay: false, isRefund: false };
      const rows = rowsOfSpan(account, '202602', MODELS[kind](span, 1, account), span);
      return { start: rows[0]!['usage_start_time'] as string, fee: rows.at(-1)!, uses: rows.slice(0, -1) };
    }),
  }));

/** An account is billed in one currency. */
export const moneyOf = (account: string): Values =>
  account === ACCOUNTS[0]
    ? { currency: 'USD', currency_conversion_rate: 1 }
    : { currency: 'EUR', currency_conversion_rate: 0.92 };

function rowsOfSpan(account: string, month: string, rows: readonly Values[], span: Span): Values[] {
  const common = { billing_account_id: account, 'invoice.month': month, ...moneyOf(account), ...REGULAR };
  return rows.map((row) => ({ ...common, ...timesOf(month, span), ...row }));
}

interface Span {
  readonly hour: number;
  readonly isDay: boolean;
  readonly fee: number | undefined;
  readonly used: number;
  readonly parts: readonly number[];
  readonly drift: number;
  readonly isRefund: boolean;
}

const REGULAR: Values = {
  cost_type: 'regular',
  export_time: '2026-02-11T04:05:06Z',
  'service.id': '6F81-5844-456A',
  'service.description': 'Compute Engine',
  'location.location': 'us-central1',
  'location.region': 'us-central1',
  'project.id': 'shop',
};
const HOUR = 3_600_000;

function timesOf(month: string, { hour, isDay }: Span): Values {
  const start = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4)) - 1, 1, 8) + hour * HOUR;
  const end = start + (isDay ? 24 : 1) * HOUR;
  return { usage_start_time: new Date(start).toISOString(), usage_end_time: new Date(end).toISOString() };
}

/** Shares an amount of millionths over parts, the last taking what is left. */
function shared(millionths: number, parts: readonly number[]): number[] {
  const total = parts.reduce((sum, part) => sum + part, 0);
  const shares = parts.slice(0, -1).map((part) => Math.floor((millionths * part) / total));
  return parts.length === 0 ? [] : [...shares, millionths - shares.reduce((sum, share) => sum + share, 0)];
}

const signOf = ({ isRefund, hour }: Span): number => (isRefund && hour % 5 === 0 ? -1 : 1);

const MODELS = { 'new-spend': newSpend, 'old-spend': oldSpend, resource } as const;

/** Spend-based since 2025: the fee carries an offset, covered use carries the subscription and a price model of its own. */
function newSpend(span: Span, which: number, account: string): Values[] {
  const sign = signOf(span);
  const usedMillionths = Math.floor(((span.fee ?? 1_000_000) * Math.min(span.used, 1000)) / 1000);
  const rows: Values[] = shared(usedMillionths, span.parts).map((share, at) => ({
    'subscription.instance_id': `${account}-sub-${which}`,
    'sku.id': `COVERED-${at}`,
    'sku.description': 'N2 Instance Core running in Americas',
    'consumption_model.id': `CM-${which}`,
    'consumption_model.description': `Flexible CUD ${which} Year`,
    cost: (sign * share) / 1e6,
    cost_at_list: (sign * share * 1.4) / 1e6,
    'usage.amount': sign * share,
    'usage.unit': 'seconds',
    'usage.amount_in_pricing_units': (sign * share) / 3600,
    'usage.pricing_unit': 'hour',
    'price.tier_start_amount': '0',
    'resource.global_name': `//compute.googleapis.com/projects/1/zones/us-central1-a/instances/${at}`,
    ingestion_date: '2026-02-12',
    ...correction(sign),
  }));
  if (span.fee === undefined) return rows;
  const isUsed = span.parts.length > 0 && usedMillionths > 0;
  const offset = isUsed ? -(sign * usedMillionths) / 1e6 + span.drift : null;
  return [...rows, newSpendFee(span, { which, account, offset })];
}

function newSpendFee(
  span: Span,
  { which, account, offset }: { readonly which: number; readonly account: string; readonly offset: number | null },
): Values {
  const fee = (signOf(span) * span.fee!) / 1e6;
  return {
    'subscription.instance_id': `${account}-sub-${which}`,
    'sku.id': `FEE-${which}`,
    'sku.description': `Flexible CUD fee ${which}`,
    'consumption_model.id': 'DEFAULT',
    'consumption_model.description': 'Default',
    labels: [{ key: 'goog-originating-sku-id', value: 'COVERED-0' }],
    cost: fee,
    'usage.amount_in_pricing_units': fee,
    'usage.pricing_unit': 'count',
    credits: offset === null ? [] : [{ type: 'FEE_UTILIZATION_OFFSET', name: 'Offset', amount: offset }],
    ingestion_date: '2026-02-13',
    ...correction(signOf(span)),
  };
}

const correction = (sign: number): Values => (sign < 0 ? { 'adjustment_info.type': 'USAGE_CORRECTION' } : {});

/** Spend-based before 2025: a fee by its SKU's text, a credit on each covered row. */
function oldSpend(span: Span, which: number): Values[] {
  const fee = {
    'sku.id': `OLD-FEE-${which}`,
    'sku.description': `Commitment - dollar based v1: Cloud SQL database region ${which} for 1 year`,
  };
  return [
    ...creditedUse(span, 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE', 'Cloud SQL for MySQL: Zonal - vCPU in Americas'),
    ...(span.fee === undefined ? [] : [{ ...fee, ...feeAmounts(span), ingestion_date: '2026-02-13' }]),
  ];
}

/** Commitments on cores and memory: a fee by its SKU's text, a credit on each covered row. */
function resource(span: Span, which: number): Values[] {
  const what = which === 1 ? 'Cpu' : 'Ram';
  const fee = { 'sku.id': `CUD-FEE-${which}`, 'sku.description': `Commitment v1: N2 ${what} in Americas for 1 Year` };
  const text = `N2 Instance ${which === 1 ? 'Core' : 'Ram'} running in Americas`;
  return [
    ...creditedUse(span, 'COMMITTED_USAGE_DISCOUNT', text),
    ...(span.fee === undefined ? [] : [{ ...fee, ...feeAmounts(span), ingestion_date: '2026-02-13' }]),
  ];
}

function feeAmounts(span: Span): Values {
  const sign = signOf(span);
  const hours = COMMITTED_HOURS[span.fee! % COMMITTED_HOURS.length]!;
  return {
    cost: (sign * span.fee!) / 1e6,
    'usage.amount': sign * hours * 3600,
    'usage.unit': 'seconds',
    'usage.amount_in_pricing_units': sign * hours,
    'usage.pricing_unit': 'hour',
    ...(span.drift === 0 ? {} : { credits: [{ type: 'RESELLER_MARGIN', name: 'Margin', amount: span.drift }] }),
    ...correction(sign),
  };
}

/** Less and more than what is used. */
const COMMITTED_HOURS = [8, 500, 2000];

function creditedUse(span: Span, type: string, description: string): Values[] {
  const sign = signOf(span);
  return shared(3_141_593, span.parts).map((share, at) => {
    const cost = (sign * share) / 1e6;
    const covered: Cell[] = [{ type, name: 'Committed use', amount: (-cost * span.used) / 1000 }];
    const others: Cell[] = span.drift > 0 ? [{ type: 'SUSTAINED_USAGE_DISCOUNT', amount: -cost / 100 }] : [];
    return {
      'sku.id': `USE-${type.length}-${description.length}-${at}`,
      'sku.description': description,
      cost,
      cost_at_list: cost,
      'usage.amount': sign * share,
      'usage.unit': 'seconds',
      'usage.amount_in_pricing_units': (sign * share) / 3600,
      'usage.pricing_unit': 'hour',
      'price.tier_start_amount': '0',
      credits: span.used === 0 ? others : [...covered, ...others],
      'resource.global_name': `//compute.googleapis.com/projects/1/zones/us-central1-a/instances/${at}`,
      ingestion_date: '2026-02-12',
      ...correction(sign),
    };
  });
}
