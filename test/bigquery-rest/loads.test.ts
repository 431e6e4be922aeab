import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import type { Job, Table } from '@google-cloud/bigquery';
import { startEmbedded, type EmbeddedBigQuery } from './embedded.ts';

const NDJSON = 'NEWLINE_DELIMITED_JSON';

describe('load jobs', () => {
  let bq: EmbeddedBigQuery;
  before(async () => {
    bq = await startEmbedded();
    await bq.client().createDataset('land');
  });
  after(() => bq.close());

  const schema = [
    { name: 'id', type: 'INTEGER', mode: 'REQUIRED' },
    { name: 'day', type: 'DATE' },
    { name: 'amount', type: 'NUMERIC' },
    { name: 'exact', type: 'BIGNUMERIC' },
    { name: 'note', type: 'STRING' },
  ];
  let names = 0;
  const aTable = async (options: object = {}): Promise<Table> => {
    const [table] = await bq
      .client()
      .dataset('land')
      .createTable(`t${++names}`, { schema, ...options });
    return table;
  };
  /** Loads as the official client does; rejects as its job fails. */
  async function load(table: Table, content: string | Buffer, metadata: object = {}): Promise<Job> {
    const sink = table.createWriteStream({ sourceFormat: NDJSON, ...metadata });
    const done = new Promise<Job>((resolve, reject) => {
      sink.on('complete', resolve);
      sink.on('error', reject);
    });
    const [job] = await Promise.all([done, pipeline(Readable.from([content]), sink)]);
    return job;
  }
  const ids = async (table: Table): Promise<number[]> => (await table.getRows())[0].map(({ id }) => id);
  const inPartition = (table: Table, day: string): Table => bq.client().dataset('land').table(`${table.id}$${day}`);

  it('keep every digit of a decimal, written as a number or as text', async () => {
    const table = await aTable();
    await load(
      table,
      '{"id":1,"amount":12345678901234567890123456789.123456789,"exact":1.00000000000000000000000000000000000001}\n' +
        '{"id":"2","amount":"0.1","exact":"-578960446186580977117854925043439539266.34992332820282019728792003956564819967"}\n',
    );
    const [rows] = await bq
      .client()
      .query(`SELECT CAST(amount AS STRING) a, CAST(exact AS STRING) e FROM land.${table.id} ORDER BY id`);
    assert.deepEqual(rows, [
      { a: '12345678901234567890123456789.123456789', e: '1.00000000000000000000000000000000000001' },
      { a: '0.1', e: '-578960446186580977117854925043439539266.34992332820282019728792003956564819967' },
    ]);
  });

  it('replace, add to, or refuse what is there', async () => {
    const table = await aTable();
    await load(table, '{"id":1}\n');
    await load(table, '{"id":2}\n');
    assert.deepEqual(await ids(table), [1, 2]);
    await load(table, '{"id":3}\n', { writeDisposition: 'WRITE_TRUNCATE' });
    assert.deepEqual(await ids(table), [3]);
    await assert.rejects(load(table, '{"id":4}\n', { writeDisposition: 'WRITE_EMPTY' }), /Already Exists/);
  });

  it('replace one partition, and only with rows of it', async () => {
    const table = await aTable({ timePartitioning: { type: 'DAY', field: 'day' } });
    await load(table, '{"id":1,"day":"2026-11-01"}\n{"id":2,"day":"2026-11-02"}\n');
    await load(inPartition(table, '20261102'), '{"id":3,"day":"2026-11-02"}\n', { writeDisposition: 'WRITE_TRUNCATE' });
    assert.deepEqual(
      (await ids(table)).toSorted((a, b) => a - b),
      [1, 3],
    );
    await assert.rejects(
      load(inPartition(table, '20261102'), '{"id":4,"day":"2026-11-02"}\n{"id":5,"day":"2026-11-03"}\n'),
      /Some rows belong to different partitions/,
    );
    assert.deepEqual(
      (await ids(table)).toSorted((a, b) => a - b),
      [1, 3],
    );
    await assert.rejects(load(inPartition(table, '20261340'), '{"id":4}\n'), /Invalid time partitioning key/);
  });

  it('set the ingestion time by the decorator, else by the clock', async () => {
    const table = await aTable({ timePartitioning: { type: 'DAY' } });
    await load(inPartition(table, '20251231'), '{"id":1}\n');
    await load(table, '{"id":2}\n');
    const [rows] = await bq
      .client()
      .query(`SELECT id, FORMAT_DATE('%Y%m%d', _PARTITIONDATE) d FROM land.${table.id} ORDER BY id`);
    assert.deepEqual(rows, [
      { id: 1, d: '20251231' },
      { id: 2, d: new Date().toISOString().slice(0, 10).replaceAll('-', '') },
    ]);
    assert.deepEqual(await ids(inPartition(table, '20251231')), [1]);
  });

  it('note which partitions they changed, and when', async () => {
    const table = await aTable({ timePartitioning: { type: 'DAY', field: 'day' } });
    const partitions = async () => {
      const [rows] = await bq
        .client()
        .query(
          `SELECT partition_id, total_rows, last_modified_time FROM land.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = '${table.id}' ORDER BY 1`,
        );
      return rows.map(({ partition_id, total_rows, last_modified_time }) => [
        partition_id,
        total_rows,
        last_modified_time.value,
      ]);
    };
    await load(table, '{"id":1,"day":"2026-11-01"}\n{"id":2,"day":"2026-11-02"}\n{"id":3}\n');
    const before = await partitions();
    assert.deepEqual(
      before.map(([id, rows]) => [id, rows]),
      [
        ['20261101', 1],
        ['20261102', 1],
        ['__NULL__', 1],
      ],
    );
    await load(table, '{"id":4,"day":"2026-11-02"}\n');
    const after = await partitions();
    assert.deepEqual(after[0], before[0]);
    assert.equal(after[1]![1], 2);
    assert(after[1]![2] > before[1]![2]);
  });

  const wrong = [
    { name: 'no integer', row: '{"id":"x"}', message: /Could not convert value to integer\. Field: id; Value: x/ },
    { name: 'a fraction for an integer', row: '{"id":1.5}', message: /Could not convert value to integer/ },
    { name: 'an unknown column', row: '{"id":1,"nope":2}', message: /No such field: nope/ },
    { name: 'a missing REQUIRED column', row: '{"note":"x"}', message: /Missing required field: id/ },
    {
      name: 'NULL for a REQUIRED column',
      row: '{"id":null}',
      message: /Only optional fields can be set to NULL\. Field: id/,
    },
    { name: 'a list for one value', row: '{"id":[1]}', message: /Array specified for non-repeated field: id/ },
    { name: 'an impossible day', row: '{"id":1,"day":"2026-02-30"}', message: /Field: day/ },
    { name: 'a decimal too large', row: '{"id":1,"amount":1e40}', message: /Field: amount/ },
    { name: 'no JSON', row: '{"id":1', message: /Parser terminated/ },
    { name: 'JSON nested without end', row: `{"id":${'['.repeat(50_000)}`, message: /JSON parsing error in row/ },
  ];
  for (const { name, row, message } of wrong) {
    it(`fail at ${name}, say where, and change nothing`, async () => {
      const table = await aTable();
      const failure = await load(table, `{"id":1}\n${row}\n`, { writeDisposition: 'WRITE_TRUNCATE' }).then(
        () => assert.fail('The load should have failed.'),
        (err: { errors: { message: string }[] }) => err.errors.map((error) => error.message).join('\n'),
      );
      assert.match(failure, /Error while reading data, error message: JSON table encountered too many errors/);
      assert.match(failure, /JSON parsing error in row starting at position 9: /);
      assert.match(failure, message);
      assert.deepEqual(await ids(table), []);
    });
  }

  it('skip as many bad rows as they may', async () => {
    const table = await aTable();
    const job = await load(table, '{"id":1}\n{"id":"x"}\n{"id":2}\n', { maxBadRecords: 1 });
    assert.equal(job.metadata.statistics.load.badRecords, '1');
    assert.deepEqual(await ids(table), [1, 2]);
  });

  it('make a table with schema and partitions, and leave none when they fail', async () => {
    const made = bq.client().dataset('land').table('made');
    const definition = { schema: { fields: schema }, timePartitioning: { type: 'MONTH', field: 'day' } };
    await assert.rejects(load(made, '{"id":"x"}\n', definition));
    assert.deepEqual(await made.exists(), [false]);
    await load(made, '{"id":1,"day":"2026-11-05"}\n', definition);
    assert.equal((await made.getMetadata())[0].timePartitioning.type, 'MONTH');
    await assert.rejects(load(bq.client().dataset('land').table('bare'), '{"id":1}\n'), /No schema specified/);
    await assert.rejects(
      load(bq.client().dataset('land').table('bare'), '{"id":1}\n', {
        ...definition,
        createDisposition: 'CREATE_NEVER',
      }),
      /Not found: Table test-project:land\.bare/,
    );
  });

  it('add columns only when they may', async () => {
    const table = await aTable();
    const wider = { schema: { fields: [...schema, { name: 'extra', type: 'STRING' }] } };
    await assert.rejects(load(table, '{"id":1,"extra":"e"}\n', wider), /Cannot add fields \(field: extra\)/);
    await load(table, '{"id":1,"extra":"e"}\n', { ...wider, schemaUpdateOptions: ['ALLOW_FIELD_ADDITION'] });
    // A client's table remembers the columns that it was made with.
    const fresh = bq.client().dataset('land').table(table.id!);
    assert.equal((await fresh.getRows())[0][0].extra, 'e');
  });

  it('read CSV with quotes, line breaks, NULLs and a header', async () => {
    const table = await aTable();
    await load(table, 'id,day,amount,exact,note\n1,2026-11-01,1.5,2,"a ""b"", c\nd"\n2,,,,\n', {
      sourceFormat: 'CSV',
      skipLeadingRows: 1,
      allowQuotedNewlines: true,
    });
    const [rows] = await table.getRows();
    assert.deepEqual(
      rows.map(({ id, note }) => [id, note]),
      [
        [1, 'a "b", c\nd'],
        [2, null],
      ],
    );
    await assert.rejects(load(table, '1,2\n', { sourceFormat: 'CSV' }), /too many errors/);
  });

  it('read gzip', async () => {
    const table = await aTable();
    await load(table, gzipSync('{"id":1}\n{"id":2}\n'));
    assert.deepEqual(await ids(table), [1, 2]);
  });

  it('refuse by name what they do not read', async () => {
    const table = await aTable();
    await assert.rejects(load(table, 'PAR1', { sourceFormat: 'PARQUET' }), /source format PARQUET is not supported/);
    await assert.rejects(load(table, '{}', { autodetect: true }), /autodetect/);
  });

  it('take an upload piece by piece, and a piece that comes twice once', async () => {
    const table = await aTable();
    const configuration = {
      load: {
        destinationTable: { projectId: 'test-project', datasetId: 'land', tableId: table.id },
        sourceFormat: NDJSON,
      },
    };
    const start = await bq.call('POST', '/upload/bigquery/v2/projects/test-project/jobs?uploadType=resumable', {
      configuration,
    });
    const path = start.headers.get('location')!.slice(bq.url.length);
    const content = '{"id":1}\n{"id":2}\n{"id":3}\n';
    const put = (range: string, body = '') => bq.call('PUT', path, body, { 'content-range': range });
    const first = await put('bytes 0-8/*', content.slice(0, 9));
    assert.deepEqual([first.status, first.headers.get('range')], [308, 'bytes=0-8']);
    const again = await put('bytes 0-17/*', content.slice(0, 18));
    assert.equal(again.headers.get('range'), 'bytes=0-17');
    assert.equal((await put('bytes */27')).headers.get('range'), 'bytes=0-17');
    assert.equal((await put('bytes 20-26/27', content.slice(20))).status, 400);
    // Go's client sends its pieces by POST.
    const last = await bq.call('POST', path, content.slice(18), { 'content-range': 'bytes 18-26/27' });
    assert.equal(last.status, 200);
    const { jobReference } = (await last.json()) as { jobReference: { jobId: string } };
    await bq.client().job(jobReference.jobId).promise();
    assert.deepEqual(await ids(table), [1, 2, 3]);
  });

  it('refuse a body that breaks off', async () => {
    const body =
      '--b\r\ncontent-type: application/json\r\n\r\n{"configuration":{}}\r\n--b\r\ncontent-type: x/y\r\n\r\n{"id":1}';
    const answer = await bq.call('POST', '/upload/bigquery/v2/projects/test-project/jobs?uploadType=multipart', body, {
      'content-type': 'multipart/related; boundary=b',
    });
    assert.equal(answer.status, 400);
  });
});
