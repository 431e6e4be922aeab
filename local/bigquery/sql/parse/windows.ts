import type { FrameBound, OrderItem, Window } from './ast.ts';
import type { Cursor } from './cursor.ts';

export function parseWindow(cursor: Cursor): Window {
  cursor.expectSymbol('(');
  const base = cursor.isName() ? cursor.name() : undefined;
  const partitionBy = cursor.accept('PARTITION', 'BY') ? cursor.list(() => cursor.expression()) : [];
  const orderBy = cursor.accept('ORDER', 'BY') ? parseOrderItems(cursor) : [];
  const unit = cursor.accept('ROWS') ? ('ROWS' as const) : cursor.accept('RANGE') ? ('RANGE' as const) : undefined;
  const frame = unit && { unit, ...parseFrame(cursor) };
  cursor.expectSymbol(')');
  return { partitionBy, orderBy, ...(base ? { base } : {}), ...(frame ? { frame } : {}) };
}

function parseFrame(cursor: Cursor): { start: FrameBound; end: FrameBound } {
  if (!cursor.accept('BETWEEN')) return { start: parseBound(cursor), end: { at: 'CURRENT ROW' } };
  const start = parseBound(cursor);
  cursor.expect('AND');
  return { start, end: parseBound(cursor) };
}

function parseBound(cursor: Cursor): FrameBound {
  for (const at of ['UNBOUNDED PRECEDING', 'CURRENT ROW', 'UNBOUNDED FOLLOWING'] as const) {
    if (cursor.accept(...at.split(' '))) return { at };
  }
  const offset = cursor.expression();
  if (cursor.accept('PRECEDING')) return { at: 'PRECEDING', offset };
  cursor.expect('FOLLOWING');
  return { at: 'FOLLOWING', offset };
}

export function parseOrderItems(cursor: Cursor): OrderItem[] {
  return cursor.list(() => {
    const expr = cursor.expression();
    if (cursor.is('COLLATE')) cursor.refuse('COLLATE');
    const isDescending = cursor.accept('DESC');
    if (!isDescending) cursor.accept('ASC');
    const nulls = cursor.accept('NULLS', 'FIRST') ? 'FIRST' : cursor.accept('NULLS', 'LAST') ? 'LAST' : undefined;
    return { expr, isDescending, ...(nulls ? { nulls } : {}) };
  });
}
