import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlEngine } from '../../local/bigquery/contracts.ts';
import type { Cell } from '../sql/google-values.ts';
import { startGoogleSql, type GoogleSql } from '../sql/zetasql.ts';
import { cells, request, startEngine } from './engine.ts';

const EXPRESSIONS = readFileSync(join(import.meta.dirname, 'expressions.sql'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('--'));

/** What an engine answers: cells, or that it refuses. */
type Answer = { readonly rows: readonly (readonly Cell[])[] } | 'error';

describe('an expression', function () {
  this.timeout(60_000);
  let google: GoogleSql;
  let engine: SqlEngine;
  before(async () => {
    google = await startGoogleSql();
    engine = await startEngine();
  });
  after(() => google.close());

  const ours = (sql: string): Promise<Answer> =>
    engine.run(request(sql)).then(
      (result) => ({ rows: cells(result) }),
      (err: Error & { httpStatus?: number }) => (assert.equal(err.httpStatus, 400, err.stack), 'error'),
    );
  const theirs = (sql: string): Promise<Answer> =>
    google.query(sql, []).then(
      (rows) => ({ rows: rows.map((row) => Object.values(row)) }),
      () => 'error',
    );

  for (const expression of EXPRESSIONS) {
    it(`means what it means to Google: ${expression}`, async () => {
      const sql =
        expression.startsWith('SELECT') || expression.startsWith('WITH') ? expression : `SELECT ${expression} AS v`;
      assert.deepEqual(await ours(sql), await theirs(sql));
    });
  }
});
