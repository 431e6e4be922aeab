import type { TypeNode } from './ast.ts';
import type { Cursor } from './cursor.ts';

/** `INT64`, `ARRAY<STRUCT<a INT64, STRING>>` */
export function parseType(cursor: Cursor): TypeNode {
  const name = cursor.next().text.toUpperCase();
  if (name === 'ARRAY') {
    cursor.expectSymbol('<');
    const element = parseType(cursor);
    cursor.expectSymbol('>');
    return { name, element };
  }
  if (name === 'STRUCT') {
    cursor.expectSymbol('<');
    const fields = cursor.list(() => {
      // A field is `name TYPE` or a TYPE alone.
      const isNamed = cursor.peek(1).kind === 'name' || cursor.peek(1).kind === 'quoted';
      return { name: isNamed ? cursor.next().text : '', type: parseType(cursor) };
    });
    cursor.expectSymbol('>');
    return { name, fields };
  }
  if (cursor.isSymbol('(')) cursor.refuse(`Type ${name} with parameters`);
  return { name };
}
