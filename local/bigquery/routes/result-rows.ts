import type { FieldSchema, WireRow, WireValue } from '../contracts.ts';
import { invalid } from '../errors.ts';
import type { JobRecord } from '../jobs/job.ts';
import type { TimestampFormat } from '../rows/wire-sql.ts';
import type { Services } from '../services.ts';

/** Largest page of a result. */
const MAX_PAGE_BYTES = 20 << 20;
const MAX_PAGE_ROWS = 100_000;

export interface ResultPageRequest {
  readonly maxResults: number | undefined;
  readonly startIndex: number | undefined;
  readonly pageToken: string | undefined;
}

export interface ResultPage {
  readonly rows: readonly string[];
  readonly totalRows: number;
  readonly pageToken: string | undefined;
}

/** A page of a finished query's rows. */
export async function resultRows(
  { results }: Services,
  record: JobRecord,
  page: ResultPageRequest,
  format: TimestampFormat,
): Promise<ResultPage> {
  const { outcome, ref } = record;
  if (!outcome?.stored) return { rows: [], totalRows: 0, pageToken: undefined };
  const start = page.pageToken === undefined ? (page.startIndex ?? 0) : indexOf(page.pageToken);
  const limit = Math.min(page.maxResults ?? MAX_PAGE_ROWS, MAX_PAGE_ROWS);
  const rows = await results.read(ref, outcome.stored, start, limit, MAX_PAGE_BYTES);
  const totalRows = outcome.stored.count;
  return {
    rows: formatted(rows, outcome.schema ?? [], format),
    totalRows,
    pageToken: start + rows.length < totalRows && page.maxResults !== 0 ? tokenAt(start + rows.length) : undefined,
  };
}

/** The first page of rows that are still at hand. */
export function firstPage(
  rows: readonly string[],
  fields: readonly FieldSchema[],
  maxResults: number | undefined,
  format: TimestampFormat,
): ResultPage {
  const limit = Math.min(maxResults ?? MAX_PAGE_ROWS, MAX_PAGE_ROWS);
  let bytes = 0;
  const end = rows.findIndex(
    (row, index) => index >= limit || ((bytes += row.length) > MAX_PAGE_BYTES / 2 && index > 0),
  );
  const page = end < 0 ? rows : rows.slice(0, end);
  return {
    rows: formatted(page, fields, format),
    totalRows: rows.length,
    pageToken: page.length < rows.length && maxResults !== 0 ? tokenAt(page.length) : undefined,
  };
}

const tokenAt = (index: number): string => Buffer.from(`row:${index}`).toString('base64url');

function indexOf(token: string): number {
  const [, index] = /^row:(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (index === undefined) throw invalid('Invalid page token.');
  return Number(index);
}

/** Rows are kept with whole microseconds; other forms are made when asked for. */
function formatted(
  rows: readonly string[],
  fields: readonly FieldSchema[],
  format: TimestampFormat,
): readonly string[] {
  if (format === 'INT64' || !hasTimestamp(fields)) return rows;
  return rows.map((row) => JSON.stringify(convertRow(JSON.parse(row) as WireRow, fields, format)));
}

const hasTimestamp = (fields: readonly FieldSchema[]): boolean =>
  fields.some(({ type, fields: inner }) => type === 'TIMESTAMP' || (inner !== undefined && hasTimestamp(inner)));

function convertRow({ f }: WireRow, fields: readonly FieldSchema[], format: TimestampFormat): WireRow {
  return { f: f.map(({ v }, index) => ({ v: convert(v, fields[index]!, format) })) };
}

function convert(cell: WireValue, field: FieldSchema, format: TimestampFormat): WireValue {
  if (cell === null || (field.type !== 'TIMESTAMP' && !field.fields)) return cell;
  if (Array.isArray(cell)) {
    const single = { ...field, mode: 'NULLABLE' as const };
    return (cell as readonly { v: WireValue }[]).map(({ v }) => ({ v: convert(v, single, format) }));
  }
  if (field.fields) return convertRow(cell as WireRow, field.fields, format);
  return timestampText(BigInt(cell as string), format);
}

function timestampText(micros: bigint, format: TimestampFormat): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const fraction = String(rest).padStart(6, '0');
  if (format === 'ISO8601_STRING') {
    return `${new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19)}.${fraction}Z`;
  }
  const sign = micros < 0n ? '-' : '';
  const size = micros < 0n ? -micros : micros;
  return `${sign}${size / 1_000_000n}.${String(size % 1_000_000n).padStart(6, '0')}`;
}
