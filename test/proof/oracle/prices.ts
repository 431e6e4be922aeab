import type { Values } from '../generator/names.ts';
import { priceOf, type Charge } from './charge.ts';
import { decimal, ONE, over, roundTo, times, ZERO, type Decimal } from './decimal.ts';
import { costOf, currencyOf, moneyIn, ownAmount } from './export-row.ts';

export interface Prices {
  readonly listUnitPrice: Decimal | null;
  readonly contractedUnitPrice: Decimal | null;
  readonly listCost: Decimal;
  readonly contractedCost: Decimal;
}

/** Unit prices from the row's own costs, and the costs again from price and quantity, so that both agree exactly. */
export function pricesOf(values: Values, { isPriced, pricingQuantity: quantity }: Charge): Prices {
  const cost = costOf(values);
  const contracted = moneyIn(values, 'cost_at_effective_price_default') ?? cost;
  const list = moneyIn(values, 'cost_at_list') ?? contracted;
  if (!isPriced) {
    const amount = ownAmount(values);
    return { listUnitPrice: null, contractedUnitPrice: null, listCost: amount, contractedCost: amount };
  }
  const { contractedUnitPrice, listUnitPrice } = unitPrices(values, quantity, { cost, contracted, list });
  return {
    contractedUnitPrice,
    listUnitPrice,
    contractedCost: quantity === null ? contracted : times(contractedUnitPrice, quantity),
    listCost: quantity === null ? list : times(listUnitPrice, quantity),
  };
}

function unitPrices(
  values: Values,
  quantity: Decimal | null,
  { cost, contracted, list }: { readonly cost: Decimal; readonly contracted: Decimal; readonly list: Decimal },
): { contractedUnitPrice: Decimal; listUnitPrice: Decimal } {
  if (quantity === null || quantity === ZERO) return quotedPrices(values);
  // What would be a negative price gives way to the next best cost of the row.
  const contractedUnitPrice = rounded(priceOf(contracted, quantity) ?? priceOf(cost, quantity) ?? ZERO);
  const listPrice = priceOf(list, quantity);
  return { contractedUnitPrice, listUnitPrice: listPrice === null ? contractedUnitPrice : rounded(listPrice) };
}

/** 20 decimals, or all of them where a price of a byte would vanish. */
const rounded = (price: Decimal): Decimal => (price < decimal('1e-10') ? price : roundTo(price, 20));

/** Prices of the price list, quoted per so many units. */
function quotedPrices(values: Values): { contractedUnitPrice: Decimal; listUnitPrice: Decimal } {
  const contracted = moneyIn(values, 'price.effective_price_default');
  const list = moneyIn(values, 'price.list_price') ?? contracted;
  const quotedPer = moneyIn(values, 'price.pricing_unit_quantity') ?? ONE;
  const per = quotedPer > ZERO ? quotedPer : ONE;
  const unitPrice = (price: Decimal | null) => rounded(over(price !== null && price > ZERO ? price : ZERO, per));
  return { contractedUnitPrice: unitPrice(contracted), listUnitPrice: unitPrice(list) };
}

/** The currency that prices are quoted in and what one unit of it costs: US dollars, unless no rate is known. */
export function pricingCurrency(values: Values): { readonly name: string; readonly rate: Decimal } {
  const currency = currencyOf(values);
  const rate = moneyIn(values, 'currency_conversion_rate');
  if (currency === 'USD') return { name: 'USD', rate: ONE };
  return rate !== null && rate > ZERO ? { name: 'USD', rate } : { name: currency, rate: ONE };
}
