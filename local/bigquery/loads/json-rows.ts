import type { FieldSchema } from '../contracts.ts';
import { JsonScanner } from './json-scanner.ts';
import { scalarWriter, ValueError } from './scalars.ts';

/** Reads the value at the scanner, and writes it as DuckDB takes it. */
type Reader = (scanner: JsonScanner) => string;

interface Column {
  readonly name: string;
  readonly index: number;
  readonly read: Reader;
}

export interface RowOptions {
  readonly ignoreUnknownValues: boolean;
  /** In streamed rows the value of a JSON column is JSON text, in loaded ones it is JSON itself. */
  readonly jsonAsText: boolean;
}

/**
 * Compiles a reader of JSON objects for a schema: every value is checked by type and mode, and written in one form.
 * It reads the text itself, not a parsed object, so that a number keeps all its digits.
 */
export function rowReader(fields: readonly FieldSchema[], options: RowOptions): Reader {
  return recordReader(fields, options, '');
}

function recordReader(fields: readonly FieldSchema[], options: RowOptions, path: string): Reader {
  const columns = new Map<string, Column>();
  for (const [index, field] of fields.entries()) {
    columns.set(field.name.toLowerCase(), {
      name: field.name,
      index,
      read: fieldReader(field, options, `${path}${field.name}`),
    });
  }
  // Keys mostly come as the schema spells them.
  const exact = new Map([...columns.values()].map((column) => [column.name, column]));
  const keys = fields.map(({ name }) => `${JSON.stringify(name)}:`);
  const missing = fields.map(absent);
  const find = (key: string): Column | undefined => exact.get(key) ?? columns.get(key.toLowerCase());

  return (scanner) => {
    const values: (string | undefined)[] = Array.from({ length: keys.length });
    scanner.readObject((key) => {
      const column = find(key);
      if (column) values[column.index] = column.read(scanner);
      else if (options.ignoreUnknownValues) scanner.skip();
      else throw new ValueError(`No such field: ${path}${key}.`);
    });
    let text = '';
    for (let index = 0; index < keys.length; index += 1) {
      const value = values[index] ?? missing[index]!();
      if (value !== 'null') text += `${text === '' ? '' : ','}${keys[index]}${value}`;
    }
    return `{${text}}`;
  };
}

/** What stands for a column that the row does not name. */
function absent({ name, mode }: FieldSchema): () => string {
  if (mode === 'REPEATED') return () => '[]';
  if (mode !== 'REQUIRED') return () => 'null';
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
