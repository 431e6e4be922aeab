/** Types that the client reads out of objects of its own classes; a bare string of these would be lost without a word. */
const WRAPPED = new Set(['TIMESTAMP', 'DATE', 'DATETIME', 'TIME']);

/**
 * A query parameter as the BigQuery client takes it.
 *
 * @param value - Text for times, numbers or decimal text for INT64, plain values else.
 * @param type - Its GoogleSQL type; types of arrays and records are left as they are.
 */
export function queryParameter(value: unknown, type: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof type === 'string' && WRAPPED.has(type) && typeof value === 'string') return { value };
  if (type === 'INT64' && typeof value === 'number') return String(value);
  if (type === 'JSON') return JSON.stringify(value);
  return value;
}
