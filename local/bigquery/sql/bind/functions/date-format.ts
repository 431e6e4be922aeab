import { unsupported, type Bound } from '../scope.ts';

/** Elements that GoogleSQL and DuckDB write the same, and those that one spells out for the other. */
const ELEMENTS: Readonly<Record<string, string>> = {
  Y: '%Y',
  m: '%m',
  d: '%d',
  H: '%H',
  M: '%M',
  S: '%S',
  y: '%y',
  j: '%j',
  b: '%b',
  h: '%b',
  B: '%B',
  a: '%a',
  A: '%A',
  I: '%I',
  p: '%p',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  '%': '%%',
  n: '\n',
  t: '\t',
};
/** `%e` pads with a space, which DuckDB only reads. */
const ONLY_FORMATTED = new Set(['j', 'n', 't']);

/** The pattern of a FORMAT_ or PARSE_ function, which must be a constant, as DuckDB's strftime and strptime read it. */
export function formatPattern(pattern: Bound, use: 'format' | 'parse'): string {
  const text = /^'((?:[^']|'')*)'$/.exec(pattern.sql)?.[1];
  if (text === undefined) throw unsupported('A date format that is not a constant');
  const translated = text.replace(/%(E[0-9*]S|.)/gs, (whole, element: string) => {
    const duckDb = ELEMENTS[element];
    if (!duckDb || (use === 'parse' && ONLY_FORMATTED.has(element))) throw unsupported(`Date format element ${whole}`);
    return duckDb;
  });
  return `'${translated}'`;
}
