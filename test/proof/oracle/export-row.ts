import type { Cell } from '../../sql/google-values.ts';
import type { Values } from '../generator/names.ts';
import { decimalOfDouble, decimalOrNull, sum, ZERO, type Decimal } from './decimal.ts';
import { pacificMonth } from './pacific.ts';

export interface CreditItem {
  /** Place in the row's list, from 1. */
  readonly ordinal: number;
  readonly type: string | null;
  readonly amount: Decimal;
  readonly description: string;
}

/** Text of a cell; empty and blank text counts as none. */
export function textIn(values: Values, path: string): string | null {
  const cell = values[path];
  return typeof cell === 'string' && cell.trim() !== '' ? cell : null;
}

export const itemsIn = (values: Values, path: string): readonly Readonly<Record<string, Cell>>[] =>
  (values[path] ?? []) as readonly Readonly<Record<string, Cell>>[];

export const moneyIn = (values: Values, path: string): Decimal | null => decimalOrNull(values[path]);

/** A missing cost counts as nothing. */
export const costOf = (values: Values): Decimal => decimalOfDouble((values['cost'] as number | null) ?? 0);

export function creditsOf(values: Values): CreditItem[] {
  return itemsIn(values, 'credits').map((item, at) => ({
    ordinal: at + 1,
    type: (item['type'] ?? null) as string | null,
    amount: decimalOfDouble((item['amount'] as number | null) ?? 0),
    description: `Credit: ${textIn(item, 'name') ?? textIn(item, 'full_name') ?? textIn(item, 'id') ?? textIn(item, 'type')}`,
  }));
}

export const isPromotion = ({ type }: CreditItem): boolean => type === 'PROMOTION';

/** Cost and credits less promotions: what the row's own FOCUS row is billed. */
export function ownAmount(values: Values): Decimal {
  return costOf(values) + sum(creditsOf(values).map((item) => (isPromotion(item) ? ZERO : item.amount)));
}

export const currencyOf = (values: Values): string => textIn(values, 'currency') ?? 'XXX';

/** The month that a row is billed in: exports of before 2018 do not say, they were invoiced with the month of use. */
export function billingMonth(values: Values): string {
  const moment = (values['usage_start_time'] ?? values['export_time'] ?? null) as string | null;
  return (values['invoice.month'] as string | null) ?? pacificMonth(moment!);
}

/** A month that was closed when the row was invoiced. */
export function isLate(values: Values): boolean {
  const start = values['usage_start_time'];
  return typeof start === 'string' && pacificMonth(start) < billingMonth(values);
}
