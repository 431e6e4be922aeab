import type { FieldSchema } from '../contracts.ts';
import type { Sink } from './normalise.ts';
import { scalarWriter, ValueError } from './scalars.ts';

export interface CsvOptions {
  readonly delimiter: string;
  /** Empty: no quoting. */
  readonly quote: string;
  readonly skipLeadingRows: number;
  readonly nullMarker: string;
  readonly allowJaggedRows: boolean;
  readonly allowQuotedNewlines: boolean;
  readonly ignoreUnknownValues: boolean;
}

interface Cell {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Reads CSV row by row, its columns in the order of the schema. */
export function csvRows(
  chunks: Iterable<string>,
  fields: readonly FieldSchema[],
  options: CsvOptions,
  sink: Sink,
): void {
  const writers = fields.map((field) => cellWriter(field, options, sink.watch));
  let skip = options.skipLeadingRows;
  for (const { text, position } of records(chunks, options)) {
    if (skip-- > 0 || text === '') continue;
    try {
      sink.good(rowOf(cells(text, options), writers, options, position));
    } catch (err) {
      if (sink.bad(position, err)) return;
    }
  }
}

/** Lines, those that go on inside of quotes joined. */
function* records(
  chunks: Iterable<string>,
  { quote, allowQuotedNewlines }: CsvOptions,
): Generator<{ text: string; position: number }> {
  let rest = '';
  let position = 0;
  const ended = (text: string): boolean => !allowQuotedNewlines || quote === '' || text.split(quote).length % 2 === 1;
  for (const chunk of chunks) {
    rest += chunk;
    let start = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', end + 1)) {
      const line = rest.slice(start, end);
      if (!ended(line)) continue;
      yield { text: line.endsWith('\r') ? line.slice(0, -1) : line, position };
      position += Buffer.byteLength(line) + 1;
      start = end + 1;
    }
    rest = rest.slice(start);
  }
  if (rest !== '') yield { text: rest.endsWith('\r') ? rest.slice(0, -1) : rest, position };
}

function cells(line: string, { delimiter, quote }: CsvOptions): Cell[] {
  const found: Cell[] = [];
  let at = 0;
  for (;;) {
    const isQuoted = quote !== '' && line.startsWith(quote, at);
    const cell = isQuoted ? quotedCell(line, at, quote) : plainCell(line, at, delimiter);
    found.push({ text: cell.text, isQuoted });
    if (cell.end >= line.length) return found;
    if (!line.startsWith(delimiter, cell.end)) {
      throw new ValueError(`Data between close quote character (${quote}) and field separator.`);
    }
    at = cell.end + delimiter.length;
  }
}

function plainCell(line: string, at: number, delimiter: string): { text: string; end: number } {
  const next = line.indexOf(delimiter, at);
  const end = next < 0 ? line.length : next;
  return { text: line.slice(at, end), end };
}

function quotedCell(line: string, at: number, quote: string): { text: string; end: number } {
  let text = '';
  let start = at + 1;
  for (;;) {
    const end = line.indexOf(quote, start);
    if (end < 0) throw new ValueError(`Missing close quote character (${quote}).`);
    text += line.slice(start, end);
    if (line[end + 1] !== quote) return { text, end: end + 1 };
    text += quote;
    start = end + 2;
  }
}

/** Writes a member of the row's object, nothing for NULL. */
type CellWriter = (cell: Cell, index: number, position: number) => string;

function cellWriter(field: FieldSchema, { nullMarker }: CsvOptions, watch: Sink['watch']): CellWriter {
  const write = scalarWriter(field);
  const watching = watch?.field === field.name ? watch : undefined;
  const key = `${JSON.stringify(field.name)}:`;
  const isText = field.type === 'STRING' || field.type === 'BYTES';
  // Once a null marker is set, an empty text is a text.
  const isEmptyNull = nullMarker === '' || !isText;
  return ({ text, isQuoted }, index, position) => {
    const isNull = !isQuoted && (text === nullMarker || (text === '' && isEmptyNull));
    if (isNull) {
      if (field.mode === 'REQUIRED') {
        throw new ValueError(
          `Required column value for column index: ${index} is missing in row starting at position: ${position}`,
        );
      }
      return '';
    }
    try {
      const value = field.type === 'JSON' ? JSON.stringify(JSON.stringify(JSON.parse(text))) : write(text, 'string');
      watching?.take(value);
      return key + value;
    } catch (cause) {
      if (!(cause instanceof ValueError) && !(cause instanceof SyntaxError)) throw cause;
      throw new ValueError(
        `Could not parse '${text.slice(0, 100)}' as ${field.type} for field ${field.name} (position ${index}) starting at location ${position}`,
      );
    }
  };
}

function rowOf(row: readonly Cell[], writers: readonly CellWriter[], options: CsvOptions, position: number): string {
  if (row.length > writers.length && !options.ignoreUnknownValues) {
    throw new ValueError(
      `Too many values in row starting at position: ${position}. Found ${row.length} column(s) while expected ${writers.length}.`,
    );
  }
  if (row.length < writers.length && !options.allowJaggedRows) {
    throw new ValueError(
      `CSV table references column position ${row.length}, but line starting at position:${position} contains only ${row.length} columns.`,
    );
  }
  const missing: Cell = { text: options.nullMarker, isQuoted: false };
  const members = writers.map((write, index) => write(row[index] ?? missing, index, position));
  return `{${members.filter((member) => member !== '').join(',')}}`;
}
