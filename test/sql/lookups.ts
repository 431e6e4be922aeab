import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FieldSchema } from '../../local/bigquery/contracts.ts';
import { configuredTables, NAMES } from './catalog.ts';
import type { Cell } from './google-values.ts';
import type { TestTable } from './zetasql.ts';

/** Every configured table: lookups with the rows of their CSV files, all others empty. */
export function tablesWithLookups(): TestTable[] {
  const rows = lookupRows();
  return configuredTables().map((table) => ({ ...table, rows: rows(table) }));
}

function lookupRows(): (table: TestTable) => Readonly<Record<string, Cell>>[] {
  const root = fileURLToPath(new URL('../../configs/bigquery/lookups/', import.meta.url));
  const files = new Map(
    globSync('*.csv', { cwd: root }).map((file) => [basename(file, '.csv'), readFileSync(root + file, 'utf8')]),
  );
  return ({ name, fields }) => {
    const csv = files.get(name.replace(`${NAMES.project}.${NAMES.integrations}.`, ''));
    return csv === undefined
      ? []
      : parseCsv(csv)
          .slice(1)
          .map((cells) => rowOf(fields, cells));
  };
}

function rowOf(fields: readonly FieldSchema[], cells: readonly string[]): Record<string, Cell> {
  return Object.fromEntries(
    fields.map(({ name, type }, at) => [name, type === 'BOOLEAN' ? cells[at] === 'true' : (cells[at] ?? '')]),
  );
}

/** RFC 4180 without line breaks inside cells. */
export function parseCsv(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) =>
    [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
    ),
  );
}
