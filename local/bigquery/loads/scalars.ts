import type { FieldSchema } from '../contracts.ts';
import { encode, formatDecimal, parseDecimal } from '../values/bignumeric.ts';

/** A value that its column does not take. */
export class ValueError extends Error {}

export type TokenKind = 'string' | 'number' | 'boolean';

/**
 * Turns the text of a value into what DuckDB's JSON reader takes for the column: checked, exact, and in one form.
 * Numbers come as their text, never as doubles.
 */
export type ScalarWriter = (text: string, kind: TokenKind) => string;

const json = (text: string): string => JSON.stringify(text);

export function scalarWriter({ name, type }: FieldSchema): ScalarWriter {
  const write = WRITERS[type];
  if (!write) throw new Error(`No writer for ${type}`);
  return (text, kind) => {
    const written = write(text, kind);
    if (written === undefined)
      throw new ValueError(
        `Could not convert value to ${WORDS[type] ?? type.toLowerCase()}. Field: ${name}; Value: ${text.slice(0, 100)}`,
      );
    return written;
  };
}

const WORDS: Readonly<Record<string, string>> = {
  INTEGER: 'integer',
  FLOAT: 'float',
  BOOLEAN: 'boolean',
  TIMESTAMP: 'timestamp',
};

const WRITERS: Readonly<Record<string, (text: string, kind: TokenKind) => string | undefined>> = {
  STRING: (text) => json(text),
  INTEGER: (text, kind) => (kind === 'boolean' ? undefined : integer(text.trim())),
  FLOAT: (text, kind) => (kind === 'boolean' ? undefined : float(text.trim())),
  BOOLEAN: (text) => boolean(text),
  NUMERIC: (text, kind) => (kind === 'boolean' ? undefined : numeric(text.trim())),
  BIGNUMERIC: (text, kind) => (kind === 'boolean' ? undefined : bignumeric(text.trim())),
  BYTES: (text, kind) => (kind === 'string' ? bytes(text) : undefined),
  DATE: (text, kind) => (kind === 'string' ? date(text) : undefined),
  TIME: (text, kind) => (kind === 'string' ? time(text) : undefined),
  DATETIME: (text, kind) => (kind === 'string' ? datetime(text) : undefined),
  TIMESTAMP: (text, kind) => (kind === 'boolean' ? undefined : timestamp(text)),
  JSON: (text) => json(text),
};

const MAX_INT64 = 2n ** 63n;

function integer(text: string): string | undefined {
  const [, digits] = /^([+-]?\d+)(?:\.0*)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  if (digits.length < 18) return digits.startsWith('+') ? digits.slice(1) : String(Number(digits));
  const value = BigInt(digits.replace('+', ''));
  return value >= -MAX_INT64 && value < MAX_INT64 ? String(value) : undefined;
}

/** Short enough to be finite, and JSON as it stands. */
const PLAIN_FLOAT = /^-?(?:0|[1-9]\d{0,99})(?:\.\d+)?$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function float(text: string): string | undefined {
  if (PLAIN_FLOAT.test(text)) return text;
  if (FLOAT.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? String(value) : undefined;
  }
  const [, sign, word] = /^([+-]?)(nan|inf|infinity)$/i.exec(text) ?? [];
  if (word === undefined) return undefined;
  return word.toLowerCase() === 'nan' ? '"NaN"' : `"${sign === '-' ? '-' : ''}Infinity"`;
}

function boolean(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  if (/^(true|t|yes|y|1)$/.test(word)) return 'true';
  return /^(false|f|no|n|0)$/.test(word) ? 'false' : undefined;
}

const NUMERIC_UNIT = 10n ** 29n; // 9 decimals of the 38 that are counted
const MAX_NUMERIC = 10n ** 67n;

function numeric(text: string): string | undefined {
  if (/^-?\d{1,29}(\.\d{1,9})?$/.test(text)) return `"${text}"`;
  const units = decimal(text);
  if (units === undefined) return undefined;
  const half = units < 0n ? -NUMERIC_UNIT / 2n : NUMERIC_UNIT / 2n;
  const rounded = ((units + half) / NUMERIC_UNIT) * NUMERIC_UNIT;
  return rounded > -MAX_NUMERIC && rounded < MAX_NUMERIC ? `"${formatDecimal(rounded)}"` : undefined;
}

function bignumeric(text: string): string | undefined {
  const units = decimal(text);
  return units === undefined ? undefined : blob(encode(units));
}

function decimal(text: string): bigint | undefined {
  try {
    return parseDecimal(text);
  } catch {
    return undefined;
  }
}

/** Bytes travel as base64; the statement that reads them decodes them. */
const blob = (value: Uint8Array): string => `"${Buffer.from(value).toString('base64')}"`;

function bytes(text: string): string | undefined {
  const compact = text.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) return undefined;
  return blob(Buffer.from(compact, 'base64'));
}

function date(text: string): string | undefined {
  const found = known.get(`date ${text}`);
  if (found !== undefined) return found;
  const [, year, month, day] = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$/.exec(text) ?? [];
  const written = year === undefined ? undefined : dayText(year, month, day);
  return written && remembered(`date ${text}`, json(written));
}

const two = (text: string | undefined): string => (text ?? '0').padStart(2, '0');

function dayText(year: string, month: string | undefined, day: string | undefined): string | undefined {
  const text = `${year}-${two(month)}-${two(day)}`;
  const at = new Date(`${text}T00:00:00Z`);
  return year !== '0000' && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) ? text : undefined;
}

const CLOCK = String.raw`(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?`;
const TIME = new RegExp(`^\\s*${CLOCK}\\s*$`);
const MOMENT = new RegExp(
  `^\\s*(\\d{4})-(\\d{1,2})-(\\d{1,2})(?:[ Tt]\\s*${CLOCK})?\\s*(Z|z|UTC|GMT|[+-]\\d{1,2}(?::?\\d{2})?)?\\s*$`,
);

function clockText(
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
  fraction: string | undefined,
): string | undefined {
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined;
  const micros = fraction?.slice(0, 6).replace(/0+$/, '');
  return `${two(hour)}:${two(minute)}:${two(second)}${micros ? `.${micros}` : ''}`;
}

function time(text: string): string | undefined {
  const [all, ...parts] = TIME.exec(text) ?? [];
  const clock = all === undefined ? undefined : clockText(parts[0], parts[1], parts[2], parts[3]);
  return clock && json(clock);
}

function datetime(text: string): string | undefined {
  const moment = momentOf(text);
  return moment && moment.zone === undefined ? json(moment.local) : undefined;
}

/** Recent texts: rows of a day share few hours, and reading them is the dearest part of a row. */
const known = new Map<string, string>();
const MAX_KNOWN = 4096;

function timestamp(text: string): string | undefined {
  const found = known.get(text);
  if (found !== undefined) return found;
  const written = /^\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?\s*$/.test(text) ? epoch(text.trim()) : zoned(text);
  return written && remembered(text, json(written));
}

function remembered(text: string, written: string): string {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, written);
  return written;
}

/** Seconds since 1970, fractions allowed. */
function epoch(text: string): string | undefined {
  const units = decimal(text);
  if (units === undefined) return undefined;
  return microsText(units / 10n ** 32n);
}

/** Microseconds since 1970 as DuckDB reads them. */
export function microsText(micros: bigint): string | undefined {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = Number((micros - rest) / 1_000_000n);
  if (seconds < -62_135_596_800 || seconds > 253_402_300_799) return undefined;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return rest === 0n ? text : `${text}.${String(rest).padStart(6, '0')}`;
}

function zoned(text: string): string | undefined {
  const moment = momentOf(text);
  if (!moment) return undefined;
  const { local, zone } = moment;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone ?? '') ?? [];
  if (sign === undefined) return local;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  const [seconds = '', fraction] = local.split('.');
  const at = new Date(Date.parse(`${seconds.replace(' ', 'T')}Z`) - offsetMs);
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}${fraction ? `.${fraction}` : ''}`;
}

function momentOf(text: string): { local: string; zone: string | undefined } | undefined {
  const [all, year = '', month, day, hour, minute, second, fraction, zone] = MOMENT.exec(text) ?? [];
  if (all === undefined) return undefined;
  const [days, clock] = [dayText(year, month, day), clockText(hour, minute, second, fraction)];
  return days && clock ? { local: `${days} ${clock}`, zone } : undefined;
}
