import { unsupported, type Bound } from '../scope.ts';

/** Elements that GoogleSQL and DuckDB write the same, and those that one spells out for the other. */
const ELEMENTS: Readonly<Record<string, string>> = {
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
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  '%': '%%',
};
const ONLY_FORMATTED: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  u: '%u',
  w: '%w',
  V: '%V',
  G: '%G',
  U: '%U',
  E3S: '%S.%g',
  E6S: '%S.%f',
};
const ONLY_PARSED: Readonly<Record<string, string>> = { Y: '%Y', F: '%Y-%m-%d' };
/** What strftime has no element for; GoogleSQL does not pad a year. */
const COMPUTED: Readonly<Record<string, (moment: string) => string>> = {
  Y: (moment) => `CAST(year(${moment}) AS VARCHAR)`,
  F: (moment) => `CAST(year(${moment}) AS VARCHAR) || strftime(${moment}, '-%m-%d')`,
  Q: (moment) => `CAST(quarter(${moment}) AS VARCHAR)`,
  e: (moment) => `lpad(CAST(day(${moment}) AS VARCHAR), 2, ' ')`,
  'E*S': (moment) => `rtrim(rtrim(strftime(${moment}, '%S.%f'), '0'), '.')`,
};
const ELEMENT = /%(E[0-9*][A-Za-z]|E[A-Za-z]|[\s\S])/g;

/** The pattern of a FORMAT_ function, which must be a constant, applied to a civil time. */
export function formatted(pattern: Bound, moment: string): string {
  const pieces: string[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain) pieces.push(`strftime(${moment}, '${plain}')`);
    plain = '';
  };
  for (const part of constantText(pattern).split(/(%(?:E[0-9*][A-Za-z]|E[A-Za-z]|[\s\S]))/)) {
    const element = part.startsWith('%') ? part.slice(1) : undefined;
    const computed = element === undefined ? undefined : COMPUTED[element];
    if (computed) {
      flush();
      pieces.push(`(${computed(moment)})`);
    } else plain += element === undefined ? part : known({ ...ELEMENTS, ...ONLY_FORMATTED }, element);
  }
  flush();
  return pieces.length === 0 ? `CASE WHEN ${moment} IS NOT NULL THEN '' END` : `(${pieces.join(' || ')})`;
}

/** The pattern of a PARSE_ function, as DuckDB's strptime reads it. */
export function parsePattern(pattern: Bound): string {
  const text = constantText(pattern);
  const elements = [...text.matchAll(ELEMENT)].map(([, element = '']) => element);
  // Without a year strptime starts in 1900, GoogleSQL in 1970.
  if (!elements.some((element) => ['Y', 'F', 'y', 'D', 'x'].includes(element))) {
    throw unsupported('A date format without a year');
  }
  return `'${text.replace(ELEMENT, (_, element: string) => known({ ...ELEMENTS, ...ONLY_PARSED }, element, 'j'))}'`;
}

function known(elements: Readonly<Record<string, string>>, element: string, except?: string): string {
  const found = element === except ? undefined : elements[element];
  if (!found) throw unsupported(`Date format element %${element}`);
  return found;
}

function constantText(pattern: Bound): string {
  const text = /^'((?:[^']|'')*)'$/.exec(pattern.sql)?.[1];
  if (text === undefined) throw unsupported('A date format that is not a constant');
  return text;
}
