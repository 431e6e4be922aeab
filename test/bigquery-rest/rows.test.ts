import assert from 'node:assert/strict';
import type { Table } from '@google-cloud/bigquery';
import { startEmbedded, type EmbeddedBigQuery } from './embedded.ts';

interface Page {
  readonly totalRows: string;
  readonly pageToken?: string;
  readonly rows?: readonly { f: readonly { v: unknown }[] }[];
}

describe('rows of tables', () => {
  let bq: EmbeddedBigQuery;
  before(async () => {
    bq = await startEmbedded();
    await bq.client().createDataset('ds');
    await bq
      .client()
      .query(
        'CREATE TABLE ds.many AS SELECT x AS id, DATE_ADD(DATE "2026-11-01", INTERVAL MOD(x, 2) DAY) AS day FROM UNNEST(GENERATE_ARRAY(1, 3000)) x',
      );
  });
  after(() => bq.close());

  const page = async (table: string, query = ''): Promise<Page> =>
    (await (
      await bq.call('GET', `/bigquery/v2/projects/test-project/datasets/ds/tables/${table}/data?${query}`)
    ).json()) as Page;
  const firstCells = ({ rows = [] }: Page): number[] => rows.map(({ f }) => Number(f[0]?.v));
  const aTable = async (name: string, schema: object): Promise<Table> =>
    (await bq.client().dataset('ds').createTable(name, { schema }))[0];

  it('come page by page, each once', async () => {
    const found: number[] = [];
    let token: string | undefined;
    do {
      const answer = await page('many', `maxResults=700${token ? `&pageToken=${token}` : ''}`);
      assert.equal(answer.totalRows, '3000');
      found.push(...firstCells(answer));
      token = answer.pageToken;
    } while (token);
    assert.deepEqual(
      found.toSorted((a, b) => a - b),
      Array.from({ length: 3000 }, (_, index) => index + 1),
    );
  });

  it('stay as they were when the first page was read, and a page can be had again', async () => {
    await bq.client().query('CREATE TABLE ds.moving AS SELECT x FROM UNNEST(GENERATE_ARRAY(1, 10)) x ORDER BY x');
    const first = await page('moving', 'maxResults=4');
    await bq.client().query('DELETE FROM ds.moving WHERE x > 2');
    await bq.client().query('INSERT INTO ds.moving (x) VALUES (99)');
    const second = firstCells(await page('moving', `maxResults=4&pageToken=${first.pageToken}`));
    assert.equal(second.length, 4);
    assert.deepEqual(firstCells(await page('moving', `maxResults=4&pageToken=${first.pageToken}`)), second);
    const answer = await bq.call(
      'GET',
      `/bigquery/v2/projects/test-project/datasets/ds/tables/many/data?pageToken=${first.pageToken}`,
    );
    assert.equal(answer.status, 400);
  });

  it('start where the caller says', async () => {
    const all = firstCells(await page('many'));
    assert.deepEqual(firstCells(await page('many', 'startIndex=2990')), all.slice(2990));
    assert.deepEqual(firstCells(await page('many', 'startIndex=5000')), []);
  });

  it('look on the wire as those of a query', async () => {
    const types = `SELECT 1 AS i, 0.1 AS f, 3.0 AS w, CAST("nan" AS FLOAT64) AS nan, NUMERIC "-1.50" AS n, BIGNUMERIC "12.34" AS b, "a\\"b\\n\\\\é" AS s,
      b"\\x00\\xff" AS bytes, DATE "2026-01-02" AS d, TIMESTAMP "2026-01-02 03:04:05.678901+00" AS ts, DATETIME "2026-01-02 03:04:05" AS dt,
      TIME "01:02:03.5" AS t, TRUE AS bo, [1, 2] AS l, [STRUCT("x" AS k, [STRUCT(1 AS z)] AS m)] AS deep, STRUCT(CAST(NULL AS STRING) AS q) AS st, CAST(NULL AS INT64) AS nul`;
    await bq.client().query(`CREATE TABLE ds.typed AS ${types}`);
    const answer = await bq.call('POST', '/bigquery/v2/projects/test-project/queries', {
      query: 'SELECT * FROM ds.typed',
      useLegacySql: false,
      formatOptions: { useInt64Timestamp: true },
    });
    const queried = (await answer.json()) as Page;
    assert.deepEqual((await page('typed', 'formatOptions.useInt64Timestamp=true')).rows, queried.rows);
    assert.deepEqual((await page('typed', 'selectedFields=ts')).rows, [{ f: [{ v: '1767323045.678901' }] }]);
  });

  it('show numbers that are missing as NULL, and those that are none by name', async () => {
    await bq.client().query(`CREATE TABLE ds.doubles AS
      SELECT x, STRUCT(x AS y) AS r FROM UNNEST([NULL, 1.5, CAST('nan' AS FLOAT64), CAST('-inf' AS FLOAT64)]) AS x WITH OFFSET AS position ORDER BY position`);
    const { rows = [] } = await page('doubles');
    assert.deepEqual(
      rows.map(({ f }) => f[0]?.v),
      [null, '1.5', 'NaN', '-Infinity'],
    );
    assert.deepEqual(
      rows.map(({ f }) => f[1]?.v),
      [null, '1.5', 'NaN', '-Infinity'].map((v) => ({ f: [{ v }] })),
    );
  });

  it('show a NULL record as NULL and a missing list as empty', async () => {
    const table = await aTable('sparse', [
      {
        name: 'r',
        type: 'RECORD',
        fields: [
          { name: 'a', type: 'STRING' },
          { name: 'l', type: 'INTEGER', mode: 'REPEATED' },
        ],
      },
      { name: 'l', type: 'STRING', mode: 'REPEATED' },
    ]);
    await table.insert([{}, { r: {} }]);
    assert.deepEqual((await page('sparse')).rows, [
      { f: [{ v: null }, { v: [] }] },
      { f: [{ v: { f: [{ v: null }, { v: [] }] } }, { v: [] }] },
    ]);
  });

  it('give only the fields that are asked for, nested ones too', async () => {
    const table = await aTable('wide', [
      { name: 'a', type: 'STRING' },
      {
        name: 'r',
        type: 'RECORD',
        fields: [
          { name: 'x', type: 'STRING' },
          { name: 'y', type: 'STRING' },
        ],
      },
    ]);
    await table.insert([{ a: '1', r: { x: '2', y: '3' } }]);
    assert.deepEqual((await page('wide', 'selectedFields=r.y')).rows, [{ f: [{ v: { f: [{ v: '3' }] } }] }]);
    assert.match(JSON.stringify(await page('wide', 'selectedFields=nope')), /No such field: nope/);
  });

  it('are cut at 10 MB', async () => {
    await bq
      .client()
      .query('CREATE TABLE ds.heavy AS SELECT REPEAT("x", 1000000) AS s FROM UNNEST(GENERATE_ARRAY(1, 25)) x');
    const first = await page('heavy');
    assert.equal(first.rows?.length, 10);
    assert.notEqual(first.pageToken, undefined);
  });

  it('are refused one by one when streamed wrongly, and then none is taken', async () => {
    const table = await aTable('streamed', [{ name: 'id', type: 'INTEGER', mode: 'REQUIRED' }]);
    await assert.rejects(
      table.insert([{ id: 1 }, { id: 'x' }, { id: 2, nope: 1 }]),
      (err: { errors: { errors: { reason: string }[] }[] }) => {
        assert.deepEqual(
          err.errors.map(({ errors }) => errors[0]?.reason),
          ['stopped', 'invalid', 'invalid'],
        );
        return true;
      },
    );
    assert.deepEqual((await table.getRows())[0], []);
    await assert.rejects(table.insert([{ id: 1 }, { id: 'x' }], { skipInvalidRows: true }));
    await table.insert([{ id: 2, nope: 1 }], { ignoreUnknownValues: true });
    assert.deepEqual((await table.getRows())[0], [{ id: 1 }, { id: 2 }]);
  });

  it('are taken once for each insertId', async () => {
    const table = await aTable('deduped', [{ name: 'id', type: 'INTEGER' }]);
    const rows = [{ insertId: 'a', json: { id: 1 } }];
    await table.insert(rows, { raw: true });
    await table.insert(rows, { raw: true });
    assert.deepEqual((await table.getRows())[0], [{ id: 1 }]);
  });

  it('are taken once when an insertId comes twice in a call, or in two calls at once', async () => {
    const table = await aTable('deduped_at_once', [{ name: 'id', type: 'INTEGER' }]);
    const rows = [1, 2].map((id) => ({ insertId: 'a', json: { id } }));
    await Promise.all([table.insert(rows, { raw: true }), table.insert(rows, { raw: true })]);
    assert.deepEqual((await table.getRows())[0], [{ id: 1 }]);
  });
});
