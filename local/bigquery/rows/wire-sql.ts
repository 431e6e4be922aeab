import type { FieldSchema } from '../contracts.ts';
import { quoted } from '../values/types.ts';

/** How timestamps are written: whole microseconds, seconds with a fraction, or ISO 8601. */
export type TimestampFormat = 'INT64' | 'FLOAT64' | 'ISO8601_STRING';

/**
 * SQL for a row of a table as the REST API writes it, `{"f":[{"v":"1"},...]}`, as one text.
 * DuckDB writes a page many times faster than its values could be turned into objects here.
 */
export function wireRowSql(fields: readonly FieldSchema[], format: TimestampFormat): string {
  return recordSql(fields, (name) => quoted(name), format, 0);
}

function recordSql(
  fields: readonly FieldSchema[],
  access: (name: string) => string,
  format: TimestampFormat,
  depth: number,
): string {
  const cells = fields.flatMap((field, index) => [
    `'${index === 0 ? '' : ','}{"v":'`,
    cellSql(field, access(field.name), format, depth),
    `'}'`,
  ]);
  // One call for all parts: a chain of || would copy the row anew for each of them.
  return `concat('{"f":[', ${[...cells, `']}'`].join(', ')})`;
}

function cellSql(field: FieldSchema, value: string, format: TimestampFormat, depth: number): string {
  const one = (item: string): string => {
    if (!field.fields) return `coalesce(${scalarSql(field.type, item, format)}, 'null')`;
    const record = recordSql(field.fields, (name) => `${item}.${quoted(name)}`, format, depth + 1);
    return `CASE WHEN ${item} IS NULL THEN 'null' ELSE ${record} END`;
  };
  if (field.mode !== 'REPEATED') return one(value);
  const item = `x${depth}`;
  const items = `list_transform(${value}, lambda ${item}: concat('{"v":', ${one(item)}, '}'))`;
  return `CASE WHEN len(${value}) > 0 THEN concat('[', array_to_string(${items}, ','), ']') ELSE '[]' END`;
}

/** The JSON text of a scalar; NULL when it is NULL. */
function scalarSql(type: string, value: string, format: TimestampFormat): string {
  const plain = (text: string): string => `('"' || ${text} || '"')`;
  switch (type) {
    case 'STRING':
    case 'JSON':
      return `CAST(to_json(${value}) AS VARCHAR)`;
    case 'FLOAT':
      return plain(doubleSql(value));
    case 'NUMERIC':
      return plain(`regexp_replace(CAST(${value} AS VARCHAR), '\\.?0+$', '')`);
    case 'BIGNUMERIC':
      return plain(`bn_text(${value})`);
    case 'BYTES':
      return plain(`to_base64(${value})`);
    case 'TIMESTAMP':
      return plain(timestampSql(value, format));
    case 'DATETIME':
      return plain(`replace(CAST(${value} AS VARCHAR), ' ', 'T')`);
    default:
      return plain(`CAST(${value} AS VARCHAR)`);
  }
}

const doubleSql = (value: string): string =>
  `CASE WHEN ${value} IS NULL THEN NULL WHEN isfinite(${value}) THEN CAST(${value} AS VARCHAR) WHEN isnan(${value}) THEN 'NaN' WHEN ${value} > 0 THEN 'Infinity' ELSE '-Infinity' END`;

function timestampSql(value: string, format: TimestampFormat): string {
  if (format === 'INT64') return `CAST(epoch_us(${value}) AS VARCHAR)`;
  if (format === 'ISO8601_STRING') return `strftime(${value}, '%Y-%m-%dT%H:%M:%S.%fZ')`;
  return `CAST(CAST(epoch_us(${value}) AS DECIMAL(38, 6)) / 1000000 AS VARCHAR)`;
}
