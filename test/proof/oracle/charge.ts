import type { PlainRow } from '../generator/plain-row.ts';
import type { Values } from '../generator/names.ts';
import { decimal, magnitude, over, type Decimal, ONE, ZERO } from './decimal.ts';
import { costOf, isLate, moneyIn, textIn } from './export-row.ts';

/** What kind of charge a row is, and by which quantity it is priced. */
export interface Charge {
  readonly category: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment';
  readonly class: 'Correction' | null;
  readonly frequency: 'One-Time' | 'Recurring' | 'Usage-Based';
  readonly isPriced: boolean;
  /** Null on rows without a price, and where money has no quantity. */
  readonly pricingQuantity: Decimal | null;
  readonly pricingUnit: string | null;
  readonly consumedQuantity: Decimal | null;
  readonly consumedUnit: string | null;
}

const CORRECTIONS = new Set(['USAGE_CORRECTION', 'PRICE_CORRECTION', 'METADATA_CORRECTION']);
const GIVEN_BACK = new Set(['GOODWILL', 'SALES_BASED_GOODWILL', 'SLA_VIOLATION']);
/** Less than this is next to nothing: a price of it would be false. */
const LEAST_QUANTITY = decimal('1e-20');
const GREATEST: Decimal = 2n ** 255n;

/** The price of a metric, unless it would be negative or too large to write. */
export function priceOf(cost: Decimal, quantity: Decimal): Decimal | null {
  if (quantity === ZERO || (cost !== ZERO && cost > ZERO !== quantity > ZERO)) return null;
  const price = over(cost, quantity);
  return price < GREATEST ? price : null;
}

export function chargeOf({ values, sku }: PlainRow): Charge {
  const used = moneyIn(values, 'usage.amount');
  const priced = moneyIn(values, 'usage.amount_in_pricing_units');
  const quantity = priced ?? used;
  const cost = costOf(values);
  const hasPrice = canBePriced(cost, quantity);
  const isFlat = isWithoutUsage(cost, used, priced);
  const category = categoryOf(values, hasPrice, isFlat);
  const isPriced = category === 'Usage' || category === 'Purchase';
  const units = { usage: textIn(values, 'usage.unit'), pricing: textIn(values, 'usage.pricing_unit') };
  const isCounted = category === 'Usage' && hasPrice;
  return {
    category,
    class: isPriced && isCorrection(values) && isLate(values) ? 'Correction' : null,
    frequency: frequencyOf(category, sku.isRecurring === true),
    isPriced,
    pricingQuantity: pricingQuantity({ category, cost, hasPrice, quantity }),
    pricingUnit:
      category === 'Purchase'
        ? null
        : ((priced === null ? units.usage : units.pricing) ?? units.pricing ?? units.usage),
    consumedQuantity: isCounted ? (used ?? quantity ?? ZERO) : null,
    consumedUnit: (used === null ? units.pricing : units.usage) ?? units.usage ?? units.pricing,
  };
}

const isCorrection = (values: Values): boolean => CORRECTIONS.has(values['adjustment_info.type'] as string);

function canBePriced(cost: Decimal, quantity: Decimal | null): boolean {
  if (quantity === null || magnitude(quantity) < LEAST_QUANTITY) return cost === ZERO;
  return priceOf(cost, quantity) !== null;
}

/** A flat fee: money without any quantity, or a row that names none at all. */
function isWithoutUsage(cost: Decimal, used: Decimal | null, priced: Decimal | null): boolean {
  const isEmpty = (used ?? ZERO) === ZERO && (priced ?? ZERO) === ZERO;
  return isEmpty && (cost !== ZERO || (used === null && priced === null));
}

/** The table of classification: the first line that fits decides. */
function categoryOf(values: Values, hasPrice: boolean, isFlat: boolean): Charge['category'] {
  const adjustment = values['adjustment_info.type'] as string | null;
  const corrects = isCorrection(values);
  if (values['cost_type'] === 'tax') return 'Tax';
  if (values['cost_type'] === 'rounding_error') return 'Adjustment';
  if (adjustment !== null && GIVEN_BACK.has(adjustment)) return 'Credit';
  if (!corrects && (adjustment !== null || values['cost_type'] === 'adjustment')) return 'Adjustment';
  if (textIn(values, 'sku.id') === null) return 'Adjustment';
  if (corrects) return hasPrice || isLate(values) ? 'Usage' : 'Adjustment';
  if (isFlat) return 'Purchase';
  return hasPrice ? 'Usage' : 'Adjustment';
}

function frequencyOf(category: Charge['category'], isRecurring: boolean): Charge['frequency'] {
  if (category === 'Usage') return 'Usage-Based';
  return category === 'Tax' || (category === 'Purchase' && isRecurring) ? 'Recurring' : 'One-Time';
}

function pricingQuantity(row: {
  readonly category: Charge['category'];
  readonly cost: Decimal;
  readonly hasPrice: boolean;
  readonly quantity: Decimal | null;
}): Decimal | null {
  if (row.category === 'Purchase') return row.cost < ZERO ? -ONE : ONE;
  return row.category === 'Usage' && row.hasPrice ? (row.quantity ?? ZERO) : null;
}
