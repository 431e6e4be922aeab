import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FieldSchema } from '../../local/bigquery/contracts.ts';
import type { TestTable } from './zetasql.ts';

/** The names that templates are filled with in tests. */
export const NAMES = { project: 'test-project', integrations: 'integrations', org: 'acme_prod' } as const;

/** Replaces `{{project}}`, `{{integrations}}` and `{{org}}`. */
export function fill(sql: string, names: Readonly<Record<string, string>> = NAMES): string {
  return sql.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => names[name] ?? whole);
}

/** A lookup belongs to the integrations dataset, every other folder is named after the dataset it describes. */
const DATASET_OF: Readonly<Record<string, string>> = {
  integrations: NAMES.integrations,
  lookups: NAMES.integrations,
  org: NAMES.org,
};

/** Every table of configs/bigquery, empty, under the name statements address it by. */
export function configuredTables(): TestTable[] {
  const root = fileURLToPath(new URL('../../configs/bigquery/', import.meta.url));
  return globSync('{integrations,lookups,org}/*.json', { cwd: root }).map((file) => {
    const { schema } = JSON.parse(readFileSync(root + file, 'utf8')) as { schema: FieldSchema[] };
    return {
      name: `${NAMES.project}.${DATASET_OF[dirname(file)]}.${basename(file, '.json')}`,
      fields: schema,
      rows: [],
    };
  });
}
