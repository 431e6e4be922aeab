import assert from 'node:assert/strict';
import { DuckDBInstance } from '@duckdb/node-api';
import type { QueryRequest, QueryResult, SqlEngine } from '../../local/bigquery/contracts.ts';
import { createSqlEngine } from '../../local/bigquery/sql/engine.ts';
import { cells, request } from './engine.ts';
import { memoryCatalog } from './memory-catalog.ts';

describe('a statement', () => {
  let engine: SqlEngine;
  let catalog: ReturnType<typeof memoryCatalog>;
  beforeEach(async () => {
    const instance = await DuckDBInstance.create(':memory:');
    catalog = memoryCatalog(instance);
    engine = await createSqlEngine(instance, catalog);
  });

  const run = (sql: string, more: Partial<QueryRequest> = {}): Promise<QueryResult> => engine.run(request(sql, more));
  const rows = async (sql: string): Promise<unknown> => cells(await run(sql));
  const text = (name: string, value: string | null) => ({
    name,
    parameterType: { type: 'STRING' },
    parameterValue: { value },
  });

  describe('that changes rows', () => {
    beforeEach(() => run('CREATE TABLE d.t (k INT64 NOT NULL, s STRING, a ARRAY<STRUCT<x INT64>>, m BIGNUMERIC)'));

    it('counts what it inserted, updated and deleted', async () => {
      assert.deepEqual((await run("INSERT INTO d.t (k, s) VALUES (1, 'a'), (2, 'b'), (3, 'c')")).dml, {
        inserted: 3n,
        updated: 0n,
        deleted: 0n,
      });
      assert.equal((await run("UPDATE d.t SET s = 'z' WHERE k > 1")).dml?.updated, 2n);
      assert.equal((await run('DELETE FROM d.t WHERE k = 9')).dml?.deleted, 0n);
      assert.equal((await run('TRUNCATE TABLE d.t')).dml?.deleted, 3n);
    });

    it('stores an array that is NULL as an empty one', async () => {
      await run('INSERT INTO d.t (k, a) VALUES (1, NULL)');
      assert.deepEqual(await rows('SELECT a FROM d.t'), [[[]]]);
    });

    it('refuses an array that holds a NULL', async () => {
      await assert.rejects(run('INSERT INTO d.t (k, a) VALUES (9, [STRUCT(1 AS x), NULL])'), /null element.*field a/);
    });

    it('may match a row twice where only one match does something', async () => {
      await run('INSERT INTO d.t (k) VALUES (40)');
      const merged = await run(
        "MERGE d.t AS t USING (SELECT 40 AS k, 'x' AS s UNION ALL SELECT 40, 'y') AS n ON t.k = n.k WHEN MATCHED AND n.s = 'y' THEN UPDATE SET s = n.s",
      );
      assert.equal(merged.dml?.updated, 1n);
    });

    it('does nothing once it is cancelled', async () => {
      const signal = AbortSignal.abort();
      await assert.rejects(run('INSERT INTO d.t (k) VALUES (50)', { signal }), { httpStatus: 499 });
      assert.deepEqual(await rows('SELECT COUNT(*) FROM d.t WHERE k = 50'), [['0']]);
    });

    it('keeps exact decimals exact', async () => {
      await run("INSERT INTO d.t (k, m) VALUES (1, BIGNUMERIC '0.12345678901234567890123456789012345678')");
      assert.deepEqual(await rows('SELECT m * 2 AS m FROM d.t'), [['0.24691357802469135780246913578024691356']]);
    });

    it('refuses a NULL in a required column and leaves nothing', async () => {
      await assert.rejects(run('INSERT INTO d.t (k, s) VALUES (1, "a"), (NULL, "b")'), { reason: 'invalidQuery' });
      assert.deepEqual(await rows('SELECT COUNT(*) FROM d.t'), [['0']]);
    });

    it('refuses a value of another type', async () => {
      await assert.rejects(run("INSERT INTO d.t (k) VALUES ('one')"), /cannot be used as INT64/);
    });

    it('merges: updates, inserts and deletes in one', async () => {
      await run("INSERT INTO d.t (k, s) VALUES (1, 'a'), (2, 'b')");
      const merged =
        await run(`MERGE INTO d.t AS t USING (SELECT 2 AS k, 'B' AS s UNION ALL SELECT 3, 'C') AS n ON t.k = n.k
        WHEN MATCHED THEN UPDATE SET s = n.s
        WHEN NOT MATCHED THEN INSERT (k, s) VALUES (n.k, n.s)
        WHEN NOT MATCHED BY SOURCE THEN DELETE`);
      assert.deepEqual(merged.dml, { inserted: 1n, updated: 1n, deleted: 1n });
      assert.deepEqual(await rows('SELECT k, s FROM d.t ORDER BY k'), [
        ['2', 'B'],
        ['3', 'C'],
      ]);
    });

    it('refuses to update a row from two source rows', async () => {
      await run("INSERT INTO d.t (k, s) VALUES (1, 'a')");
      const twice =
        "UPDATE d.t SET s = n.s FROM (SELECT 1 AS k, 'x' AS s UNION ALL SELECT 1, 'y') AS n WHERE t.k = n.k";
      await assert.rejects(run(twice), /at most one source row/);
    });

    it('lets exactly one of fifty racing compare-and-sets win', async () => {
      await run("INSERT INTO d.t (k, s) VALUES (1, 'a')");
      const races = Array.from({ length: 50 }, (_, index) =>
        run('UPDATE d.t SET k = k + 1, s = @s WHERE k = 1', { parameters: [text('s', String(index))] }),
      );
      const updated = (await Promise.all(races)).map(({ dml }) => dml?.updated);
      assert.equal(updated.filter((count) => count === 1n).length, 1);
      assert.equal(updated.filter((count) => count === 0n).length, 49);
    });

    it('asks for the right to write before anything runs', async () => {
      const asked: string[] = [];
      const authorize = (action: string, resource: string): void => {
        asked.push(`${action} ${resource}`);
        throw new Error('denied');
      };
      await assert.rejects(run('DELETE FROM d.t WHERE TRUE', { authorize }), /denied/);
      assert.deepEqual(asked, ['write projects/test-project/datasets/d/tables/t']);
    });

    it('takes parameters as values, whatever is in them', async () => {
      const hostile = "'); DROP TABLE t; -- \\ \u0000 é";
      await run('INSERT INTO d.t (k, s) VALUES (1, @s)', { parameters: [text('s', hostile)] });
      assert.deepEqual(await rows('SELECT s FROM d.t'), [[hostile]]);
    });
  });

  describe('in a script', () => {
    beforeEach(() => run('CREATE TABLE d.t (k INT64)'));

    it('is undone with its transaction when a later one fails', async () => {
      const script = `BEGIN TRANSACTION; INSERT INTO d.t (k) VALUES (1); ASSERT FALSE AS 'no'; COMMIT TRANSACTION;`;
      await assert.rejects(run(script), /Assertion failed: no/);
      assert.deepEqual(await rows('SELECT COUNT(*) FROM d.t'), [['0']]);
      assert.deepEqual(catalog.touched, []);
    });

    it('stays when it stood before the transaction', async () => {
      await assert.rejects(run('INSERT INTO d.t (k) VALUES (1); SELECT 1 / 0;'), /division by zero/);
      assert.deepEqual(await rows('SELECT COUNT(*) FROM d.t'), [['1']]);
    });

    it('sees the temporary tables of the ones before it', async () => {
      const script = 'CREATE TEMP TABLE n AS SELECT 2 AS k; INSERT INTO d.t (k) SELECT k FROM n; SELECT * FROM d.t;';
      assert.deepEqual(cells(await run(script)), [['2']]);
      await assert.rejects(run('SELECT * FROM n'), /must be qualified/);
    });

    it('is rolled back when the script ends without a commit', async () => {
      await run('BEGIN TRANSACTION; INSERT INTO d.t (k) VALUES (1);');
      assert.deepEqual(await rows('SELECT COUNT(*) FROM d.t'), [['0']]);
    });
  });

  describe('of a procedure', () => {
    beforeEach(async () => {
      await run('CREATE TABLE d.t (k INT64, s STRING)');
      await run(`CREATE PROCEDURE d.fill(items ARRAY<STRUCT<k INT64, s STRING>>) BEGIN
        BEGIN TRANSACTION;
        INSERT INTO d.t (k, s) SELECT item.k, item.s FROM UNNEST(items) AS item;
        ASSERT (SELECT COUNT(*) FROM d.t) < 3 AS 'too many';
        COMMIT TRANSACTION;
      END`);
    });

    it('has the arguments of the call as typed values', async () => {
      const called = await run("CALL d.fill([STRUCT(1 AS k, 'a' AS s), STRUCT(2, 'b')])");
      assert.equal(called.statementType, 'CALL');
      assert.deepEqual(
        called.children?.map(({ statementType }) => statementType),
        ['BEGIN_TRANSACTION', 'INSERT', 'ASSERT', 'COMMIT_TRANSACTION', 'CALL'],
      );
      assert.deepEqual(await rows('SELECT k, s FROM d.t ORDER BY k'), [
        ['1', 'a'],
        ['2', 'b'],
      ]);
    });

    it('leaves nothing when one of them fails', async () => {
      await assert.rejects(run("CALL d.fill([STRUCT(1 AS k, 'a' AS s), STRUCT(2, 'b'), STRUCT(3, 'c')])"), /too many/);
      assert.deepEqual(await rows('SELECT COUNT(*) FROM d.t'), [['0']]);
    });
  });

  describe('that the embedded engine does not know', () => {
    for (const [what, sql] of Object.entries({
      'a function': 'SELECT SOUNDEX("x")',
      'an aggregate': 'SELECT STDDEV(x) FROM UNNEST([1]) AS x',
      scripting: 'DECLARE x INT64; SELECT x',
      'a recursive query': 'WITH RECURSIVE a AS (SELECT 1 AS x) SELECT x FROM a',
      'a pivot': 'SELECT * FROM (SELECT 1 AS x) PIVOT (SUM(x) FOR x IN (1))',
      'an operator': 'SELECT 1 & 2',
      'a type': 'SELECT CAST("x" AS GEOGRAPHY)',
      'a date format': 'SELECT FORMAT_DATE("%C", DATE "2026-01-01")',
      'a date without a year': 'SELECT PARSE_DATE("%d", "15")',
      'a zone as an offset': 'SELECT DATETIME(TIMESTAMP "2026-01-01 00:00:00", "+05:30")',
      'a zone in a timestamp': 'SELECT TIMESTAMP "2026-01-01 00:00:00 Europe/Paris"',
      'a change of a temporary table': 'CREATE TEMP TABLE x (a INT64); UPDATE x SET a = 1 WHERE TRUE',
      'a root of an exact decimal': 'SELECT SQRT(NUMERIC "2")',
      'text of bytes': 'SELECT SUBSTR(b"abc", 2)',
    })) {
      it(`is refused by name: ${what}`, () =>
        assert.rejects(run(sql), (err: Error & { reason?: string }) => {
          assert.equal(err.reason, 'invalidQuery');
          assert.match(err.message, /is not supported by the embedded engine/);
          return true;
        }));
    }

    for (const [what, sql] of Object.entries({
      'a syntax error with its position': ['SELECT FROM x', /\[1:8\]/],
      'an unknown column': ['SELECT y FROM UNNEST([1]) AS x', /Unrecognized name: y/],
      'an unknown dataset': ['SELECT 1 FROM nowhere.t', /Not found: Dataset test-project:nowhere/],
      'two columns of one name': ['SELECT 1 AS a, 2 AS A', /Duplicate column names/],
      'a NULL in an array of the result': ['SELECT [1, NULL] AS a', /null element/],
      'an ambiguous column': ['SELECT v FROM (SELECT 1 AS v) AS a CROSS JOIN (SELECT 2 AS v) AS b', /ambiguous/],
    } satisfies Record<string, [string, RegExp]>)) {
      it(`is told ${what}`, () => assert.rejects(run(sql[0]), sql[1]));
    }
  });
});
