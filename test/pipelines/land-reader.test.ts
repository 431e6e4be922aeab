import assert from 'node:assert/strict';
import type { BigQuery } from '@google-cloud/bigquery';
import type { WireRow } from '../../shared/pipelines/landing/row-writer.ts';
import { landReader } from '../../shared/pipelines/landing/land-reader.ts';
import { introspect, readByDay, type SourceTable } from '../../shared/pipelines/landing/source-table.ts';
import { listUnits, type SourceUnit } from '../../shared/pipelines/landing/source-units.ts';
import type { OpenRows } from '../../shared/pipelines/landing/unit-lander.ts';
import { PROJECT, READ_ONLY, startEmbedded, type EmbeddedBigQuery } from '../bigquery-rest/embedded.ts';

const path = (tableId: string) => ({ projectId: PROJECT, datasetId: 'exports', tableId });
const HEAD = `billing_account_id STRING, subscription STRUCT<instance_id STRING>, n INT64`;

describe('reading a unit', function () {
  this.timeout(60_000);
  let embedded: EmbeddedBigQuery;
  let owner: BigQuery;
  let customer: BigQuery;
  before(async () => {
    embedded = await startEmbedded();
    owner = embedded.client();
    customer = embedded.client('reader@example.com', [READ_ONLY]);
    await owner.createDataset('exports', { location: 'europe-west3' });
  });
  after(() => embedded.close());

  const run = async (sql: string): Promise<unknown> => owner.query({ query: sql, location: 'europe-west3' });
  const add = (table: string, day: string, ...numbers: number[]) =>
    run(`INSERT INTO exports.${table} (_PARTITIONTIME, n) VALUES
      ${numbers.map((n) => `(TIMESTAMP '${day}', ${n})`).join(', ')}`);

  async function unitsOf(table: string, by: (source: SourceTable) => SourceTable = (source) => source) {
    const source = by(await introspect(customer, path(table), 'commitments'));
    return { source, units: (await listUnits(customer, source)).units };
  }

  /** Reads a unit as a lander would; `meanwhile` happens after the first page of each reading. */
  async function read(
    { source, units }: { source: SourceTable; units: readonly SourceUnit[] },
    meanwhile: (reading: number) => Promise<unknown> = async () => undefined,
    pageRows = 1,
  ) {
    let readings = 0;
    const land = landReader(customer, [{ table: source }], { pageRows, signal: new AbortController().signal });
    return land(units[0]!, async (seen, open) => {
      readings += 1;
      const numbers = await numbersOf(open(), () => meanwhile(readings));
      return { readings, numbers, recorded: seen.rowCount };
    });
  }

  async function numbersOf({ columns, pages }: OpenRows, meanwhile: () => Promise<unknown>): Promise<number[]> {
    const index = columns.findIndex(({ name }) => name === 'n');
    const rows: WireRow[] = [];
    for await (const page of pages) {
      if (rows.length === 0) await meanwhile();
      rows.push(...page);
    }
    return rows.map(({ f }) => Number(f[index]?.v)).sort((a, b) => a - b);
  }

  async function partitioned(table: string): Promise<void> {
    await run(`CREATE TABLE exports.${table} (${HEAD}) PARTITION BY _PARTITIONDATE`);
    await add(table, '2026-11-01', 1, 2);
  }

  it('gives its rows once, and the state they are in', async () => {
    await partitioned('calm');
    assert.deepEqual(await read(await unitsOf('calm')), { readings: 1, numbers: [1, 2], recorded: 2 });
  });

  it('again, when rows were added meanwhile', async () => {
    await partitioned('growing');
    const result = await read(await unitsOf('growing'), async (reading) => {
      if (reading === 1) await add('growing', '2026-11-01', 3);
    });
    assert.deepEqual(result, { readings: 2, numbers: [1, 2, 3], recorded: 3 });
  });

  it('again, when as many rows were restated meanwhile', async () => {
    await partitioned('restated');
    const result = await read(await unitsOf('restated'), async (reading) => {
      embedded.advance(1);
      if (reading === 1) await run(`UPDATE exports.restated SET n = n * 10 WHERE n > 0`);
    });
    assert.deepEqual(result, { readings: 2, numbers: [10, 20], recorded: 2 });
  });

  it('once, when only another day has changed', async () => {
    await partitioned('elsewhere');
    const result = await read(await unitsOf('elsewhere'), () =>
      owner
        .dataset('exports')
        .table('elsewhere$20261102')
        .insert([{ n: 9 }]),
    );
    assert.deepEqual(result, { readings: 1, numbers: [1, 2], recorded: 2 });
  });

  it('of a table without partitions again, when it has changed', async () => {
    await run(`CREATE TABLE exports.plain (${HEAD})`);
    await run('INSERT INTO exports.plain (n) VALUES (1), (2)');
    const result = await read(await unitsOf('plain'), async (reading) => {
      embedded.advance(1);
      if (reading === 1) await run('DELETE FROM exports.plain WHERE n = 1');
    });
    assert.deepEqual(result, { readings: 2, numbers: [2], recorded: 1 });
  });

  it('is left for later when it never stands still', async () => {
    await partitioned('restless');
    await assert.rejects(
      read(await unitsOf('restless'), () => add('restless', '2026-11-01', 3)),
      { code: 'source_changed', retryable: true },
    );
  });

  it('is left for later when a column went meanwhile', async () => {
    await partitioned('narrowed');
    const found = await unitsOf('narrowed');
    const drop = async () => {
      embedded.advance(1);
      await run('ALTER TABLE exports.narrowed ADD COLUMN more STRING');
    };
    await assert.rejects(read(found, drop), { code: 'source_changed', message: /columns of .*narrowed changed/ });
  });

  it('is left for later when its day went meanwhile', async () => {
    await partitioned('gone');
    await assert.rejects(
      read(await unitsOf('gone'), async () => {
        embedded.advance(1);
        await run(`DELETE FROM exports.gone WHERE n > 0`);
      }),
      { code: 'source_changed' },
    );
  });

  it('says that the table was dropped', async () => {
    await partitioned('dropped');
    await assert.rejects(
      read(await unitsOf('dropped'), () => run('DROP TABLE exports.dropped')),
      { code: 'source_not_found', message: `${PROJECT}.exports.dropped does not exist` },
    );
  });

  it('of a view comes from one query in pages, whatever happens meanwhile', async () => {
    await partitioned('under_view');
    const view = { query: `SELECT * FROM \`${PROJECT}.exports.under_view\``, useLegacySql: false };
    await owner.dataset('exports').createTable('view', { view });
    const result = await read(await unitsOf('view'), () => add('under_view', '2026-11-01', 3));
    assert.deepEqual(result.numbers, [1, 2]);
  });

  it('of a day of a view comes without the other days and those without one', async () => {
    for (const type of ['TIMESTAMP', 'DATETIME', 'DATE']) {
      const table = `dated_${type.toLowerCase()}`;
      await run(`CREATE TABLE exports.${table} AS
        SELECT CAST(day AS ${type}) AS export_time, n, 'A' AS billing_account_id, STRUCT('S' AS id) AS sku
        FROM UNNEST([STRUCT(DATE '2026-11-01' AS day, 1 AS n), STRUCT(DATE '2026-11-02', 2), STRUCT(NULL, 3)])`);
      const source = readByDay(await introspect(customer, path(table), 'pricing'));
      const { units } = await listUnits(customer, source);
      const found = await Promise.all(
        units.map(async (unit) => [unit.name, unit.day, ...(await read({ source, units: [unit] })).numbers].slice(1)),
      );
      const created = source.createdAt.toISOString().slice(0, 10);
      assert.deepEqual(
        found.toSorted(),
        [
          ['2026-11-01', 1],
          ['2026-11-02', 2],
          [created, 3],
        ].toSorted(),
      );
    }
  });

  for (const pageRows of [1, 2, 1000, 100_000]) {
    it(`in pages of ${pageRows} gives the same rows`, async () => {
      const table = `paged_${pageRows}`;
      await run(`CREATE TABLE exports.${table} (${HEAD}) PARTITION BY _PARTITIONDATE`);
      await add(table, '2026-11-01', 1, 2, 3, 4, 5);
      const { numbers } = await read(await unitsOf(table), undefined, pageRows);
      assert.deepEqual(numbers, [1, 2, 3, 4, 5]);
    });
  }
});
