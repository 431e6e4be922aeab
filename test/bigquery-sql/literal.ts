import type { FieldSchema, WireValue } from '../../local/bigquery/contracts.ts';
import { doubleText } from '../../local/bigquery/values/double-text.ts';

type Items = readonly { v: WireValue }[];

/** A cell as the literal that Google's FORMAT('%T') writes for it. */
export function literal(field: FieldSchema, value: WireValue): string {
  if (field.mode === 'REPEATED') {
    return `[${(value as Items).map(({ v }) => literal({ ...field, mode: 'NULLABLE' }, v)).join(', ')}]`;
  }
  if (value === null) return 'NULL';
  if (field.type === 'RECORD') {
    const { f } = value as { f: Items };
    const members = (field.fields ?? []).map((inner, index) => literal(inner, f[index]?.v ?? null));
    return `${members.length === 1 ? 'STRUCT' : ''}(${members.join(', ')})`;
  }
  return scalarLiteral(field.type, value as string);
}

function scalarLiteral(type: string, text: string): string {
  switch (type) {
    case 'STRING':
      return quoted(text);
    case 'JSON':
      return `JSON ${quoted(text)}`;
    case 'FLOAT':
      return doubleLiteral(Number(text));
    case 'BYTES':
      return bytesLiteral(Buffer.from(text, 'base64'));
    case 'TIMESTAMP':
      return `TIMESTAMP "${moment(BigInt(text))}+00"`;
    case 'DATETIME':
      return `DATETIME "${text.replace('T', ' ')}"`;
    case 'INTEGER':
    case 'BOOLEAN':
      return text;
    default:
      return `${type} "${text}"`;
  }
}

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

function quoted(text: string): string {
  const quote = text.includes('"') && !text.includes("'") ? "'" : '"';
  const body = Array.from(text, (char) => {
    if (char === quote) return `\\${char}`;
    const code = char.codePointAt(0) ?? 0;
    return ESCAPED[char] ?? (code < 32 || code === 127 ? `\\x${code.toString(16).padStart(2, '0')}` : char);
  });
  return quote + body.join('') + quote;
}

function bytesLiteral(bytes: Buffer): string {
  const body = [...bytes].map((byte) =>
    byte >= 32 && byte < 127 && byte !== 34 && byte !== 92
      ? String.fromCodePoint(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `b"${body.join('')}"`;
}

function doubleLiteral(value: number): string {
  const text = doubleText(value).toLowerCase();
  if (/nan|inf/.test(text)) return `CAST("${text}" AS FLOAT64)`;
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function moment(micros: bigint): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - rest) / 1_000n)).toISOString().slice(0, 19).replace('T', ' ');
  if (rest === 0n) return seconds;
  return `${seconds}.${rest % 1_000n === 0n ? String(rest / 1_000n).padStart(3, '0') : String(rest).padStart(6, '0')}`;
}
