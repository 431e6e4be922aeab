import { textTable } from '../local/demo/text-table.ts';
import type { Budget, Cell, Report } from './benchmark.ts';

/** A report as lines of plain text: its table, then each budget with what became of it. */
export function reportText({ columns, rows, budgets, notes = [] }: Report): string[] {
  const cells = rows.map((row) => columns.map((column) => cellText(row[column] ?? '')));
  const isNumber = (column: string) => rows.every((row) => typeof row[column] !== 'string' || row[column] === '');
  const table = textTable(
    columns.map((title) => ({ title, isNumber: isNumber(title) })),
    cells,
  );
  return [...table, ...notes, ...budgets.map(budgetText)];
}

export function isKept({ measured, limit }: Budget): boolean {
  return measured <= limit;
}

function budgetText(budget: Budget): string {
  const { what, measured, limit, unit } = budget;
  return `${isKept(budget) ? 'kept' : 'MISSED'}: ${what} ${cellText(measured)} (at most ${[limit, unit].join(' ').trim()})`;
}

/** Three significant digits tell two runs apart; more are noise. */
function cellText(cell: Cell): string {
  if (typeof cell === 'string' || Number.isInteger(cell)) return String(cell);
  return cell >= 100 ? cell.toFixed(0) : cell.toPrecision(3);
}
