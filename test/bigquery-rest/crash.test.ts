import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { DatabaseSync } from 'node:sqlite';
import { startEmbedded } from './embedded.ts';

const SERVER = join(import.meta.dirname, 'embedded-process.ts');

describe('a crash', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bigquery-crash-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function inDuckDb(...statements: readonly string[]): Promise<void> {
    const instance = await DuckDBInstance.create(join(folder, 'bigquery.duckdb'));
    const connection = await instance.connect();
    for (const sql of statements) await connection.run(sql);
    connection.closeSync();
    instance.closeSync();
  }
  function inCatalogue(sql: string, ...values: string[]): void {
    const db = new DatabaseSync(join(folder, 'cloud.sqlite'));
    db.prepare(sql).run(...values);
    db.close();
  }

  /** A table `ds.t` with one row, its server stopped. */
  async function aStoppedTable(): Promise<void> {
    const bq = await startEmbedded(folder);
    await bq.client().createDataset('ds');
    await bq.client().query('CREATE TABLE ds.t AS SELECT 1 AS a');
    await bq.stop();
  }

  it('between table and entry leaves neither', async () => {
    await aStoppedTable();
    await inDuckDb('CREATE TABLE "test-project:ds"."orphan" (a BIGINT)');
    const bq = await startEmbedded(folder);
    assert.deepEqual(await bq.client().dataset('ds').table('orphan').exists(), [false]);
    await bq.client().dataset('ds').createTable('orphan', { schema: 'b:STRING' });
    await bq
      .client()
      .dataset('ds')
      .table('orphan')
      .insert([{ b: 'x' }]);
    await bq.stop();
  });

  const wider = {
    schema: {
      fields: [
        { name: 'a', type: 'INTEGER' },
        { name: 'b', type: 'STRING' },
      ],
    },
  };
  const intend = () =>
    inCatalogue(
      'INSERT INTO bigquery_intents VALUES (?, ?, ?, ?, ?)',
      'change-1',
      'test-project',
      'ds',
      't',
      JSON.stringify(wider),
    );

  it('after the change of a table finishes its entry', async () => {
    await aStoppedTable();
    intend();
    await inDuckDb(
      'ALTER TABLE "test-project:ds"."t" ADD COLUMN b VARCHAR',
      `INSERT INTO "__rest".commits VALUES ('change-1')`,
    );
    const bq = await startEmbedded(folder);
    assert.deepEqual((await bq.client().dataset('ds').table('t').getRows())[0], [{ a: 1, b: null }]);
    await bq.stop();
  });

  it('before the change of a table leaves it as it was', async () => {
    await aStoppedTable();
    intend();
    const bq = await startEmbedded(folder);
    assert.deepEqual((await bq.client().dataset('ds').table('t').getRows())[0], [{ a: 1 }]);
    await bq.stop();
  });

  it('ends running jobs: those that had committed are done, the others failed', async () => {
    await aStoppedTable();
    for (const jobId of ['landed', 'lost']) {
      const ref = { projectId: 'test-project', location: 'US', jobId };
      const record = {
        ref,
        caller: 'owner@example.com',
        configuration: { jobType: 'LOAD', load: {} },
        createdMs: 1,
        state: 'RUNNING',
      };
      inCatalogue(
        `INSERT INTO bigquery_jobs VALUES ('test-project', 'US', ?, 'owner@example.com', NULL, NULL, 'RUNNING', 1, ?)`,
        jobId,
        JSON.stringify(record),
      );
    }
    await inDuckDb(`INSERT INTO "__rest".commits VALUES ('test-project:US.landed')`);
    const bq = await startEmbedded(folder);
    const status = async (jobId: string) => (await bq.client().job(jobId).getMetadata())[0].status;
    assert.deepEqual(await status('landed'), { state: 'DONE' });
    const { state, errorResult } = await status('lost');
    assert.deepEqual([state, errorResult.reason], ['DONE', 'backendError']);
    await assert.rejects(bq.client().createQueryJob({ query: 'SELECT 1', jobId: 'lost' }), { code: 409 });
    await bq.stop();
  });

  it('by kill -9 loses no row that was confirmed and no column', async () => {
    const { child, url } = await aProcess(folder);
    const headers = {
      authorization: 'Bearer owner@example.com https://www.googleapis.com/auth/cloud-platform',
      'content-type': 'application/json',
    };
    const post = async (path: string, body: object, method = 'POST'): Promise<Response> =>
      fetch(`${url}/bigquery/v2/projects/test-project/${path}`, {
        method,
        headers,
        body: JSON.stringify(body),
      });
    const fields = [
      { name: 'a', type: 'INTEGER' },
      { name: 'tags', type: 'STRING', mode: 'REPEATED' },
    ];
    await post('datasets', { datasetReference: { datasetId: 'ds' } });
    await post('datasets/ds/tables', {
      tableReference: { tableId: 't' },
      schema: { fields },
    });
    const wide = { schema: { fields: [...fields, { name: 'b', type: 'STRING' }] } };
    assert.equal((await post('datasets/ds/tables/t', wide, 'PATCH')).status, 200);
    for (let a = 0; a < 5; a += 1) {
      assert.equal((await post('datasets/ds/tables/t/insertAll', { rows: [{ json: { a } }] })).status, 200);
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    const bq = await startEmbedded(folder);
    assert.deepEqual(
      (await bq.client().dataset('ds').table('t').getRows())[0],
      [0, 1, 2, 3, 4].map((a) => ({ a, tags: [], b: null })),
    );
    await bq.stop();
  });
});

async function aProcess(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--no-warnings', SERVER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: line.toString().trim() };
}
