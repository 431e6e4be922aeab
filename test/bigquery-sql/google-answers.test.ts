import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { SqlEngine } from '../../local/bigquery/contracts.ts';
import { createSqlEngine } from '../../local/bigquery/sql/engine.ts';
import { emptyCatalog, request } from './engine.ts';
import { literal } from './literal.ts';

const ANSWERS = readFileSync(join(import.meta.dirname, 'google-answers.tsv'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [expression: string, answer: string]);

describe("what Google's evaluator answered", () => {
  let engine: SqlEngine;
  before(async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    // As on a machine far from Greenwich.
    await connection.run("SET GLOBAL TimeZone = 'America/Los_Angeles'");
    connection.closeSync();
    engine = await createSqlEngine(instance, emptyCatalog);
  });

  const answerTo = (expression: string): Promise<string> =>
    engine.run(request(`SELECT ${expression} AS v`)).then(
      ({ rows, schema }) => literal(schema![0]!, rows[0]!.f[0]!.v),
      (err: Error & { httpStatus?: number }) => {
        assert.equal(err.httpStatus, 400, err.message);
        return 'error';
      },
    );

  for (const [expression, answer] of ANSWERS) {
    it(`is answered to ${expression}`, async () => assert.equal(await answerTo(expression), answer));
  }
});
