import { arrayOf, scalar } from '../../../values/types.ts';
import { checkedRewrite, extractedGroup } from '../../../values/regex.ts';
import { cast, coerce } from '../coercion.ts';
import { invalid, unsupported } from '../scope.ts';
import {
  firstBecomes,
  firstIs,
  fixed,
  noSignature,
  overloaded,
  type FunctionBinder,
  type FunctionTable,
} from './signature.ts';

const STRING = scalar('STRING');

/** A function of text only; BYTES are refused rather than read as text. */
const text = (...rest: Parameters<typeof fixed>): FunctionBinder => {
  const bind = fixed(...rest);
  return (args, context, name) => {
    if (args.some(({ type }) => type.kind === 'BYTES')) throw unsupported(`${name} of BYTES`);
    return bind(args, context, name);
  };
};

/** A count that must not be negative. */
const counted = (count: string, name: string): string =>
  `CASE WHEN ${count} < 0 THEN raise_integer('${name} takes no negative length') WHEN ${count} > 4294967295 THEN 4294967295 ELSE ${count} END`;

const hash = (duckDb: string): FunctionBinder =>
  overloaded(
    [firstIs('BYTES'), fixed(['BYTES'], 'BYTES', (sql) => `unhex(${duckDb}(${sql}))`)],
    [firstBecomes('STRING'), fixed(['STRING'], 'BYTES', (sql) => `unhex(${duckDb}(${sql}))`)],
  );

const concat: FunctionBinder = (args, _context, name) => {
  if (args.length === 0) throw noSignature(name, args);
  if (args.some(({ type }) => type.kind === 'BYTES')) {
    const BYTES = scalar('BYTES');
    return { sql: `(${args.map((arg) => coerce(arg, BYTES, name).sql).join(' || ')})`, type: BYTES };
  }
  // CONCAT casts other scalars to text by itself.
  return { sql: `(${args.map((arg) => cast(arg, STRING, false).sql).join(' || ')})`, type: STRING };
};

/** TRIM, LTRIM, RTRIM: without characters to take off, Unicode white space goes. */
const trim = (side: 'both' | 'left' | 'right'): FunctionBinder => {
  const space = '[\\\\p{Z}\\\\x09-\\\\x0D\\\\x1C-\\\\x1F\\\\x{85}]+'.replaceAll('\\\\', '\\');
  const pattern = { both: `^${space}|${space}$`, left: `^${space}`, right: `${space}$` }[side];
  const duckDb = { both: 'trim', left: 'ltrim', right: 'rtrim' }[side];
  return fixed(['STRING', 'STRING?'], 'STRING', (sql, characters) =>
    characters === undefined ? `regexp_replace(${sql}, '${pattern}', '', 'g')` : `${duckDb}(${sql}, ${characters})`,
  );
};

/** SUBSTR: positions count characters from 1, from the end when negative; 0 is 1. */
function substring(sql: string, position: string, length?: string): string {
  const start = `CASE WHEN ${position} > 0 THEN ${position} WHEN ${position} = 0 OR -${position} > length(${sql}) THEN 1 ELSE length(${sql}) + ${position} + 1 END`;
  if (length === undefined) return `substring(${sql}, ${start})`;
  return `substring(${sql}, ${start}, ${counted(length, 'SUBSTR')})`;
}

/** The group that an extraction answers, DuckDB's third argument; a bad constant pattern is an error of the statement. */
function groupOf(pattern: string): string {
  const text = constantOf(pattern);
  return text === undefined ? `CAST(re_group(${pattern}) AS INTEGER)` : String(checked(() => extractedGroup(text)));
}

const constantOf = (sql: string): string | undefined => /^'((?:[^']|'')*)'$/.exec(sql)?.[1]?.replaceAll("''", "'");

function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (err) {
    throw invalid((err as Error).message);
  }
}

const regexpExtractAll: FunctionBinder = (args, _context, name) => {
  const [value, pattern] = args;
  if (!value || !pattern) throw noSignature(name, args);
  if (args.length > 2) throw unsupported(`${name} with a position`);
  if (value.type.kind === 'BYTES') throw unsupported(`${name} of BYTES`);
  const regex = coerce(pattern, STRING, name).sql;
  const sql = `regexp_extract_all(${coerce(value, STRING, name).sql}, ${regex}, ${groupOf(regex)})`;
  return { sql, type: arrayOf(STRING) };
};

// Nothing found is an empty list, the first of which is NULL; DuckDB's own regexp_extract answers ''.
const regexpExtract: FunctionBinder = (args, context, name) => ({
  sql: `list_extract(${regexpExtractAll(args, context, name).sql}, 1)`,
  type: STRING,
});

function regexpReplace(sql: string, regex: string, rewrite: string): string {
  const [pattern, text] = [constantOf(regex), constantOf(rewrite)];
  if (pattern === undefined || text === undefined)
    return `regexp_replace(${sql}, ${regex}, re_rewrite(${regex}, ${rewrite}), 'g')`;
  checked(() => checkedRewrite(pattern, text));
  return `regexp_replace(${sql}, ${regex}, ${rewrite}, 'g')`;
}

const length: FunctionBinder = overloaded(
  [firstIs('BYTES'), fixed(['BYTES'], 'INT64', (sql) => `octet_length(${sql})`)],
  [firstBecomes('STRING'), fixed(['STRING'], 'INT64', (sql) => `length(${sql})`)],
);

const byteLength: FunctionBinder = overloaded(
  [firstIs('BYTES'), fixed(['BYTES'], 'INT64', (sql) => `octet_length(${sql})`)],
  [firstBecomes('STRING'), fixed(['STRING'], 'INT64', (sql) => `strlen(${sql})`)],
);

const pad = (duckDb: 'lpad' | 'rpad'): FunctionBinder =>
  text(
    ['STRING', 'INT64', 'STRING?'],
    'STRING',
    (sql, size, filler = "' '") =>
      `${duckDb}(${sql}, CAST(${counted(size, duckDb.toUpperCase())} AS INTEGER), ${filler})`,
  );

const format: FunctionBinder = (args) => {
  const [pattern, ...values] = args;
  const match = /^'((?:[^']|'')*)'$/.exec(pattern?.sql ?? '');
  if (!match) throw unsupported('FORMAT with a pattern that is not a constant');
  const parts = (match[1] ?? '').split(/(%(?:0?\d*)?[sdt%])/);
  let next = 0;
  const pieces = parts.filter(Boolean).map((part) => {
    if (part === '%%') return "'%'";
    const spec = /^%(0?)(\d*)([sdt])$/.exec(part);
    if (!spec) {
      if (part.includes('%')) throw unsupported(`FORMAT specifier in ${part}`);
      return `'${part}'`;
    }
    const value = values[next++];
    if (!value) throw invalid('Too few arguments to FORMAT');
    if (spec[3] === 'd' ? value.type.kind !== 'INT64' : value.type.kind !== 'STRING') {
      throw unsupported(`FORMAT %${spec[3]} of ${value.type.kind}`);
    }
    const shown = `CAST(${value.sql} AS VARCHAR)`;
    if (!spec[2]) return shown;
    const padded = (digits: string, size: number, filler: string): string =>
      `CASE WHEN length(${digits}) >= ${size} THEN ${digits} ELSE lpad(${digits}, ${size}, '${filler}') END`;
    const size = Number(spec[2]);
    if (spec[3] !== 'd' || spec[1] !== '0') return padded(shown, size, ' ');
    // Zeros go between the sign and the digits.
    return `CASE WHEN ${value.sql} < 0 THEN '-' || ${padded(`substring(${shown}, 2)`, size - 1, '0')} ELSE ${padded(shown, size, '0')} END`;
  });
  if (next < values.length) throw invalid('Too many arguments to FORMAT');
  return { sql: pieces.length === 0 ? "''" : `(${pieces.join(' || ')})`, type: STRING };
};

export const STRINGS: FunctionTable = {
  CONCAT: concat,
  LOWER: text(['STRING'], 'STRING', (sql) => `lower(${sql})`),
  UPPER: text(['STRING'], 'STRING', (sql) => `text_upper(${sql})`),
  LENGTH: length,
  CHAR_LENGTH: text(['STRING'], 'INT64', (sql) => `length(${sql})`),
  CHARACTER_LENGTH: text(['STRING'], 'INT64', (sql) => `length(${sql})`),
  BYTE_LENGTH: byteLength,
  OCTET_LENGTH: byteLength,
  TRIM: trim('both'),
  LTRIM: trim('left'),
  RTRIM: trim('right'),
  SUBSTR: text(['STRING', 'INT64', 'INT64?'], 'STRING', substring),
  SUBSTRING: text(['STRING', 'INT64', 'INT64?'], 'STRING', substring),
  LEFT: text(['STRING', 'INT64'], 'STRING', (sql, count) => `left(${sql}, ${counted(count, 'LEFT')})`),
  RIGHT: text(['STRING', 'INT64'], 'STRING', (sql, count) => `right(${sql}, ${counted(count, 'RIGHT')})`),
  REPLACE: text(
    ['STRING', 'STRING', 'STRING'],
    'STRING',
    (sql, from, to) => `CASE WHEN ${from} = '' THEN ${sql} ELSE replace(${sql}, ${from}, ${to}) END`,
  ),
  REVERSE: text(['STRING'], 'STRING', (sql) => `reverse(${sql})`),
  REPEAT: text(['STRING', 'INT64'], 'STRING', (sql, count) => `repeat(${sql}, ${counted(count, 'REPEAT')})`),
  STARTS_WITH: text(['STRING', 'STRING'], 'BOOL', (sql, prefix) => `starts_with(${sql}, ${prefix})`),
  ENDS_WITH: text(['STRING', 'STRING'], 'BOOL', (sql, suffix) => `ends_with(${sql}, ${suffix})`),
  STRPOS: text(['STRING', 'STRING'], 'INT64', (sql, part) => `strpos(${sql}, ${part})`),
  INSTR: (args, context, name) => {
    if (args.length > 2) throw unsupported(`${name} with a position`);
    return text(['STRING', 'STRING'], 'INT64', (sql, part) => `strpos(${sql}, ${part})`)(args, context, name);
  },
  LPAD: pad('lpad'),
  RPAD: pad('rpad'),
  SPLIT: text(
    ['STRING', 'STRING?'],
    arrayOf(STRING),
    (sql, separator = "','") => `CASE WHEN ${sql} = '' THEN [''] ELSE string_split(${sql}, ${separator}) END`,
  ),
  REGEXP_CONTAINS: text(['STRING', 'STRING'], 'BOOL', (sql, regex) => `regexp_matches(${sql}, ${regex})`),
  REGEXP_EXTRACT: regexpExtract,
  REGEXP_EXTRACT_ALL: regexpExtractAll,
  REGEXP_REPLACE: text(['STRING', 'STRING', 'STRING'], 'STRING', regexpReplace),
  FORMAT: format,
  SHA256: hash('sha256'),
  SHA1: hash('sha1'),
  MD5: hash('md5'),
  TO_HEX: fixed(['BYTES'], 'STRING', (sql) => `lower(hex(${sql}))`),
  FROM_HEX: fixed(['STRING'], 'BYTES', (sql) => `unhex(${sql})`),
  TO_BASE64: fixed(['BYTES'], 'STRING', (sql) => `to_base64(${sql})`),
  FROM_BASE64: fixed(['STRING'], 'BYTES', (sql) => `from_base64(${sql})`),
};
