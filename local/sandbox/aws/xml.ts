/** What a Query service answers; dates are written in its own way in XML and in JSON. */
export type XmlValue = string | number | boolean | Date | readonly XmlValue[] | { readonly [name: string]: XmlValue };

/** Items of a list stand in `member` elements. */
export function toXml(value: XmlValue): string {
  if (Array.isArray(value)) return value.map((item: XmlValue) => `<member>${toXml(item)}</member>`).join('');
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, 'Z');
  if (typeof value !== 'object') return escaped(String(value));
  return Object.entries(value)
    .map(([name, inner]) => `<${name}>${toXml(inner)}</${name}>`)
    .join('');
}

/** Seconds since 1970 stand for dates. */
export function toJson(value: XmlValue): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) return Math.floor(value.getTime() / 1000);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toJson(inner)]));
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
