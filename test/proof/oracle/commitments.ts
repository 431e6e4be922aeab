import type { ExportedRow } from '../generator/exports.ts';
import { creditsOf, isPromotion } from './export-row.ts';
import type { FocusRow } from './expected-parts.ts';

const COLUMNS = ['Category', 'Id', 'Name', 'Quantity', 'Status', 'Type', 'Unit'].map(
  (name) => `CommitmentDiscount${name}`,
);

/** What must hold of every row that a commitment touches, exactly; a text per row and fact that does not. */
export function commitmentFaults(focus: readonly FocusRow[]): string[] {
  return focus.flatMap((row) => {
    const faults = row['CommitmentDiscountId'] === null ? withoutCommitment(row) : withCommitment(row);
    return faults
      .filter(([, holds]) => !holds)
      .map(([fact]) => `${row['x_ProjectNumber'] as string} ${row['x_SplitPart'] as string}: ${fact}`);
  });
}

type Fact = readonly [text: string, holds: boolean];

function withoutCommitment(row: FocusRow): Fact[] {
  return [
    ['no commitment, no column of one', COLUMNS.every((column) => row[column] === null)],
    ['no commitment, effective is billed', row['EffectiveCost'] === row['BilledCost']],
    ['no commitment, not priced as committed', row['PricingCategory'] !== 'Committed'],
  ];
}

function withCommitment(row: FocusRow): Fact[] {
  const isPurchase = row['ChargeCategory'] === 'Purchase';
  const isUnused = row['CommitmentDiscountStatus'] === 'Unused';
  return [
    [
      'a commitment has a category, a type and a unit',
      ['Category', 'Type', 'Unit'].every((name) => row[`CommitmentDiscount${name}`] !== null),
    ],
    ['purchased or used', isPurchase || row['ChargeCategory'] === 'Usage'],
    ...(isPurchase
      ? ([
          ['a purchase has no effective cost', row['EffectiveCost'] === '0'],
          ['a purchase recurs', row['ChargeFrequency'] === 'Recurring'],
          ['a purchase is priced as standard', row['PricingCategory'] === 'Standard'],
          ['a purchase is neither used nor unused', row['CommitmentDiscountStatus'] === null],
          ['a purchase is its own resource', row['ResourceId'] === row['CommitmentDiscountId']],
        ] satisfies Fact[])
      : ([
          ['use is not billed again', row['BilledCost'] === '0'],
          ['use is used or unused', isUnused || row['CommitmentDiscountStatus'] === 'Used'],
          ['use is priced as committed', row['PricingCategory'] === 'Committed'],
        ] satisfies Fact[])),
    ...(isUnused
      ? ([
          ['unused is listed and contracted at nothing', row['ListCost'] === '0' && row['ContractedCost'] === '0'],
          ['unused is no quantity', row['PricingQuantity'] === '0' && row['ConsumedQuantity'] === null],
          ['unused is its commitment as a resource', row['ResourceId'] === row['CommitmentDiscountId']],
        ] satisfies Fact[])
      : []),
  ];
}

/** Rows of the export without the rows they have to become, and FOCUS rows that come from none. */
export function partFaults(rows: readonly ExportedRow[], focus: readonly FocusRow[]): string[] {
  const copies = Map.groupBy(rows, ({ mark }) => mark);
  const found = Map.groupBy(focus, (row) => row['x_ProjectNumber'] as string);
  const strangers = [...found.keys()].filter((mark) => !copies.has(mark)).map((mark) => `${mark} was not exported`);
  return [...copies].reduce((faults, [mark, equal]) => {
    const parts = Map.groupBy(found.get(mark) ?? [], (row) => row['x_SplitPart'] as string);
    return [...faults, ...countFaults(mark, equal, (part) => parts.get(part)?.length ?? 0)];
  }, strangers);
}

function countFaults(mark: string, equal: readonly ExportedRow[], count: (part: string) => number): string[] {
  const promotions = creditsOf(equal[0]!.values).filter(isPromotion);
  const expected: [part: string, rows: number][] = [
    ['base', equal.length - (count('covered') > 0 ? count('covered') : 0)],
    ...promotions.map(({ ordinal }): [string, number] => [`credit:${ordinal}`, equal.length]),
  ];
  return expected
    .filter(([part, rows]) => count(part) !== rows)
    .map(([part, rows]) => `${mark} has ${count(part)} rows ${part}, not ${rows}`);
}
