import type { Cell } from '../../sql/google-values.ts';
import { UNKNOWN_UNITS, type Values } from '../generator/names.ts';
import type { PlainRow } from '../generator/plain-row.ts';
import { chargeOf } from './charge.ts';
import { decimal, times, ZERO } from './decimal.ts';
import { currencyOf, itemsIn, moneyIn, textIn } from './export-row.ts';
import { pricesOf } from './prices.ts';

/** A remark about one row: the check and what it saw, `unknown_unit widget`. */
type Remark = readonly [check: string, value: string];

/** Values that Google documents; all others are reported. */
const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  cost_type: new Set(['regular', 'tax', 'adjustment', 'rounding_error']),
  'adjustment_info.type': new Set([
    ...['USAGE_CORRECTION', 'PRICE_CORRECTION', 'METADATA_CORRECTION', 'GOODWILL', 'SALES_BASED_GOODWILL'],
    ...['SLA_VIOLATION', 'BALANCE_TRANSFER', 'ACCOUNT_CLOSURE', 'GENERAL_ADJUSTMENT'],
  ]),
  transaction_type: new Set(['GOOGLE', 'THIRD_PARTY_RESELLER', 'THIRD_PARTY_AGENCY']),
  'credits.type': new Set([
    ...['PROMOTION', 'FREE_TIER', 'SUSTAINED_USAGE_DISCOUNT', 'DISCOUNT', 'SUBSCRIPTION_BENEFIT'],
    ...['RESELLER_MARGIN', 'SPENDING_BASED_DISCOUNT', 'CREDIT_TYPE_UNSPECIFIED'],
  ]),
};

/**
 * What the conversion has to remark on, as `<account> <month>: <check>: <n> rows: <value>`, in order.
 * Checks that need more than the rows themselves are not among them; `checks` names those that are.
 */
export function expectedFindings(rows: readonly PlainRow[]): string[] {
  const counts = new Map<string, { count: number; subject: string; remark: Remark }>();
  for (const row of rows) {
    const subject = subjectOf(row.values);
    for (const remark of remarksOn(row)) {
      const key = JSON.stringify([subject, remark]);
      counts.set(key, { subject, remark, count: (counts.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...counts.values()]
    .map(({ count, subject, remark: [check, value] }) => `${subject}: ${check}: ${count} rows: ${value}`)
    .toSorted();
}

/** The same of what was reported. */
export function reportedFindings(findings: readonly Readonly<Record<string, Cell>>[]): string[] {
  return findings
    .filter(({ check_id: check }) => CHECKS.has(check as string))
    .map(({ subject, check_id: check, observed }) => `${subject as string}: ${check as string}: ${observed as string}`)
    .toSorted();
}

const CHECKS: ReadonlySet<string> = new Set([
  ...['cost_missing', 'currency_missing', 'rate_missing', 'sku_missing', 'unknown_service', 'unknown_unit'],
  ...['unknown_value', 'price_not_derivable', 'price_differs', 'list_price_missing'],
]);

const subjectOf = (values: Values): string =>
  `${values['billing_account_id'] as string} ${(values['invoice.month'] as string | null) ?? 'no invoice month'}`;

function remarksOn(row: PlainRow): Remark[] {
  return [...moneyRemarks(row.values), ...nameRemarks(row), ...unknownValues(row.values), ...priceRemarks(row)];
}

function moneyRemarks(values: Values): Remark[] {
  const currency = currencyOf(values);
  const rate = moneyIn(values, 'currency_conversion_rate');
  const hasRate = rate !== null && rate > ZERO;
  return [
    ...when((values['cost'] ?? null) === null, ['cost_missing', 'cost']),
    ...when(currency === 'XXX', ['currency_missing', 'currency']),
    ...when(currency !== 'USD' && !hasRate, ['rate_missing', currency]),
  ];
}

const isRegular = (values: Values): boolean => (values['cost_type'] ?? 'regular') === 'regular';

function nameRemarks({ values, sku }: PlainRow): Remark[] {
  const [usage, pricing] = [textIn(values, 'usage.unit'), textIn(values, 'usage.pricing_unit')];
  const units = [...new Set([usage, pricing])].filter((unit) => unit !== null && UNKNOWN_UNITS.has(unit));
  return [
    ...when(textIn(values, 'sku.id') === null && isRegular(values), ['sku_missing', 'sku.id']),
    ...when(!sku.isKnownService, ['unknown_service', sku.service.name]),
    ...units.map((unit): Remark => ['unknown_unit', unit!]),
  ];
}

function unknownValues(values: Values): Remark[] {
  const found = [
    ...['cost_type', 'adjustment_info.type', 'transaction_type'].map((field) => [field, values[field]] as const),
    ...itemsIn(values, 'credits').map(({ type }) => ['credits.type', type] as const),
  ];
  return found.flatMap(([field, value]) =>
    typeof value === 'string' && !KNOWN[field]!.has(value) ? [['unknown_value', `${field} ${value}`] as const] : [],
  );
}

function priceRemarks(row: PlainRow): Remark[] {
  const { values } = row;
  const charge = chargeOf(row);
  const sku = textIn(values, 'sku.id');
  const quoted = moneyIn(values, 'price.effective_price_default') ?? ZERO;
  const per = moneyIn(values, 'price.pricing_unit_quantity') ?? ZERO;
  const { contractedUnitPrice } = pricesOf(values, charge);
  const price = contractedUnitPrice === null ? null : times(contractedUnitPrice, per);
  const isFar = price !== null && (price < times(quoted, decimal('0.99')) || price > times(quoted, decimal('1.01')));
  const isUnexplained =
    charge.category === 'Adjustment' && isRegular(values) && (values['adjustment_info.type'] ?? null) === null;
  return [
    ...when(isUnexplained && sku !== null, ['price_not_derivable', sku!]),
    ...when(quoted > ZERO && per > ZERO && isFar, ['price_differs', sku!]),
    ...when(charge.isPriced && moneyIn(values, 'cost_at_list') === null, ['list_price_missing', 'cost_at_list']),
  ];
}

const when = (holds: boolean, remark: Remark): Remark[] => (holds ? [remark] : []);
