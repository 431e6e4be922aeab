import type { FieldSchema } from '../contracts.ts';
import type { JsonScanner } from './json-scanner.ts';
import { scalarWriter, ValueError } from './scalars.ts';

/** Reads the value at the scanner, and writes it as DuckDB takes it. */
type Reader = (scanner: JsonScanner) => string;

interface Column {
  readonly name: string;
  readonly index: number;
  /** `"name":`, as it is mostly written. */
  readonly key: string;
  readonly read: Reader;
  /** The column that came after this one in the last row: rows of a file mostly look alike. */
  next: Column | undefined;
}

export interface RowOptions {
  readonly ignoreUnknownValues: boolean;
  /** In streamed rows the value of a JSON column is JSON text, in loaded ones it is JSON itself. */
  readonly jsonAsText: boolean;
  /** Told the written value of one top-level column of each row. */
  readonly watch?: { readonly field: string; take(value: string): void };
}

/**
 * Compiles a reader of JSON objects for a schema: every value is checked by type and mode, and written in one form.
 * It reads the text itself, not a parsed object, so that a number keeps all its digits.
 */
export function rowReader(fields: readonly FieldSchema[], options: RowOptions): Reader {
  return recordReader(fields, options, '');
}

function recordReader(fields: readonly FieldSchema[], options: RowOptions, path: string): Reader {
  const columns = fields.map((field, index): Column => ({
    name: field.name,
    index,
    key: `${JSON.stringify(field.name)}:`,
    read: watched(field, fieldReader(field, options, `${path}${field.name}`), path === '' ? options.watch : undefined),
    next: undefined,
  }));
  const exact = new Map(columns.map((column) => [column.name, column]));
  const anyCase = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const missing = fields.flatMap((field, index) =>
    field.mode === 'REPEATED' || field.mode === 'REQUIRED' ? [{ index, write: absent(field) }] : [],
  );
  const start = { next: undefined as Column | undefined };
  const seen = new Uint8Array(fields.length);

  return (scanner) => {
    seen.fill(0);
    let text = '';
    let last: { next: Column | undefined } = start;
    scanner.readMembers(
      () => last.next?.key,
      (key) => {
        const column = key === undefined ? last.next : (exact.get(key) ?? anyCase.get(key.toLowerCase()));
        if (!column) {
          if (!options.ignoreUnknownValues) throw new ValueError(`No such field: ${path}${key}.`);
          scanner.skip();
          return;
        }
        if (seen[column.index]) throw new ValueError(`Field ${path}${column.name} occurs twice.`);
        seen[column.index] = 1;
        last.next = column;
        last = column;
        const value = column.read(scanner);
        if (value !== 'null') text += text === '' ? column.key + value : `,${column.key}${value}`;
      },
    );
    for (const { index, write } of missing) if (!seen[index]) text += `${text === '' ? '' : ','}${write()}`;
    return `{${text}}`;
  };
}

function watched({ name }: FieldSchema, read: Reader, watch: RowOptions['watch']): Reader {
  if (watch?.field !== name) return read;
  return (scanner) => {
    const value = read(scanner);
    watch.take(value);
    return value;
  };
}

/** What stands for a column that the row does not name. */
function absent({ name, mode }: FieldSchema): () => string {
  if (mode === 'REPEATED') return () => `${JSON.stringify(name)}:[]`;
  return () => {
    throw new ValueError(`Missing required field: ${name}.`);
  };
}

function fieldReader(field: FieldSchema, options: RowOptions, path: string): Reader {
  const one = field.fields ? nestedReader(field.fields, options, path) : valueReader(field, options, path);
  if (field.mode === 'REPEATED') return repeatedReader(one, path);
  return (scanner) => {
    if (scanner.readNull()) {
      if (field.mode === 'REQUIRED') throw onlyOptional(path);
      return 'null';
    }
    if (scanner.peek() === '[' && field.type !== 'JSON')
      throw new ValueError(`Array specified for non-repeated field: ${path}.`);
    return one(scanner);
  };
}

const onlyOptional = (path: string): ValueError =>
  new ValueError(`Only optional fields can be set to NULL. Field: ${path}; Value: NULL`);

function repeatedReader(one: Reader, path: string): Reader {
  return (scanner) => {
    if (scanner.readNull()) return '[]';
    if (scanner.peek() !== '[')
      throw new ValueError(`Repeated field must be imported as a JSON array. Field: ${path}.`);
    const items: string[] = [];
    scanner.readArray(() => {
      if (scanner.readNull()) throw onlyOptional(path);
      items.push(one(scanner));
    });
    return `[${items.join(',')}]`;
  };
}

function nestedReader(fields: readonly FieldSchema[], options: RowOptions, path: string): Reader {
  const read = recordReader(fields, options, `${path}.`);
  return (scanner) => {
    if (scanner.peek() !== '{') throw new ValueError(`This field: ${path} is a record.`);
    return read(scanner);
  };
}

function valueReader(field: FieldSchema, options: RowOptions, path: string): Reader {
  if (field.type === 'JSON') return jsonReader(options, path);
  const write = scalarWriter({ ...field, name: path });
  const isText = field.type === 'STRING';
  return (scanner) => {
    const first = scanner.peek();
    if (first === '{') throw new ValueError(`This field: ${path} is not a record.`);
    if (first !== '"') return write(scanner.readPlain(), first === 't' || first === 'f' ? 'boolean' : 'number');
    return isText ? scanner.readRawString() : write(scanner.readString(), 'string');
  };
}

function jsonReader({ jsonAsText }: RowOptions, path: string): Reader {
  return (scanner) => {
    const isText = jsonAsText && scanner.peek() === '"';
    const text = isText ? scanner.readString() : scanner.skip();
    try {
      JSON.parse(text);
    } catch {
      throw new ValueError(`Invalid JSON value. Field: ${path}; Value: ${text.slice(0, 100)}`);
    }
    return JSON.stringify(compact(text));
  };
}

/** Takes the white space between the parts of JSON text away; its numbers keep their digits. */
function compact(text: string): string {
  return /\s/.test(text) ? text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1') : text;
}
