import { arrayOf, scalar, typeName } from '../../../values/types.ts';
import { cast, coerce, isNumber, supertype } from '../coercion.ts';
import { nullOf } from '../literals.ts';
import { unsupported, type Bound } from '../scope.ts';
import { fixed, noSignature, type FunctionBinder, type FunctionTable } from './signature.ts';

const nullArray = cast(nullOf(), arrayOf(scalar('INT64')), false);

const ofArray =
  (emit: (sql: string) => string, result?: (array: Bound) => Bound['type']): FunctionBinder =>
  (args, _context, name) => {
    const array = args[0]?.type.kind === 'NULL' ? nullArray : args[0];
    if (!array || args.length > 1 || array.type.kind !== 'ARRAY') throw noSignature(name, args);
    return { sql: emit(array.sql), type: result ? result(array) : array.type };
  };

const arrayConcat: FunctionBinder = (args, _context, name) => {
  if (args.length === 0) throw noSignature(name, args);
  const type = supertype(args, name);
  if (type.kind !== 'ARRAY') throw noSignature(name, args);
  return { sql: `(${args.map((arg) => coerce(arg, type, name).sql).join(' || ')})`, type };
};

const arrayToString: FunctionBinder = (args, _context, name) => {
  const [array, separator, nullText] = args;
  const element = array?.type.kind === 'ARRAY' ? array.type.element.kind : undefined;
  if (element === 'BYTES') throw unsupported(`${name} of BYTES`);
  if (!array || !separator || args.length > 3 || (element !== 'STRING' && element !== 'NULL')) {
    throw noSignature(name, args);
  }
  const by = coerce(separator, scalar('STRING'), name).sql;
  const items = nullText
    ? `list_transform(${array.sql}, lambda e: coalesce(e, ${coerce(nullText, scalar('STRING'), name).sql}))`
    : `list_filter(${array.sql}, lambda e: e IS NOT NULL)`;
  return {
    sql: `CASE WHEN len(${array.sql}) = 0 THEN '' ELSE coalesce(array_to_string(${items}, ${by}), CASE WHEN ${array.sql} IS NOT NULL THEN '' END) END`,
    type: scalar('STRING'),
  };
};

const generateArray: FunctionBinder = (args, _context, name) => {
  const type = supertype(args, name);
  if (isNumber(type) && type.kind !== 'INT64') throw unsupported(`${name} of ${type.kind}`);
  if (args.length < 2 || args.length > 3 || type.kind !== 'INT64') throw noSignature(name, args);
  const [from, to, step = 'CAST(1 AS BIGINT)'] = args.map((arg) => coerce(arg, type, name).sql);
  return {
    sql: `CASE WHEN ${step} = 0 THEN error('Sequence step cannot be 0.') ELSE generate_series(${from}, ${to}, ${step}) END`,
    type: arrayOf(type),
  };
};

const generateDates: FunctionBinder = (args, _context, name) => {
  const [from, to, step] = args;
  if (!from || !to || args.length > 3 || (step && step.type.kind !== 'INTERVAL')) throw noSignature(name, args);
  const DATE = scalar('DATE');
  const [start, end] = [coerce(from, DATE, name).sql, coerce(to, DATE, name).sql];
  const series = `generate_series(CAST(${start} AS TIMESTAMP), CAST(${end} AS TIMESTAMP), ${step?.sql ?? 'to_days(1)'})`;
  return { sql: `list_transform(${series}, lambda e: CAST(e AS DATE))`, type: arrayOf(DATE) };
};

const arrayIncludes: FunctionBinder = (args, _context, name) => {
  const [array, item] = args;
  if (!array || !item || array.type.kind !== 'ARRAY') throw noSignature(name, args);
  const type = supertype([item, { sql: '', type: array.type.element }], name);
  return {
    sql: `list_contains(${cast(array, arrayOf(type), false).sql}, ${coerce(item, type).sql})`,
    type: scalar('BOOL'),
  };
};

const first =
  (index: 1 | -1): FunctionBinder =>
  (args, _context, name) => {
    const [array] = args;
    if (!array || args.length > 1 || array.type.kind !== 'ARRAY') throw noSignature(name, args);
    const empty = `error('${name} of an empty ${typeName(array.type)}')`;
    return {
      sql: `CASE WHEN len(${array.sql}) = 0 THEN ${empty} ELSE list_extract(${array.sql}, ${index}) END`,
      type: array.type.element,
    };
  };

export const ARRAYS: FunctionTable = {
  ARRAY_LENGTH: ofArray(
    (sql) => `len(${sql})`,
    () => scalar('INT64'),
  ),
  ARRAY_REVERSE: ofArray((sql) => `list_reverse(${sql})`),
  ARRAY_CONCAT: arrayConcat,
  ARRAY_TO_STRING: arrayToString,
  ARRAY_INCLUDES: arrayIncludes,
  ARRAY_FIRST: first(1),
  ARRAY_LAST: first(-1),
  GENERATE_ARRAY: generateArray,
  GENERATE_DATE_ARRAY: generateDates,
  GENERATE_UUID: fixed([], 'STRING', () => 'CAST(uuid() AS VARCHAR)'),
};
