/** Constants as DuckDB's lexer reads them; nothing else of a statement's text reaches DuckDB as text. */

export function textLiteral(text: string): string {
  const parts = text.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? (parts[0] ?? "''") : `(${parts.join(' || chr(0) || ')})`;
}

export const blobText = (bytes: Uint8Array): string => `unhex('${Buffer.from(bytes).toString('hex')}')`;
