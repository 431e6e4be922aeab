import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CREDENTIAL_COLUMNS, EVENT_COLUMNS, STATEMENTS } from '../../shared/credentials/statements.ts';
import { configuredTables, fill } from '../sql/catalog.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';

interface TableFile {
  readonly schema: readonly { readonly name: string; readonly type: string }[];
}

function columnsOf(table: string): Record<string, string> {
  const file = new URL(`../../configs/bigquery/integrations/${table}.json`, import.meta.url);
  const { schema } = JSON.parse(readFileSync(file, 'utf8')) as TableFile;
  return Object.fromEntries(schema.map(({ name, type }) => [name, type]));
}

describe('statements on integrations', () => {
  let google: GoogleSql;
  before(async function () {
    this.timeout(30_000);
    google = await startGoogleSql();
  });
  after(() => google.close());

  for (const { name, sql, types } of STATEMENTS) {
    it(`${name} is GoogleSQL on the tables as configured`, async () => {
      const parameters = Object.entries(types).map(([parameter, type]) => ({ name: parameter, type: { type } }));
      await google.analyze(fill(sql), configuredTables(), parameters);
    });
  }

  it('know every column of their tables', () => {
    assert.deepEqual({ ...CREDENTIAL_COLUMNS }, columnsOf('org_integration_credentials'));
    assert.deepEqual({ ...EVENT_COLUMNS }, columnsOf('org_integration_events'));
  });
});
