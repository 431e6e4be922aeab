import fc from 'fast-check';
import type { RawRow } from '../../focus/raw-rows.ts';
import type { Cell } from '../../sql/google-values.ts';
import { orderlyCommitment, type OrderlyCommitment } from '../generator/commitments.ts';
import { committedExport, type ExportedRow } from '../generator/exports.ts';
import { SKUS, type Values } from '../generator/names.ts';
import { ACCOUNTS, plainRow, type PlainRow } from '../generator/plain-row.ts';
import { rawRowsOf } from '../conversions.ts';
import { periodsOf } from '../marked-rows.ts';
import { marksOf } from '../oracle/amortisation.ts';
import { caseRows } from './cases.ts';
import { rowsWithoutListCost } from './listed.ts';
import { reportedRows } from './reported.ts';
import { variants } from './variants.ts';
import { isolatedVectors } from './vectors.ts';

type Row = Readonly<Record<string, Cell>>;

const SEED = 20_260_214;
const PLAIN_ROWS = 160;
/** Other commitments stand in accounts of their own, so that what is found on plain rows can be foretold. */
const COMMITTED: Readonly<Record<string, string>> = {
  '0000AA-1111BB-2222CC': '0C0AAA-000000-000000',
  '00FFFF-EEEEEE-DDDDDD': '0C0FFF-000000-000000',
};
const OTHER = { billing_account_id: '0THERS-000000-000000', invoice_month: '202602' } as const;
export const EXPIRED = '202201';
export const UNREADABLE = '0NANNA-000000-000000';

/** One warehouse's worth of everything that a mapping rule speaks of; small, so that each mutation takes a second. */
export interface Scenario {
  readonly plain: readonly ExportedRow[];
  /** Rows of commitments and of cases, in accounts of their own. */
  readonly others: readonly ExportedRow[];
  /** Commitments whose every row is foretold, by the name that marks their rows. */
  readonly orderly: readonly { readonly name: string; readonly commitment: OrderlyCommitment }[];
  readonly vectors: ReturnType<typeof isolatedVectors>;
  /** All raw rows, those of periods that are not to be converted included. */
  readonly raw: readonly RawRow[];
  readonly periods: readonly Row[];
  readonly otherPeriod: Row;
  /** Periods that have to be refused, each with the message. */
  readonly refused: readonly { readonly period: Row; readonly message: RegExp }[];
}

export function scenario(): Scenario {
  const plain = fc
    .sample(plainRow, { seed: SEED, numRuns: PLAIN_ROWS })
    .concat(everySku())
    .map((row, at): ExportedRow => ({ values: row.values, mark: `p${at}`, plain: row }));
  const committed = fc
    .sample(committedExport, { seed: SEED, numRuns: 1 })
    .flatMap(({ rows }) => rows)
    .map(({ values, mark }) => ({
      mark: `c${mark}`,
      values: { ...values, billing_account_id: COMMITTED[values['billing_account_id'] as string]! },
    }));
  const vectors = isolatedVectors();
  const fromVectors = vectors.flatMap(({ rows }, at) =>
    rows.map((values, part): ExportedRow => ({ values, mark: `v${at}-${part}` })),
  );
  const orderly = orderlyCommitments();
  const amortised = orderly.flatMap(({ name, commitment }) => marksOf(commitment, name));
  const twice = plain.slice(0, 5);
  const others = [
    ...committed,
    ...amortised,
    ...caseRows(),
    ...rowsWithoutListCost(),
    ...reportedRows(),
    ...variants(),
  ];
  const wanted = rawRowsOf([...plain, ...twice, ...fromVectors, ...others]);
  const { rows: unreadable, refused } = unreadableRows();
  // A period that is not converted, and another month of an account that is.
  const unnamed: ExportedRow[] = [
    { values: { ...OTHER_ROW, 'invoice.month': '202602' }, mark: 'other' },
    { values: { ...OTHER_ROW, billing_account_id: ACCOUNTS[0], 'invoice.month': '202401' }, mark: 'other' },
  ];
  return {
    plain: [...plain, ...twice],
    others,
    orderly,
    vectors,
    raw: [...wanted, ...rawRowsOf([...unnamed, ...unreadable])],
    periods: periodsOf(wanted),
    otherPeriod: OTHER,
    refused,
  };
}

/** Each SKU used once and bought once at a flat price, whatever the generated rows hold. */
function everySku(): PlainRow[] {
  const [any] = fc.sample(plainRow, { seed: SEED, numRuns: 1 });
  const regular = { cost: 1.5, cost_type: 'regular', 'adjustment_info.type': null, credits: [] };
  const charges: readonly Values[] = [
    { ...regular, 'usage.amount': 3600, 'usage.amount_in_pricing_units': 1 },
    { ...regular, 'usage.amount': null, 'usage.amount_in_pricing_units': null },
  ];
  const rows = SKUS.flatMap((sku) =>
    charges.map((charge) => ({ ...any!, sku, values: { ...any!.values, ...sku.values, ...charge } })),
  );
  const special = { 'consumption_model.id': 'CM-1', 'consumption_model.description': 'Flexible "CUD" 1 Year' };
  return [...rows, fromMarketplace(rows[0]!, special), fromMarketplace(rows[1]!, {})];
}

/** A subscription of the marketplace, used at a price model of its own and paid for: no commitment. */
function fromMarketplace({ values, ...rest }: PlainRow, model: Values): PlainRow {
  const seller = { transaction_type: 'THIRD_PARTY_RESELLER', seller_name: 'Acme' };
  return {
    ...rest,
    seller: 'Acme',
    values: { ...values, ...seller, ...model, 'subscription.instance_id': 'market-1' },
  };
}

/** Two commitments of each model, each in an account of its own, and what is rare among generated ones. */
function orderlyCommitments(): Scenario['orderly'] {
  const found = fc.sample(orderlyCommitment, { seed: SEED, numRuns: 60 });
  const chosen = (['new-spend', 'old-spend', 'resource'] as const).flatMap((model) =>
    found.filter((each) => each.model === model && isBusy(each)).slice(0, 2),
  );
  const [subscription, , oldSpend] = chosen;
  const named = [...chosen, silent(subscription!), tiny(oldSpend!)].map((commitment, at) => ({
    name: `o${at}`,
    commitment: moved(commitment, commitment.account, `0RDER${at}-000000-000000`),
  }));
  // Two subscriptions of one account and the same hours: each pays for its own use.
  return [...named, { name: 'second', commitment: moved(named[0]!.commitment, '-sub-1', '-sub-2') }];
}

const isBusy = ({ hours }: OrderlyCommitment): boolean =>
  hours.length > 2 && hours.filter(({ uses }) => uses.length > 1).length > 1;

function moved(commitment: OrderlyCommitment, from: string, to: string): OrderlyCommitment {
  return JSON.parse(JSON.stringify(commitment).replaceAll(from, to)) as OrderlyCommitment;
}

/** A subscription that shows in nothing but the price model of its use. */
const silent = ({ hours, ...rest }: OrderlyCommitment): OrderlyCommitment => ({
  ...rest,
  hours: hours.map((hour) => ({ ...hour, fee: { ...hour.fee, labels: [], credits: [] } })),
});

/** Fees of more decimals than shares are written with. */
const tiny = ({ hours, ...rest }: OrderlyCommitment): OrderlyCommitment => ({
  ...rest,
  hours: hours.map((hour) => ({ ...hour, fee: { ...hour.fee, cost: 3.3e-22, credits: [] } })),
});

const OTHER_ROW = { billing_account_id: OTHER.billing_account_id, cost: 1, export_time: '2026-02-11T00:00:00Z' };

/** A period that cannot be converted each: what is wrong with it, and how the refusal says so. */
const REFUSED: readonly { readonly month: string; readonly values: Values; readonly message: RegExp }[] = [
  { month: '202601', values: { cost: Number.NaN }, message: /cost that is not a number/ },
  { month: '202602', values: { cost: Number.POSITIVE_INFINITY }, message: /cost that is not a number/ },
  {
    month: '202603',
    values: { cost: 1, credits: [{ type: 'DISCOUNT', amount: Number.NaN }] },
    message: /credit that is not a number/,
  },
  {
    month: '202604',
    values: { cost: 1, credits: [{ type: 'PROMOTION', amount: -Infinity }] },
    message: /credit that is not a number/,
  },
  { month: '2026-02', values: { cost: 1 }, message: /invoice month is not written as YYYYMM/ },
  // Rows of it were written once, and what is left of it in the raw table is no longer all of it.
  { month: EXPIRED, values: { cost: 1 }, message: /begun to expire/ },
];

function unreadableRows(): { rows: ExportedRow[]; refused: Scenario['refused'] } {
  return {
    rows: REFUSED.map(({ month, values }, at) => ({
      values: { billing_account_id: UNREADABLE, 'invoice.month': month, ...values },
      mark: `n${at}`,
    })),
    refused: REFUSED.map(({ month, message }) => ({
      period: { billing_account_id: UNREADABLE, invoice_month: month },
      message,
    })),
  };
}
