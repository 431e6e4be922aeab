import type { Cell } from '../../sql/google-values.ts';
import { UNITS, type Values } from '../generator/names.ts';
import type { PlainRow } from '../generator/plain-row.ts';
import { chargeOf, type Charge } from './charge.ts';
import { decimalText, ONE, over, type Decimal } from './decimal.ts';
import { billingMonth, creditsOf, currencyOf, isPromotion, ownAmount, textIn, type CreditItem } from './export-row.ts';
import { micros, monthStart, nextMonth, plainTime } from './pacific.ts';
import { pricesOf, pricingCurrency, type Prices } from './prices.ts';
import { reservationOf, tagsOf } from './tags.ts';

export type FocusRow = Readonly<Record<string, Cell>>;

/** The FOCUS rows of one row of an export that no commitment touches, by `x_SplitPart`. */
export function expectedParts(row: PlainRow): ReadonlyMap<string, FocusRow> {
  const promotions = creditsOf(row.values).filter(isPromotion);
  return new Map([
    ['base', { ...commonColumns(row), ...baseColumns(row) }],
    ...promotions.map((item): [string, FocusRow] => [
      `credit:${item.ordinal}`,
      { ...commonColumns(row), ...promotionColumns(row, item) },
    ]),
  ]);
}

const text = (value: Decimal | null): string | null => (value === null ? null : decimalText(value));
const inCurrency = (value: Decimal | null, rate: Decimal): string | null =>
  value === null ? null : text(rate === ONE ? value : over(value, rate));
const unitName = (unit: string | null): string => (unit === null ? 'Units' : UNITS[unit]!);

/** Columns that every part of a row has in common. */
function commonColumns({ values, sku, place, resource, seller }: PlainRow): FocusRow {
  const [regionId, regionName, zone] = place.region;
  const [reservation, reservationStatus] = reservationOf(values);
  const project = textIn(values, 'project.id');
  return {
    ...timeColumns(values),
    ...partyColumns(values, seller),
    AvailabilityZone: zone,
    BillingCurrency: currencyOf(values),
    CapacityReservationId: reservation,
    CapacityReservationStatus: reservationStatus,
    RegionId: regionId,
    RegionName: regionName,
    ResourceId: resource.id,
    ResourceName: resource.name,
    ResourceType: resource.id === null ? null : (resource.type ?? `${sku.service.name} resource`),
    ServiceCategory: sku.service.category,
    ServiceName: sku.service.name,
    ServiceSubcategory: sku.service.subcategory,
    SubAccountId: project,
    SubAccountName: project && (textIn(values, 'project.name') ?? project),
    SubAccountType: project && 'Project',
    Tags: tagText(values),
    x_InvoiceMonth: values['invoice.month'] ?? null,
    x_CostType: values['cost_type'] ?? null,
    x_AdjustmentId: values['adjustment_info.id'] ?? null,
    x_AdjustmentMode: values['adjustment_info.mode'] ?? null,
    x_AdjustmentType: values['adjustment_info.type'] ?? null,
    x_TransactionType: values['transaction_type'] ?? null,
    x_SkuId: textIn(values, 'sku.id'),
    x_ServiceId: textIn(values, 'service.id'),
    x_PricingUnit: textIn(values, 'usage.pricing_unit'),
    x_UsageUnit: textIn(values, 'usage.unit'),
    x_Location: textIn(values, 'location.location'),
    x_SellerName: textIn(values, 'seller_name'),
    x_ExportTime: plainTime(values['export_time'] as string),
  };
}

function timeColumns(values: Values): FocusRow {
  const month = billingMonth(values);
  const period = { start: monthStart(month), end: monthStart(nextMonth(month)) };
  const start = values['usage_start_time'] as string | null;
  const end = values['usage_end_time'] as string | null;
  const isSpan = start !== null && end !== null && micros(end) > micros(start);
  return {
    BillingPeriodStart: period.start,
    BillingPeriodEnd: period.end,
    ChargePeriodStart: isSpan ? plainTime(start) : period.start,
    ChargePeriodEnd: isSpan ? plainTime(end) : period.end,
  };
}

function partyColumns(values: Values, seller: string): FocusRow {
  return {
    BillingAccountId: values['billing_account_id'] as string,
    BillingAccountName: values['billing_account_id'] as string,
    BillingAccountType: 'Billing Account',
    HostProviderName: seller,
    InvoiceIssuerName: 'Google Cloud',
    ProviderName: 'Google Cloud',
    PublisherName: seller,
    ServiceProviderName: seller,
  };
}

function tagText(values: Values): string | null {
  const pairs = tagsOf(values);
  return pairs === undefined
    ? null
    : `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

function baseColumns(row: PlainRow): FocusRow {
  const { values, sku } = row;
  const charge = chargeOf(row);
  const amount = ownAmount(values);
  const description = textIn(values, 'adjustment_info.description');
  const isAdjusted = charge.category === 'Adjustment' || charge.category === 'Credit';
  const items = creditsOf(values).filter((item) => !isPromotion(item));
  return {
    ...moneyColumns(values, amount, pricesOf(values, charge)),
    ...chargeColumns(charge),
    ...skuColumns(row, charge),
    ChargeDescription:
      (isAdjusted ? description : null) ?? textIn(values, 'sku.description') ?? description ?? sku.service.name,
    x_ListPriceEstimated: charge.isPriced && !Number.isFinite(values['cost_at_list'] ?? Number.NaN),
    x_Credits: items.map((item) => creditItem(values, item)),
  };
}

function promotionColumns({ values }: PlainRow, item: CreditItem): FocusRow {
  const prices = { listUnitPrice: null, contractedUnitPrice: null, listCost: item.amount, contractedCost: item.amount };
  return {
    ...moneyColumns(values, item.amount, prices),
    ...chargeColumns(NOT_PRICED),
    ...NO_SKU,
    ChargeDescription: item.description,
    x_ListPriceEstimated: false,
    x_Credits: [creditItem(values, item)],
  };
}

const NOT_PRICED: Charge = {
  category: 'Credit',
  class: null,
  frequency: 'One-Time',
  isPriced: false,
  pricingQuantity: null,
  pricingUnit: null,
  consumedQuantity: null,
  consumedUnit: null,
};
const NO_SKU: FocusRow = {
  PricingCategory: null,
  SkuId: null,
  SkuMeter: null,
  SkuPriceDetails: null,
  SkuPriceId: null,
};

function moneyColumns(values: Values, amount: Decimal, prices: Prices): FocusRow {
  const { name, rate } = pricingCurrency(values);
  return {
    BilledCost: text(amount),
    x_BilledCostAsExported: text(amount),
    EffectiveCost: text(amount),
    ContractedCost: text(prices.contractedCost),
    ContractedUnitPrice: text(prices.contractedUnitPrice),
    ListCost: text(prices.listCost),
    ListUnitPrice: text(prices.listUnitPrice),
    PricingCurrency: name,
    PricingCurrencyContractedUnitPrice: inCurrency(prices.contractedUnitPrice, rate),
    PricingCurrencyEffectiveCost: inCurrency(amount, rate),
    PricingCurrencyListUnitPrice: inCurrency(prices.listUnitPrice, rate),
  };
}

function chargeColumns(charge: Charge): FocusRow {
  return {
    ChargeCategory: charge.category,
    ChargeClass: charge.class,
    ChargeFrequency: charge.frequency,
    ConsumedQuantity: text(charge.consumedQuantity),
    ConsumedUnit: charge.consumedQuantity === null ? null : unitName(charge.consumedUnit),
    PricingQuantity: text(charge.pricingQuantity),
    PricingUnit: charge.pricingQuantity === null ? null : unitName(charge.pricingUnit),
    CommitmentDiscountId: null,
    CommitmentDiscountStatus: null,
    CommitmentDiscountQuantity: null,
  };
}

function skuColumns({ values, sku }: PlainRow, { isPriced }: Charge): FocusRow {
  if (!isPriced) return NO_SKU;
  const tier = (values['price.tier_start_amount'] as string | null) ?? '0';
  const model = textIn(values, 'consumption_model.description');
  const modelId = values['consumption_model.id'] ?? null;
  const isSpecial = model !== null && model !== 'Default' && modelId !== null;
  const details = {
    ...(sku.series !== undefined && { InstanceSeries: sku.series }),
    ...(sku.storageClass !== undefined && { StorageClass: sku.storageClass }),
    ...(isSpecial && { x_ConsumptionModelDescription: model }),
    x_TierStartAmount: Number(tier),
  };
  return {
    PricingCategory: sku.isDynamic ? 'Dynamic' : 'Standard',
    SkuId: textIn(values, 'sku.id'),
    SkuMeter: sku.meter,
    SkuPriceDetails: JSON.stringify(details),
    SkuPriceId: `${values['sku.id'] as string}/${tier}${isSpecial ? `/${modelId as string}` : ''}`,
  };
}

function creditItem(values: Values, { ordinal, amount }: CreditItem): Cell {
  const item = (values['credits'] as readonly Values[])[ordinal - 1]!;
  return {
    Id: item['id'] ?? null,
    FullName: item['full_name'] ?? null,
    Type: item['type'] ?? null,
    Name: item['name'] ?? null,
    Amount: decimalText(amount),
  };
}
