import assert from 'node:assert/strict';
import type { Table } from '@google-cloud/bigquery';
import { startEmbedded, type EmbeddedBigQuery } from './embedded.ts';

describe('datasets and tables', () => {
  let bq: EmbeddedBigQuery;
  before(async () => {
    bq = await startEmbedded();
    await bq.client().createDataset('shop', { location: 'US' });
  });
  after(() => bq.close());

  const aTable = async (name: string, options: object = {}): Promise<Table> => {
    const schema = [
      { name: 'id', type: 'INT64', mode: 'REQUIRED' },
      { name: 'day', type: 'DATE' },
      { name: 'item', type: 'RECORD', fields: [{ name: 'sku', type: 'STRING' }] },
    ];
    const [table] = await bq
      .client()
      .dataset('shop')
      .createTable(name, { schema, ...options });
    return table;
  };

  it('keeps a dataset with its location, labels and access list', async () => {
    const [dataset] = await bq.client().createDataset('labelled', { location: 'EU', labels: { team: 'a' } });
    const [metadata] = await dataset.getMetadata();
    assert.equal(metadata.location, 'EU');
    assert.deepEqual(metadata.labels, { team: 'a' });
    assert(metadata.access.some((entry: { userByEmail?: string }) => entry.userByEmail === 'owner@example.com'));
    await dataset.setMetadata({ labels: { more: 'b' }, description: 'text' });
    const [changed] = await dataset.getMetadata();
    assert.deepEqual([changed.labels, changed.description], [{ team: 'a', more: 'b' }, 'text']);
  });

  it('refuses a dataset that is there, or whose name is wrong', async () => {
    await assert.rejects(bq.client().createDataset('shop'), {
      code: 409,
      message: /Already Exists: Dataset test-project:shop/,
    });
    await assert.rejects(bq.client().createDataset('no-dashes'), { code: 400 });
  });

  it('deletes a dataset with tables only when told to', async () => {
    const [dataset] = await bq.client().createDataset('full');
    await dataset.createTable('t', { schema: 'a:STRING' });
    await assert.rejects(dataset.delete(), { code: 400, message: /is still in use/ });
    await dataset.delete({ force: true });
    assert.deepEqual(await dataset.exists(), [false]);
  });

  it('answers a table as it was made, types under their REST names', async () => {
    const table = await aTable('made', {
      timePartitioning: { type: 'DAY', field: 'day', expirationMs: '63072000000' },
      clustering: { fields: ['id'] },
      labels: { a: 'b' },
    });
    const [metadata] = await table.getMetadata();
    assert.deepEqual(metadata.schema.fields[0], { name: 'id', type: 'INTEGER', mode: 'REQUIRED' });
    assert.deepEqual(metadata.timePartitioning, { type: 'DAY', field: 'day', expirationMs: '63072000000' });
    assert.deepEqual([metadata.clustering, metadata.labels, metadata.numRows], [{ fields: ['id'] }, { a: 'b' }, '0']);
  });

  it('adds columns, nested ones too, and relaxes REQUIRED; rows keep what they had', async () => {
    const table = await aTable('widened');
    await table.insert([{ id: 1, item: { sku: 'x' } }]);
    await table.setMetadata({
      schema: {
        fields: [
          { name: 'id', type: 'INTEGER' },
          { name: 'day', type: 'DATE' },
          {
            name: 'item',
            type: 'RECORD',
            fields: [
              { name: 'sku', type: 'STRING' },
              { name: 'price', type: 'NUMERIC' },
            ],
          },
          { name: 'tags', type: 'STRING', mode: 'REPEATED' },
        ],
      },
    });
    await table.insert([{ item: { sku: 'y', price: '1.5' }, tags: ['t'] }]);
    const [rows] = await table.getRows();
    assert.deepEqual(
      rows.map(({ id, item, tags }) => ({ id, sku: item.sku, price: item.price && String(item.price), tags })),
      [
        { id: 1, sku: 'x', price: null, tags: [] },
        { id: null, sku: 'y', price: '1.5', tags: ['t'] },
      ],
    );
  });

  const narrowing = [
    { name: 'takes a column away', fields: [{ name: 'id', type: 'INTEGER', mode: 'REQUIRED' }] },
    {
      name: 'changes a type',
      fields: [
        { name: 'id', type: 'STRING', mode: 'REQUIRED' },
        { name: 'day', type: 'DATE' },
      ],
    },
    {
      name: 'adds a REQUIRED column',
      fields: [
        { name: 'id', type: 'INTEGER', mode: 'REQUIRED' },
        { name: 'day', type: 'DATE' },
        { name: 'new', type: 'STRING', mode: 'REQUIRED' },
      ],
    },
  ];
  for (const { name, fields } of narrowing) {
    it(`refuses a schema that ${name}`, async () => {
      const table = await aTable(`narrow_${name.replaceAll(' ', '_')}`);
      await assert.rejects(table.setMetadata({ schema: { fields } }), {
        code: 400,
        message: /Provided Schema does not match Table test-project:shop\.narrow/,
      });
    });
  }

  it('refuses a change of what somebody else has changed meanwhile', async () => {
    await aTable('tagged');
    const path = '/bigquery/v2/projects/test-project/datasets/shop/tables/tagged';
    const { etag } = (await (await bq.call('GET', path)).json()) as { etag: string };
    assert.equal((await bq.call('PATCH', path, { description: 'one' }, { 'if-match': etag })).status, 200);
    assert.equal((await bq.call('PATCH', path, { description: 'two' }, { 'if-match': etag })).status, 412);
  });

  it('tells what is missing by its name', async () => {
    const client = bq.client();
    await assert.rejects(client.dataset('shop').table('nope').getMetadata(), {
      code: 404,
      message: 'Not found: Table test-project:shop.nope',
    });
    await assert.rejects(client.dataset('none').table('nope').getMetadata(), {
      code: 404,
      message: 'Not found: Dataset test-project:none',
    });
  });

  it('drops the rows of partitions that are too old, and tables that have expired', async () => {
    const table = await aTable('aging', {
      timePartitioning: { type: 'DAY', field: 'day', expirationMs: String(86_400_000 * 10) },
    });
    const now = Date.now();
    const day = (ago: number): string => new Date(now - ago * 86_400_000).toISOString().slice(0, 10);
    await table.insert([
      { id: 1, day: day(20) },
      { id: 2, day: day(1) },
    ]);
    assert.deepEqual(
      (await table.getRows())[0].map(({ id }) => id),
      [2],
    );
    const expiring = await aTable('expiring', { expirationTime: String(now + 3_600_000) });
    bq.advance(7200);
    assert.deepEqual(await expiring.exists(), [false]);
  });

  it('makes a view with the columns of its query', async () => {
    await aTable('base');
    const [view] = await bq
      .client()
      .dataset('shop')
      .createTable('seen', { view: 'SELECT id, day FROM `test-project.shop.base`' });
    const [metadata] = await view.getMetadata();
    assert.equal(metadata.type, 'VIEW');
    assert.deepEqual(
      metadata.schema.fields.map(({ name }: { name: string }) => name),
      ['id', 'day'],
    );
    await assert.rejects(
      bq.client().dataset('shop').createTable('broken', { view: 'SELECT nope FROM `test-project.shop.base`' }),
      { code: 400 },
    );
  });

  it('keeps procedures and calls them', async () => {
    await aTable('called');
    const routine = bq.client().dataset('shop').routine('put');
    await routine.create({
      routineType: 'PROCEDURE',
      language: 'SQL',
      arguments: [{ name: 'n', dataType: { typeKind: 'INT64' } }],
      definitionBody: 'INSERT INTO `test-project.shop.called` (id) VALUES (n);',
    });
    const [job] = await bq.client().createQueryJob('CALL `test-project.shop.put`(7)');
    await job.getQueryResults();
    const [metadata] = await job.getMetadata();
    assert.equal(metadata.statistics.numChildJobs, '1');
    assert.deepEqual((await bq.client().query('SELECT id FROM shop.called'))[0], [{ id: 7 }]);
    await routine.delete();
    assert.deepEqual(await routine.exists(), [false]);
  });

  it('has everything again after a restart', async () => {
    const own = await startEmbedded();
    const [dataset] = await own.client().createDataset('kept');
    const [table] = await dataset.createTable('t', { schema: 'a:STRING' });
    await table.insert([{ a: 'x' }]);
    const again = await own.restart();
    try {
      assert.deepEqual((await again.client().dataset('kept').table('t').getRows())[0], [{ a: 'x' }]);
    } finally {
      await again.close();
    }
  });
});
