import type { TypeProto, ValueProto } from './google-types.ts';

/**
 * A cell in the form both engines are compared in: text for everything exact (numbers, times), JavaScript values for the rest,
 * arrays and objects for repeated and nested columns.
 */
export type Cell = null | string | number | boolean | readonly Cell[] | { readonly [name: string]: Cell };

/** A cell as text: what is text stays as it is. */
export function textOf(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell ?? null);
}

const SCALE: Readonly<Record<string, number>> = { TYPE_NUMERIC: 9, TYPE_BIGNUMERIC: 38 };
const DECIMAL_FIELD: Readonly<Record<string, string>> = {
  TYPE_NUMERIC: 'numeric_value',
  TYPE_BIGNUMERIC: 'bignumeric_value',
};

/** Writes a cell as ZetaSQL reads it. TIMESTAMP is ISO text, DATE is `YYYY-MM-DD`, decimals are text, FLOAT64 is a number. */
export function toValue(cell: Cell | undefined, type: TypeProto): ValueProto {
  if (cell === null || cell === undefined)
    return type.type_kind === 'TYPE_ARRAY' ? { array_value: { element: [] } } : {};
  if (type.array_type) {
    const { element_type: element } = type.array_type;
    return { array_value: { element: (cell as readonly Cell[]).map((item) => toValue(item, element)) } };
  }
  if (type.struct_type) {
    const record = cell as Readonly<Record<string, Cell>>;
    return {
      struct_value: {
        field: type.struct_type.field.map((field) => toValue(record[field.field_name], field.field_type)),
      },
    };
  }
  return toScalar(cell as string | number | boolean, type.type_kind);
}

function toScalar(cell: string | number | boolean, kind: string): ValueProto {
  switch (kind) {
    case 'TYPE_STRING':
      return { string_value: String(cell) };
    case 'TYPE_JSON':
      return { json_value: String(cell) };
    case 'TYPE_INT64':
      return { int64_value: String(cell) };
    case 'TYPE_DOUBLE':
      return { double_value: Number(cell) };
    case 'TYPE_BOOL':
      return { bool_value: cell };
    case 'TYPE_DATE':
      return { date_value: Date.parse(`${cell}T00:00:00Z`) / 86_400_000 };
    case 'TYPE_TIMESTAMP':
      return { timestamp_value: toTimestamp(String(cell)) };
    case 'TYPE_NUMERIC':
    case 'TYPE_BIGNUMERIC':
      return { [DECIMAL_FIELD[kind]!]: littleEndian(unscaled(String(cell), SCALE[kind]!)) };
    default:
      throw new Error(`no value of ${kind} can be written`);
  }
}

/** Reads a value that ZetaSQL answered. */
export function fromValue(value: ValueProto, type: TypeProto): Cell {
  const kind = value['value'] as string | undefined;
  const held = kind === undefined ? undefined : value[kind];
  // BigQuery stores no NULL arrays: one that is written reads back empty.
  if (held === undefined || held === null) return type.array_type ? [] : null;
  if (type.array_type) {
    const { element_type: element } = type.array_type;
    return ((held as { element?: ValueProto[] }).element ?? []).map((item) => fromValue(item, element));
  }
  if (type.struct_type) {
    const items = (held as { field?: ValueProto[] }).field ?? [];
    return Object.fromEntries(
      type.struct_type.field.map((field, at) => [field.field_name, fromValue(items[at] ?? {}, field.field_type)]),
    );
  }
  return fromScalar(held, type.type_kind);
}

function fromScalar(held: unknown, kind: string): Cell {
  switch (kind) {
    case 'TYPE_NUMERIC':
    case 'TYPE_BIGNUMERIC':
      return decimalText(signedFrom(held as Buffer), SCALE[kind]!);
    case 'TYPE_TIMESTAMP':
      return fromTimestamp(held as { seconds?: string; nanos?: number });
    case 'TYPE_DATE':
      return new Date((held as number) * 86_400_000).toISOString().slice(0, 10);
    case 'TYPE_BYTES':
      return (held as Buffer).toString('base64');
    case 'TYPE_BOOL':
    case 'TYPE_DOUBLE':
      return held as boolean | number;
    default:
      return typeof held === 'string' ? held : JSON.stringify(held);
  }
}

/** `-1.50` with scale 9 is -1500000000n. More digits than the scale holds are an error of the test's own data. */
export function unscaled(text: string, scale: number): bigint {
  const parts = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!parts) throw new Error(`${text} is not a decimal`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const zeros = scale + Number(exponent) - fraction.length;
  const digits = BigInt((whole + fraction || '0') + '0'.repeat(Math.max(zeros, 0)));
  const value = zeros >= 0 ? digits : digits / 10n ** BigInt(-zeros);
  return sign === '-' ? -value : value;
}

/** The shortest text of a decimal, as BigQuery prints it: no trailing zeros, no exponent. */
export function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}${fraction && `.${fraction}`}`;
}

function littleEndian(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && bytes.at(-1)! < 0x80) || (rest === -1n && bytes.at(-1)! >= 0x80)));
  return Buffer.from(bytes);
}

function signedFrom(bytes: Buffer): bigint {
  const hex = Buffer.from(bytes).reverse().toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex || '0'}`));
}

function toTimestamp(text: string): { seconds: string; nanos: number } {
  const seconds = Math.floor(Date.parse(text) / 1000);
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return { seconds: String(seconds), nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) };
}

function fromTimestamp({ seconds = '0', nanos = 0 }: { seconds?: string; nanos?: number }): string {
  const micros = String(Math.floor(nanos / 1000))
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${micros && `.${micros}`}Z`;
}
