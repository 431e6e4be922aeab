import { arrayOf, scalar } from '../../../values/types.ts';
import { coerce, supertype } from '../coercion.ts';
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
const text = (...rest: Parameters<typeof fixed>): FunctionBinder => fixed(...rest);

const hash = (duckDb: string): FunctionBinder =>
  overloaded(
    [firstIs('BYTES'), fixed(['BYTES'], 'BYTES', (sql) => `unhex(${duckDb}(${sql}))`)],
    [firstBecomes('STRING'), fixed(['STRING'], 'BYTES', (sql) => `unhex(${duckDb}(${sql}))`)],
  );

const concat: FunctionBinder = (args, _context, name) => {
  const type = supertype(args, name);
  if (type.kind !== 'STRING' && type.kind !== 'BYTES') {
    // CONCAT casts other scalars to text by itself.
    throw noSignature(name, args);
  }
  return { sql: `(${args.map((arg) => coerce(arg, type, name).sql).join(' || ')})`, type };
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
  const checked = `CASE WHEN ${length} < 0 THEN raise_integer('Third argument in SUBSTR() cannot be negative') ELSE ${length} END`;
  return `substring(${sql}, ${start}, ${checked})`;
}

const regexpExtract: FunctionBinder = (args, _context, name) => {
  const [value, pattern] = args;
  if (!value || !pattern || args.length > 2) throw noSignature(name, args);
  const sql = coerce(value, STRING, name).sql;
  const regex = coerce(pattern, STRING, name).sql;
  // One group: its text; none: the whole match. DuckDB answers '' where GoogleSQL answers NULL.
  const group = `CASE WHEN regexp_matches(${regex}, '(^|[^\\\\])\\((?!\\?)') THEN 1 ELSE 0 END`.replace(
    '(?!\\?)',
    '([^?]|\\?P<)',
  );
  return { sql: `list_extract(regexp_extract_all(${sql}, ${regex}, ${group}), 1)`, type: STRING };
};

const regexpExtractAll: FunctionBinder = (args, _context, name) => {
  const [value, pattern] = args;
  if (!value || !pattern || args.length > 2) throw noSignature(name, args);
  const regex = coerce(pattern, STRING, name).sql;
  const group = `CASE WHEN regexp_matches(${regex}, '(^|[^\\\\])\\(([^?]|\\?P<)') THEN 1 ELSE 0 END`;
  return { sql: `regexp_extract_all(${coerce(value, STRING, name).sql}, ${regex}, ${group})`, type: arrayOf(STRING) };
};

const length: FunctionBinder = overloaded(
  [firstIs('BYTES'), fixed(['BYTES'], 'INT64', (sql) => `octet_length(${sql})`)],
  [firstBecomes('STRING'), fixed(['STRING'], 'INT64', (sql) => `length(${sql})`)],
);

const byteLength: FunctionBinder = overloaded(
  [firstIs('BYTES'), fixed(['BYTES'], 'INT64', (sql) => `octet_length(${sql})`)],
  [firstBecomes('STRING'), fixed(['STRING'], 'INT64', (sql) => `strlen(${sql})`)],
);

const pad = (duckDb: 'lpad' | 'rpad'): FunctionBinder =>
  fixed(
    ['STRING', 'INT64', 'STRING?'],
    'STRING',
    (sql, size, filler = "' '") => `${duckDb}(${sql}, CAST(${size} AS INTEGER), ${filler})`,
  );

const format: FunctionBinder = (args) => {
  const [pattern, ...values] = args;
  const match = /^'((?:[^']|'')*)'$/.exec(pattern?.sql ?? '');
  if (!match) throw unsupported('FORMAT with a pattern that is not a constant');
  const parts = (match[1] ?? '').split(/(%(?:0?\d*)?[sdtT%])/);
  let next = 0;
  const pieces = parts.filter(Boolean).map((part) => {
    if (part === '%%') return "'%'";
    const spec = /^%(0?)(\d*)([sdtT])$/.exec(part);
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
    return `CASE WHEN length(${shown}) >= ${spec[2]} THEN ${shown} ELSE lpad(${shown}, ${spec[2]}, '${spec[1] === '0' ? '0' : ' '}') END`;
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
  LEFT: text(['STRING', 'INT64'], 'STRING', (sql, count) => `left(${sql}, ${count})`),
  RIGHT: text(['STRING', 'INT64'], 'STRING', (sql, count) => `right(${sql}, ${count})`),
  REPLACE: text(
    ['STRING', 'STRING', 'STRING'],
    'STRING',
    (sql, from, to) => `CASE WHEN ${from} = '' THEN ${sql} ELSE replace(${sql}, ${from}, ${to}) END`,
  ),
  REVERSE: text(['STRING'], 'STRING', (sql) => `reverse(${sql})`),
  REPEAT: text(['STRING', 'INT64'], 'STRING', (sql, count) => `repeat(${sql}, ${count})`),
  STARTS_WITH: text(['STRING', 'STRING'], 'BOOL', (sql, prefix) => `starts_with(${sql}, ${prefix})`),
  ENDS_WITH: text(['STRING', 'STRING'], 'BOOL', (sql, suffix) => `ends_with(${sql}, ${suffix})`),
  STRPOS: text(['STRING', 'STRING'], 'INT64', (sql, part) => `strpos(${sql}, ${part})`),
  INSTR: text(['STRING', 'STRING'], 'INT64', (sql, part) => `strpos(${sql}, ${part})`),
  CONTAINS_SUBSTR: text(
    ['STRING', 'STRING'],
    'BOOL',
    (sql, part) => `contains(lower(nfc_normalize(${sql})), lower(nfc_normalize(${part})))`,
  ),
  LPAD: pad('lpad'),
  RPAD: pad('rpad'),
  SPLIT: fixed(
    ['STRING', 'STRING?'],
    arrayOf(STRING),
    (sql, separator = "','") => `CASE WHEN ${sql} = '' THEN [''] ELSE string_split(${sql}, ${separator}) END`,
  ),
  REGEXP_CONTAINS: text(['STRING', 'STRING'], 'BOOL', (sql, regex) => `regexp_matches(${sql}, ${regex})`),
  REGEXP_EXTRACT: regexpExtract,
  REGEXP_EXTRACT_ALL: regexpExtractAll,
  REGEXP_REPLACE: text(
    ['STRING', 'STRING', 'STRING'],
    'STRING',
    (sql, regex, to) => `regexp_replace(${sql}, ${regex}, ${to}, 'g')`,
  ),
  FORMAT: format,
  SHA256: hash('sha256'),
  SHA1: hash('sha1'),
  MD5: hash('md5'),
  TO_HEX: fixed(['BYTES'], 'STRING', (sql) => `lower(hex(${sql}))`),
  FROM_HEX: fixed(['STRING'], 'BYTES', (sql) => `unhex(${sql})`),
  TO_BASE64: fixed(['BYTES'], 'STRING', (sql) => `to_base64(${sql})`),
  FROM_BASE64: fixed(['STRING'], 'BYTES', (sql) => `from_base64(${sql})`),
};
