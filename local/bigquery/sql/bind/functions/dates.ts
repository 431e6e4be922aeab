import { scalar, type ScalarKind } from '../../../values/types.ts';
import { cast, coerce } from '../coercion.ts';
import { constant } from '../literals.ts';
import { invalid, unsupported, type Bound } from '../scope.ts';
import { formatted as formattedBy, parsePattern } from './date-format.ts';
import {
  firstBecomes,
  firstIs,
  fixed,
  noSignature,
  overloaded,
  type FunctionBinder,
  type FunctionTable,
} from './signature.ts';

const DATE = scalar('DATE');
const TIMESTAMP = scalar('TIMESTAMP');
const DATETIME = scalar('DATETIME');
const STRING = scalar('STRING');
const INT64 = scalar('INT64');

/** Civil time of an instant in a zone, and back. DuckDB knows the zones of ICU. */
const civil = (instant: string, zone?: string): string =>
  zone ? `timezone(${zone}, timezone('UTC', ${instant}))` : instant;
const instantOf = (local: string, zone?: string): string => (zone ? `t_instant(${local}, ${zone})` : local);

function zoneOf(zone: Bound | undefined, name: string): string | undefined {
  if (!zone) return undefined;
  const { sql } = coerce(zone, STRING, name);
  if (/^'[+-]/.test(sql)) throw unsupported('A time zone written as an offset');
  return sql;
}

const dateFunction: FunctionBinder = overloaded(
  [firstIs('INT64'), fixed(['INT64', 'INT64', 'INT64'], 'DATE', (y, m, d) => `d_check(make_date(${y}, ${m}, ${d}))`)],
  [firstIs('TIMESTAMP'), fixed(['TIMESTAMP', 'STRING?'], 'DATE', (sql, zone) => `CAST(${civil(sql, zone)} AS DATE)`)],
  [firstIs('DATETIME'), fixed(['DATETIME'], 'DATE', (sql) => `CAST(${sql} AS DATE)`)],
  [firstIs('STRING'), fixed(['STRING'], 'DATE', (sql) => `d_parse(${sql})`)],
  [firstBecomes('DATE'), fixed(['DATE'], 'DATE', (sql) => sql)],
);

const timestampFunction: FunctionBinder = (args, _context, name) => {
  const [value, zone] = args;
  if (!value || args.length > 2) throw noSignature(name, args);
  const local =
    value.type.kind === 'STRING'
      ? `t_parse(${value.sql})`
      : coerce(value, DATETIMES.has(value.type.kind) ? value.type : TIMESTAMP, name).sql;
  if (value.type.kind === 'STRING' && zone) throw unsupported('TIMESTAMP(string, zone)');
  const instant = value.type.kind === 'DATE' ? `CAST(${local} AS TIMESTAMP)` : local;
  return { sql: instantOf(instant, zoneOf(zone, name)), type: TIMESTAMP };
};
const DATETIMES = new Set(['DATE', 'DATETIME', 'TIMESTAMP']);

const datetimeFunction: FunctionBinder = (args, _context, name) => {
  const [value, second] = args;
  if (value && args.length === 6 && value.type.kind === 'INT64') {
    const parts = args.map((arg) => coerce(arg, INT64, name).sql);
    return { sql: `make_timestamp(${parts.join(', ')})`, type: DATETIME };
  }
  if (!value || args.length > 2 || !DATETIMES.has(value.type.kind)) throw noSignature(name, args);
  if (value.type.kind === 'DATE' && second?.type.kind === 'TIME')
    return { sql: `(${value.sql} + ${second.sql})`, type: DATETIME };
  if (value.type.kind !== 'TIMESTAMP' && second) throw noSignature(name, args);
  const sql = value.type.kind === 'DATE' ? `CAST(${value.sql} AS TIMESTAMP)` : value.sql;
  return { sql: civil(sql, zoneOf(second, name)), type: DATETIME };
};

const formatted =
  (kind: ScalarKind): FunctionBinder =>
  (args, _context, name) => {
    const [pattern, value, zone] = args;
    if (!pattern || !value || args.length > (kind === 'TIMESTAMP' ? 3 : 2)) throw noSignature(name, args);
    const moment = coerce(value, scalar(kind), name).sql;
    return { sql: formattedBy(pattern, civil(moment, zoneOf(zone, name))), type: STRING };
  };

const parsed =
  (kind: 'DATE' | 'TIMESTAMP' | 'DATETIME'): FunctionBinder =>
  (args, _context, name) => {
    const [pattern, value, zone] = args;
    if (!pattern || !value || args.length > (kind === 'TIMESTAMP' ? 3 : 2)) throw noSignature(name, args);
    const moment = `strptime(${coerce(value, STRING, name).sql}, ${parsePattern(pattern)})`;
    const sql = kind === 'DATE' ? `CAST(${moment} AS DATE)` : instantOf(moment, zoneOf(zone, name));
    return { sql, type: scalar(kind) };
  };

const shifted =
  (kind: 'DATE' | 'TIMESTAMP' | 'DATETIME', op: '+' | '-'): FunctionBinder =>
  (args, _context, name) => {
    const [value, interval] = args;
    if (!value || interval?.type.kind !== 'INTERVAL' || args.length > 2) throw noSignature(name, args);
    const unit = /^to_(\w+?)s\(/.exec(interval.sql)?.[1] ?? '';
    const isTime = ['hour', 'minute', 'second', 'millisecond', 'microsecond'].includes(unit);
    if ((kind === 'DATE' && isTime) || (kind === 'TIMESTAMP' && !isTime && unit !== 'day')) {
      throw invalid(`${name} does not support the ${unit.toUpperCase()} date part`);
    }
    const moved = `(${coerce(value, scalar(kind), name).sql} ${op} ${interval.sql})`;
    return { sql: kind === 'DATE' ? `d_check(CAST(${moved} AS DATE))` : `t_check(${moved})`, type: scalar(kind) };
  };

const MICROSECONDS: Readonly<Record<string, number>> = {
  MICROSECOND: 1,
  MILLISECOND: 1_000,
  SECOND: 1_000_000,
  MINUTE: 60_000_000,
  HOUR: 3_600_000_000,
  DAY: 86_400_000_000,
};

/** TIMESTAMP_DIFF counts whole units, the DIFFs of civil dates count borders crossed. */
const instantDifference: FunctionBinder = (args, { part = '' }, name) => {
  const [later, earlier] = args.map((arg) => coerce(arg, TIMESTAMP, name).sql);
  const unit = MICROSECONDS[part];
  if (!later || !earlier || args.length !== 2) throw noSignature(name, args);
  if (!unit) throw invalid(`${name} does not support the ${part} date part`);
  return { sql: `CAST(trunc_div(epoch_us(${later}) - epoch_us(${earlier}), ${unit}) AS BIGINT)`, type: INT64 };
};

/** DuckDB's weeks start on Monday, as ISOWEEK; GoogleSQL's WEEK starts on Sunday. */
const weekStart = (sql: string, part: 'WEEK' | 'ISOWEEK'): string =>
  part === 'ISOWEEK' ? `date_trunc('week', ${sql})` : `(date_trunc('week', ${sql} + to_days(1)) - to_days(1))`;

const civilDifference =
  (kind: 'DATE' | 'DATETIME'): FunctionBinder =>
  (args, { part = '' }, name) => {
    const [later, earlier] = args.map((arg) => coerce(arg, scalar(kind), name).sql);
    if (!later || !earlier || args.length !== 2) throw noSignature(name, args);
    const units =
      kind === 'DATE'
        ? ['DAY', 'WEEK', 'ISOWEEK', 'MONTH', 'QUARTER', 'YEAR']
        : [...Object.keys(MICROSECONDS), 'WEEK', 'ISOWEEK', 'MONTH', 'QUARTER', 'YEAR'];
    if (!units.includes(part)) throw unsupported(`${name} by ${part}`);
    if (part === 'WEEK' || part === 'ISOWEEK') {
      const days = `date_diff('day', ${weekStart(earlier, part)}, ${weekStart(later, part)})`;
      return { sql: `(${days} // 7)`, type: INT64 };
    }
    return { sql: `date_diff('${part.toLowerCase()}', ${earlier}, ${later})`, type: INT64 };
  };

const TRUNCATED = new Set([...Object.keys(MICROSECONDS), 'WEEK', 'ISOWEEK', 'MONTH', 'QUARTER', 'YEAR']);

const truncated =
  (kind: 'DATE' | 'TIMESTAMP' | 'DATETIME'): FunctionBinder =>
  (args, { part = '' }, name) => {
    const [value, zone] = args;
    if (!value || args.length > 2 || !TRUNCATED.has(part)) throw unsupported(`${name} to ${part || 'this part'}`);
    // Each of the three takes all three types.
    const type = DATETIMES.has(value.type.kind) ? value.type : scalar(kind);
    if (zone && (type.kind !== 'TIMESTAMP' || MICROSECONDS[part] !== MICROSECONDS['DAY']) && part in MICROSECONDS) {
      throw unsupported(`${name} to ${part} in a time zone`);
    }
    const sql = civil(coerce(value, type, name).sql, zoneOf(zone, name));
    const floor =
      part === 'WEEK' || part === 'ISOWEEK' ? weekStart(sql, part) : `date_trunc('${part.toLowerCase()}', ${sql})`;
    if (type.kind === 'DATE') return { sql: `CAST(${floor} AS DATE)`, type };
    return { sql: instantOf(`CAST(${floor} AS TIMESTAMP)`, zoneOf(zone, name)), type };
  };

const EXTRACTED: Readonly<Record<string, (sql: string) => string>> = {
  YEAR: (sql) => `year(${sql})`,
  QUARTER: (sql) => `quarter(${sql})`,
  MONTH: (sql) => `month(${sql})`,
  DAY: (sql) => `day(${sql})`,
  DAYOFYEAR: (sql) => `dayofyear(${sql})`,
  DAYOFWEEK: (sql) => `dayofweek(${sql}) + 1`,
  ISOWEEK: (sql) => `week(${sql})`,
  ISOYEAR: (sql) => `isoyear(${sql})`,
  HOUR: (sql) => `hour(${sql})`,
  MINUTE: (sql) => `minute(${sql})`,
  SECOND: (sql) => `second(${sql})`,
  MILLISECOND: (sql) => `millisecond(${sql}) % 1000`,
  MICROSECOND: (sql) => `microsecond(${sql}) % 1000000`,
};

const extract: FunctionBinder = ([value, zone], { part = '' }, name) => {
  if (!value || !['DATE', 'DATETIME', 'TIMESTAMP', 'TIME'].includes(value.type.kind))
    throw noSignature(name, value ? [value] : []);
  if (zone && value.type.kind !== 'TIMESTAMP') throw invalid('EXTRACT ... AT TIME ZONE needs a TIMESTAMP');
  const local = civil(value.sql, zoneOf(zone, name));
  if (part === 'DATE' && value.type.kind !== 'TIME') return { sql: `CAST(${local} AS DATE)`, type: DATE };
  if (part === 'TIME') return { sql: `CAST(${local} AS TIME)`, type: scalar('TIME') };
  const emit = EXTRACTED[part];
  if (!emit) throw unsupported(`EXTRACT of ${part}`);
  return { sql: `CAST(${emit(local)} AS BIGINT)`, type: INT64 };
};

const lastDay: FunctionBinder = (args, { part = 'MONTH' }, name) => {
  const [value] = args;
  if (!value || args.length !== 1 || part !== 'MONTH') throw unsupported(`${name} of ${part}`);
  return { sql: `last_day(${cast(value, DATE, false).sql})`, type: DATE };
};

const now =
  (kind: 'TIMESTAMP' | 'DATE' | 'DATETIME'): FunctionBinder =>
  (args, { binder }, name) => {
    const instant = constant('TIMESTAMP', binder.request.now.toISOString()).sql;
    const local = civil(instant, zoneOf(args[0], name));
    return { sql: kind === 'DATE' ? `CAST(${local} AS DATE)` : local, type: scalar(kind) };
  };

const epoch = (unit: number): FunctionBinder =>
  fixed(['INT64'], 'TIMESTAMP', (sql) => `t_check(make_timestamp(CAST(${sql} * ${unit} AS BIGINT)))`);
const sinceEpoch = (unit: number): FunctionBinder =>
  fixed(['TIMESTAMP'], 'INT64', (sql) => `CAST(floor_div(epoch_us(${sql}), ${unit}) AS BIGINT)`);

export const DATES: FunctionTable = {
  DATE: dateFunction,
  TIMESTAMP: timestampFunction,
  DATETIME: datetimeFunction,
  FORMAT_DATE: formatted('DATE'),
  FORMAT_TIMESTAMP: formatted('TIMESTAMP'),
  FORMAT_DATETIME: formatted('DATETIME'),
  PARSE_DATE: parsed('DATE'),
  PARSE_TIMESTAMP: parsed('TIMESTAMP'),
  PARSE_DATETIME: parsed('DATETIME'),
  DATE_ADD: shifted('DATE', '+'),
  DATE_SUB: shifted('DATE', '-'),
  TIMESTAMP_ADD: shifted('TIMESTAMP', '+'),
  TIMESTAMP_SUB: shifted('TIMESTAMP', '-'),
  DATETIME_ADD: shifted('DATETIME', '+'),
  DATETIME_SUB: shifted('DATETIME', '-'),
  DATE_DIFF: civilDifference('DATE'),
  DATETIME_DIFF: civilDifference('DATETIME'),
  TIMESTAMP_DIFF: instantDifference,
  DATE_TRUNC: truncated('DATE'),
  TIMESTAMP_TRUNC: truncated('TIMESTAMP'),
  DATETIME_TRUNC: truncated('DATETIME'),
  EXTRACT: extract,
  LAST_DAY: lastDay,
  CURRENT_TIMESTAMP: now('TIMESTAMP'),
  CURRENT_DATE: now('DATE'),
  CURRENT_DATETIME: now('DATETIME'),
  TIMESTAMP_SECONDS: epoch(1_000_000),
  TIMESTAMP_MILLIS: epoch(1_000),
  TIMESTAMP_MICROS: epoch(1),
  UNIX_SECONDS: sinceEpoch(1_000_000),
  UNIX_MILLIS: sinceEpoch(1_000),
  UNIX_MICROS: sinceEpoch(1),
  UNIX_DATE: fixed(['DATE'], 'INT64', (sql) => `date_diff('day', DATE '1970-01-01', ${sql})`),
  DATE_FROM_UNIX_DATE: fixed(
    ['INT64'],
    'DATE',
    (sql) => `d_check(CAST(DATE '1970-01-01' + to_days(CAST(${sql} AS INTEGER)) AS DATE))`,
  ),
  STRING: (args, _context, name) => {
    const [value, zone] = args;
    if (!value || zone || !['TIMESTAMP', 'DATE', 'DATETIME', 'TIME'].includes(value.type.kind))
      throw unsupported(`${name} of this`);
    return cast(value, STRING, false);
  },
};
