import type { CommitmentModel, OrderlyCommitment } from '../generator/commitments.ts';
import type { Values } from '../generator/names.ts';
import {
  decimal,
  decimalText,
  greater,
  lesser,
  magnitude,
  ONE,
  over,
  roundTo,
  sum,
  times,
  ZERO,
  type Decimal,
} from './decimal.ts';
import { costOf, creditsOf, currencyOf, moneyIn, ownAmount } from './export-row.ts';
import type { FocusRow } from './expected-parts.ts';

type Hour = OrderlyCommitment['hours'][number];
type Columns = Readonly<Record<string, string | boolean | null>>;

/** What one use of a commitment becomes. */
interface ExpectedUse {
  /** `base` where the whole row is covered, else `covered`; none where nothing is. */
  readonly covered:
    { readonly part: 'base' | 'covered'; readonly columns: Columns; readonly share: Decimal } | undefined;
  readonly remainder: Columns | undefined;
}

/** What one hour of a commitment becomes: fee, uses, what is left of the fee. */
interface ExpectedHour {
  readonly purchase: Columns;
  readonly uses: readonly ExpectedUse[];
  /** What all use costs together, exactly; each use costs its share of it, to the 18th decimal. */
  readonly usedCost: Decimal;
  readonly unused: Columns | undefined;
}

const HALF_STEP = decimal('1e-18');
const text = decimalText;

/** Facts of amortisation that FOCUS rows of one commitment do not fulfil. Rows carry the marks of `marksOf`. */
export function amortisationFaults(
  { model, hours }: OrderlyCommitment,
  name: string,
  focus: readonly FocusRow[],
): string[] {
  const rows = Map.groupBy(focus, (row) => `${row['x_ProjectNumber'] as string}/${row['x_SplitPart'] as string}`);
  return hours.flatMap((hour, at) => {
    const expected = EXPECTED[model](hour);
    const find = (mark: string, part: string) => rows.get(`${name}-${at}-${mark}/${part}`) ?? [];
    return [
      ...columnFaults('purchase', expected.purchase, find('fee', 'base')),
      ...columnFaults('unused', expected.unused, find('fee', 'unused')),
      ...expected.uses.flatMap((use, number) => useFaults(use, (part) => find(`use-${number}`, part))),
      ...sumFaults(
        expected,
        expected.uses.flatMap(({ covered }, number) => (covered ? find(`use-${number}`, covered.part) : [])),
      ),
    ].map((fault) => `${name} ${model} hour ${at}: ${fault}`);
  });
}

/** Rows of a commitment with the marks that the oracle finds them by. */
export function marksOf(
  { hours }: OrderlyCommitment,
  name: string,
): { readonly values: Values; readonly mark: string }[] {
  return hours.flatMap(({ fee, uses }, at) => [
    { values: fee, mark: `${name}-${at}-fee` },
    ...uses.map((values, number) => ({ values, mark: `${name}-${at}-use-${number}` })),
  ]);
}

function columnFaults(what: string, expected: Columns | undefined, found: readonly FocusRow[]): string[] {
  if (found.length !== (expected ? 1 : 0)) return [`${found.length} rows of ${what}, not ${expected ? 1 : 0}`];
  return Object.entries(expected ?? {})
    .filter(([column, value]) => found[0]![column] !== value)
    .map(([column, value]) => `${what}: ${column} is ${String(found[0]![column])}, not ${value}`);
}

function useFaults({ covered, remainder }: ExpectedUse, find: (part: string) => readonly FocusRow[]): string[] {
  const faults = columnFaults('remainder', remainder, find('remainder'));
  if (!covered) return [...faults, ...columnFaults('covered', undefined, find('covered'))];
  const [row] = find(covered.part);
  const cost = decimal((row?.['EffectiveCost'] as string | undefined) ?? '0');
  const isShare = magnitude(cost - covered.share) <= HALF_STEP;
  return [
    ...faults,
    ...columnFaults('covered', covered.columns, find(covered.part)),
    ...(isShare ? [] : [`covered: costs ${text(cost)}, its share is ${text(covered.share)}`]),
  ];
}

function sumFaults({ usedCost }: ExpectedHour, covered: readonly FocusRow[]): string[] {
  const found = sum(covered.map((row) => decimal(row['EffectiveCost'] as string)));
  return found === usedCost ? [] : [`use costs ${text(found)} together, not ${text(usedCost)}`];
}

const EXPECTED: Readonly<Record<CommitmentModel, (hour: Hour) => ExpectedHour>> = {
  'new-spend': newSpend,
  'old-spend': oldSpend,
  resource,
};

/** The purchase carries what use was billed, the offset gives it back; what is left of the fee went unused. */
function newSpend({ fee, uses }: Hour): ExpectedHour {
  const net = ownAmount(fee);
  const billed = uses.map((use) => ownAmount(use));
  const isCheaper = uses.length > 0 && net < ZERO;
  const usedCost = sum(billed) + (isCheaper ? net : ZERO);
  const rest = isCheaper ? ZERO : net;
  const facts = { ...commitmentColumns(fee, 'Spend'), CommitmentDiscountId: fee['subscription.instance_id'] as string };
  return {
    purchase: purchase(facts, net + sum(billed), costOf(fee)),
    usedCost,
    unused: unused(facts, rest, rest),
    uses: billed.map((amount) => ({
      covered: {
        part: 'base',
        share: isCheaper ? over(times(usedCost, amount), sum(billed)) : amount,
        columns: { ...facts, ...USED, ...(isCheaper ? {} : { CommitmentDiscountQuantity: text(amount) }) },
      },
      remainder: undefined,
    })),
  };
}

/** The fee is spread by the money that the credits took off. How much of it went unused is not exported. */
function oldSpend({ fee, uses }: Hour): ExpectedHour {
  const paid = ownAmount(fee);
  const covers = uses.map((use) => coverOf(use, 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE'));
  const used = sum(covers.map(({ money }) => money));
  const facts = { ...commitmentColumns(fee, 'Spend'), CommitmentDiscountId: syntheticId(fee) };
  return {
    purchase: purchase(facts, paid, paid),
    usedCost: used === ZERO ? ZERO : paid,
    unused: used === ZERO ? unused(facts, paid, paid) : undefined,
    uses: uses.map((use, at) =>
      split(
        use,
        covers[at]!,
        { ...facts, x_UnusedUnknown: true },
        used === ZERO ? ZERO : over(times(paid, covers[at]!.money), used),
      ),
    ),
  };
}

/** The fee is spread over the amount committed to, or over the amount used when that is more. */
function resource({ fee, uses }: Hour): ExpectedHour {
  const paid = ownAmount(fee);
  const committed = moneyIn(fee, 'usage.amount_in_pricing_units')!;
  const covers = uses.map((use) => coverOf(use, 'COMMITTED_USAGE_DISCOUNT'));
  const used = sum(covers.map(({ quantity }) => quantity));
  const base = greater(committed, used);
  const usedCost = used === base ? paid : roundTo(over(times(paid, used), base), 20);
  const facts = { ...commitmentColumns(fee, 'Usage'), CommitmentDiscountId: syntheticId(fee) };
  return {
    purchase: purchase(facts, paid, committed),
    usedCost,
    unused: unused(facts, paid - usedCost, base === committed ? committed - used : ZERO),
    uses: uses.map((use, at) => {
      const cover = covers[at]!;
      const columns = { ...facts, CommitmentDiscountQuantity: text(cover.quantity) };
      return split(use, cover, columns, over(times(paid, cover.quantity), base));
    }),
  };
}

const syntheticId = (fee: Values): string =>
  `${fee['billing_account_id'] as string}/${fee['location.region'] as string}/${fee['sku.id'] as string}`;

function commitmentColumns(fee: Values, category: 'Spend' | 'Usage'): Columns {
  return {
    CommitmentDiscountCategory: category,
    CommitmentDiscountType: category === 'Spend' ? 'Spend-based CUD' : 'Resource-based CUD',
    CommitmentDiscountUnit: category === 'Spend' ? currencyOf(fee) : 'Hours',
  };
}

const USED: Columns = {
  ChargeCategory: 'Usage',
  CommitmentDiscountStatus: 'Used',
  PricingCategory: 'Committed',
  BilledCost: '0',
};

function purchase(facts: Columns, billed: Decimal, quantity: Decimal): Columns {
  return {
    ...facts,
    ChargeCategory: 'Purchase',
    ChargeFrequency: 'Recurring',
    BilledCost: text(billed),
    EffectiveCost: '0',
    CommitmentDiscountQuantity: text(quantity),
    CommitmentDiscountStatus: null,
    ResourceId: facts['CommitmentDiscountId']!,
    ResourceType: 'Commitment',
  };
}

function unused(facts: Columns, cost: Decimal, quantity: Decimal): Columns | undefined {
  if (cost === ZERO && quantity === ZERO) return undefined;
  return {
    ...facts,
    ChargeCategory: 'Usage',
    ChargeFrequency: 'Usage-Based',
    CommitmentDiscountStatus: 'Unused',
    CommitmentDiscountQuantity: text(quantity),
    BilledCost: '0',
    EffectiveCost: text(cost),
    ListCost: '0',
    ContractedCost: '0',
    PricingQuantity: '0',
    ConsumedQuantity: null,
    ResourceId: facts['CommitmentDiscountId']!,
  };
}

interface Cover {
  readonly money: Decimal;
  readonly quantity: Decimal;
  readonly isWhole: boolean;
}

/** How much of a row its commitment's credit paid for: money, and the same part of its quantity. */
function coverOf(use: Values, type: string): Cover {
  const cost = costOf(use);
  const credit = -sum(creditsOf(use).map((item) => (item.type === type ? item.amount : ZERO)));
  const quantity = moneyIn(use, 'usage.amount_in_pricing_units')!;
  if (credit === ZERO || cost === ZERO) return { money: ZERO, quantity: ZERO, isWhole: false };
  const isWhole = lesser(over(credit, cost), ONE) === ONE;
  return { money: credit, isWhole, quantity: isWhole ? quantity : roundTo(over(times(quantity, credit), cost), 18) };
}

function split(use: Values, cover: Cover, facts: Columns, share: Decimal): ExpectedUse {
  if (cover.money === ZERO) return { covered: undefined, remainder: undefined };
  const left = ownAmount(use);
  const quantity = moneyIn(use, 'usage.amount_in_pricing_units')!;
  return {
    covered: { part: 'covered', share, columns: { ...facts, ...USED, PricingQuantity: text(cover.quantity) } },
    remainder:
      cover.isWhole && left === ZERO
        ? undefined
        : {
            ChargeCategory: 'Usage',
            BilledCost: text(left),
            EffectiveCost: text(left),
            PricingQuantity: text(quantity - cover.quantity),
            PricingCategory: 'Standard',
            CommitmentDiscountId: null,
          },
  };
}
