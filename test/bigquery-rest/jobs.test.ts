import assert from 'node:assert/strict';
import { startEmbedded, type EmbeddedBigQuery } from './embedded.ts';

describe('jobs', () => {
  let bq: EmbeddedBigQuery;
  before(async () => {
    bq = await startEmbedded();
    await bq.client().createDataset('ds');
    await bq.client().dataset('ds').createTable('counted', { schema: 'id:INTEGER,n:INTEGER' });
    await bq.client().query('INSERT INTO ds.counted (id, n) VALUES (1, 0)');
  });
  after(() => bq.close());

  const query = async (body: object): Promise<Record<string, unknown> & { status: number }> => {
    const answer = await bq.call('POST', '/bigquery/v2/projects/test-project/queries', {
      useLegacySql: false,
      ...body,
    });
    return { ...((await answer.json()) as object), status: answer.status };
  };

  it('accept an id once for each project and location', async () => {
    const client = bq.client();
    await client.createQueryJob({ query: 'SELECT 1', jobId: 'once' });
    await assert.rejects(
      client.createQueryJob({ query: 'SELECT 1', jobId: 'once' }),
      (err: { code: number; errors: { reason: string }[] }) => {
        assert.deepEqual([err.code, err.errors[0]?.reason], [409, 'duplicate']);
        return true;
      },
    );
    await client.createQueryJob({ query: 'SELECT 1', jobId: 'once', location: 'EU' });
  });

  it('give an id to one of many that want it at once', async () => {
    const tries = Array.from({ length: 10 }, () =>
      bq.client().createQueryJob({ query: 'UPDATE ds.counted SET n = n + 1 WHERE id = 1', jobId: 'raced' }),
    );
    const outcomes = await Promise.allSettled(tries);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    await bq.client().job('raced').promise();
    assert.deepEqual((await bq.client().query('SELECT n FROM ds.counted WHERE id = 1'))[0], [{ n: 1 }]);
  });

  it('do the change of a repeated request once, and answer the same', async () => {
    const request = { query: 'UPDATE ds.counted SET n = n + 10 WHERE id = 1', requestId: 'r-1' };
    const [first, second] = [await query(request), await query(request)];
    assert.equal(first['numDmlAffectedRows'], '1');
    assert.deepEqual(second['jobReference'], first['jobReference']);
    assert.equal(second['numDmlAffectedRows'], '1');
    const own = await query({ query: 'SELECT n FROM ds.counted' });
    assert.deepEqual(own['rows'], [{ f: [{ v: '11' }] }]);
  });

  it('need no reference for a short query when the caller says so', async () => {
    const short = await query({ query: 'SELECT 1 AS x', jobCreationMode: 'JOB_CREATION_OPTIONAL' });
    assert.equal(short['jobReference'], undefined);
    assert.equal(typeof short['queryId'], 'string');
    const paged = await query({
      query: 'SELECT x FROM UNNEST([1, 2, 3]) x',
      jobCreationMode: 'JOB_CREATION_OPTIONAL',
      maxResults: 2,
    });
    const { jobId } = paged['jobReference'] as { jobId: string };
    assert.equal((paged['rows'] as unknown[]).length, 2);
    const next = await bq.call(
      'GET',
      `/bigquery/v2/projects/test-project/queries/${jobId}?pageToken=${String(paged['pageToken'])}`,
    );
    assert.deepEqual(((await next.json()) as { rows: unknown }).rows, [{ f: [{ v: '3' }] }]);
  });

  it('analyse a query without running it', async () => {
    const dry = await query({ query: 'SELECT id FROM ds.counted', dryRun: true });
    assert.deepEqual(
      (dry['schema'] as { fields: { name: string }[] }).fields.map(({ name }) => name),
      ['id'],
    );
    assert.equal((await query({ query: 'SELECT nope FROM ds.counted', dryRun: true })).status, 400);
  });

  it('refuse legacy SQL, which is the default of the API', async () => {
    const legacy = await bq.call('POST', '/bigquery/v2/projects/test-project/queries', { query: 'SELECT 1' });
    assert.equal(legacy.status, 400);
    assert.match(await legacy.text(), /Legacy SQL/);
  });

  it('tell their errors in the job, and to who asks for results', async () => {
    const [job] = await bq.client().createQueryJob('SELECT nope FROM ds.counted');
    await assert.rejects(job.getQueryResults(), { code: 400, message: /Unrecognized name: nope/ });
    const [metadata] = await job.getMetadata();
    assert.deepEqual([metadata.status.state, metadata.status.errorResult.reason], ['DONE', 'invalidQuery']);
  });

  it('page their results by token and by index', async () => {
    const [job] = await bq.client().createQueryJob('SELECT x FROM UNNEST(GENERATE_ARRAY(1, 2500)) x ORDER BY x');
    const found: number[] = [];
    let page: object | undefined = { maxResults: 700, autoPaginate: false };
    while (page) {
      const [rows, next] = (await job.getQueryResults(page)) as unknown as [{ x: number }[], object | undefined];
      found.push(...rows.map(({ x }) => x));
      page = next;
    }
    assert.deepEqual(
      found,
      Array.from({ length: 2500 }, (_, index) => index + 1),
    );
    const [some] = await job.getQueryResults({ startIndex: '2498', autoPaginate: false } as object);
    assert.deepEqual(
      some.map(({ x }) => x),
      [2499, 2500],
    );
  });

  it('show their rows in the table that they name, to who asked alone', async () => {
    const [job] = await bq.client().createQueryJob('SELECT 5 AS x');
    await job.getQueryResults();
    const { destinationTable } = (await job.getMetadata())[0].configuration.query;
    const table = (email?: string) =>
      bq.client(email).dataset(destinationTable.datasetId).table(destinationTable.tableId);
    assert.deepEqual((await table().getRows())[0], [{ x: 5 }]);
    await assert.rejects(table('other@example.com').getRows(), { code: 403 });
    await assert.rejects(bq.client('other@example.com').job(job.id!).getQueryResults(), { code: 403 });
  });

  it('write into the table that the caller names', async () => {
    const destination = bq.client().dataset('ds').table('written');
    const [job] = await bq
      .client()
      .createQueryJob({ query: 'SELECT 1 AS a, [STRUCT("x" AS b)] AS l, NUMERIC "0.1" AS n', destination });
    assert.equal((await job.getQueryResults())[0].length, 1);
    const [rows] = await destination.getRows();
    assert.deepEqual(
      rows.map(({ a, l, n }) => [a, l, String(n)]),
      [[1, [{ b: 'x' }], '0.1']],
    );
    const [again] = await bq
      .client()
      .createQueryJob({ query: 'SELECT 1 AS a', destination, writeDisposition: 'WRITE_EMPTY' });
    await assert.rejects(again.getQueryResults(), { code: 409 });
  });

  it('have the statements of a script as children', async () => {
    const [job] = await bq
      .client()
      .createQueryJob({ query: 'UPDATE ds.counted SET n = 0 WHERE true; SELECT 9 AS nine', labels: { team: 'a' } });
    assert.deepEqual((await job.getQueryResults())[0], [{ nine: 9 }]);
    const [metadata] = await job.getMetadata();
    assert.deepEqual([metadata.statistics.numChildJobs, metadata.configuration.labels], ['2', { team: 'a' }]);
    const [children] = await bq.client().getJobs({ parentJobId: job.id! } as object);
    assert.deepEqual(children.map((child) => child.metadata.statistics.query.statementType as string).toSorted(), [
      'SELECT',
      'UPDATE',
    ]);
  });

  it('run where what they read is, and nowhere else', async () => {
    await bq.client().createDataset('europe', { location: 'EU' });
    await bq.client().dataset('europe').createTable('t', { schema: 'a:INTEGER' });
    const [job] = await bq.client().createQueryJob('SELECT a FROM `test-project.europe.t`');
    assert.equal(job.location, 'EU');
    const misplaced = await query({ query: 'SELECT a FROM europe.t', location: 'US' });
    assert.equal(misplaced.status, 404);
    assert.match(JSON.stringify(misplaced), /Not found: Dataset test-project:europe was not found in location US/);
    await assert.rejects(bq.client().job(job.id!, { location: 'US' }).getMetadata(), { code: 404 });
  });

  it('are cancelled when asked to', async () => {
    const sql =
      'SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 100000)) a CROSS JOIN UNNEST(GENERATE_ARRAY(1, 1000000)) b WHERE MOD(a * b, 7) = 3';
    // Several, as the moment at which a query starts is the one at which a cancellation used to get lost.
    for (let tries = 0; tries < 10; tries += 1) {
      const [job] = await bq.client().createQueryJob(sql);
      await job.cancel();
      await assert.rejects(job.getQueryResults());
      const [metadata] = await job.getMetadata();
      assert.equal(metadata.status.errorResult.reason, 'stopped');
    }
  });

  it('keep their ids and results over a restart', async () => {
    const own = await startEmbedded();
    const [job] = await own.client().createQueryJob({ query: 'SELECT 3 AS x', jobId: 'lasting' });
    await job.getQueryResults();
    const again = await own.restart();
    try {
      await assert.rejects(again.client().createQueryJob({ query: 'SELECT 1', jobId: 'lasting' }), { code: 409 });
      assert.deepEqual((await again.client().job('lasting').getQueryResults())[0], [{ x: 3 }]);
    } finally {
      await again.close();
    }
  });
});
