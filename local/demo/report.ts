import { styleText } from 'node:util';
import type { CategorySum, PeriodSum } from './sums.ts';
import { amountText, textTable } from './text-table.ts';

export type Step = <T>(name: string, work: () => Promise<T>, says: string | ((result: T) => string)) => Promise<T>;

const NAME_WIDTH = 22;
const SAYS_WIDTH = 62;

/** Prints a line for each step when it is done: what it was, what came of it, how long it took. */
export function stepPrinter(print: (line: string) => void): Step {
  return async (name, work, says) => {
    const startedAt = performance.now();
    showRunning(name);
    const result = await work();
    const seconds = `${((performance.now() - startedAt) / 1000).toFixed(2)} s`;
    const text = typeof says === 'string' ? says : says(result);
    print(`${green('✓')} ${name.padEnd(NAME_WIDTH)}${text.padEnd(SAYS_WIDTH)}${dim(seconds.padStart(8))}`);
    return result;
  };
}

/** On a terminal, what is being done stands in the line that its result will overwrite. */
function showRunning(name: string): void {
  if (process.stdout.isTTY) process.stdout.write(dim(`… ${name}\r`));
}

export function balance(periods: readonly PeriodSum[]): string {
  const open = periods.filter(({ difference }) => Number(difference) !== 0).length;
  return open === 0 ? `${periods.length} billing periods, all equal to the last digit` : `${open} periods DIFFER`;
}

export function periodLines(periods: readonly PeriodSum[]): string[] {
  const columns = [
    { title: 'Billing account' },
    { title: 'Month' },
    { title: 'Cur' },
    { title: 'Export', isNumber: true },
    { title: 'BilledCost', isNumber: true },
    { title: 'EffectiveCost', isNumber: true },
    { title: 'Diff', isNumber: true },
  ];
  const rows = periods.map(({ account, month, currency, ...sums }) => [
    account,
    `${month.slice(0, 4)}-${month.slice(4)}`,
    currency,
    ...[sums.exported, sums.billed, sums.effective, sums.difference].map(amountText),
  ]);
  return headed(textTable(columns, rows));
}

/** A row for each category; each currency has columns of its own, since its sums do not add up with others. */
export function categoryLines(categories: readonly CategorySum[]): string[] {
  const currencies = [...new Set(categories.map(({ currency }) => currency))];
  const columns = currencies.flatMap((currency) => [
    { title: `Billed ${currency}`, isNumber: true },
    { title: `Effective ${currency}`, isNumber: true },
  ]);
  const rows = new Map<string, string[]>();
  for (const { category, currency, billed, effective } of categories) {
    const row = rows.get(category) ?? [category, ...columns.map(() => '')];
    row.splice(1 + 2 * currencies.indexOf(currency), 2, amountText(billed), amountText(effective));
    rows.set(category, row);
  }
  return headed(textTable([{ title: 'Service category' }, ...columns], [...rows.values()]));
}

function headed([head = '', ...rest]: readonly string[]): string[] {
  return [bold(head), ...rest];
}

// Colour shows on a terminal only, and never where NO_COLOR asks for none.
export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}

function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout });
}

function green(text: string): string {
  return styleText('green', text, { stream: process.stdout });
}
