import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { READ_ONLY, startEmbedded, type EmbeddedBigQuery } from './embedded.ts';

const READER = 'reader@example.com';
const NOBODY = 'nobody@example.com';

describe('access', () => {
  let bq: EmbeddedBigQuery;
  before(async () => {
    bq = await startEmbedded();
    await bq.client().createDataset('ds');
    await bq.client().query('CREATE TABLE ds.t AS SELECT 1 AS a');
    bq.policy.deny(NOBODY, 'bigquery.');
  });
  after(() => bq.close());

  it('is refused without a token', async () => {
    assert.equal((await fetch(`${bq.url}/bigquery/v2/projects`)).status, 401);
  });

  it('to run a job is the right of the project that runs it', async () => {
    await assert.rejects(bq.client(NOBODY).query('SELECT 1'), {
      code: 403,
      message:
        'Access Denied: Project test-project: User does not have bigquery.jobs.create permission in project test-project.',
    });
  });

  it('to a table is asked for each caller, whether the table is there or not', async () => {
    bq.policy.deny(READER, 'getData', 'projects/test-project/datasets/ds');
    for (const table of ['t', 'missing']) {
      await assert.rejects(bq.client(READER).query(`SELECT * FROM ds.${table}`), {
        code: 403,
        message: `Access Denied: Table test-project:ds.${table}: User does not have permission to query table test-project:ds.${table}, or perhaps it does not exist.`,
      });
    }
    await assert.rejects(bq.client(READER).dataset('ds').table('t').getRows(), { code: 403 });
  });

  const denied: {
    name: string;
    permission: string;
    call(client: ReturnType<EmbeddedBigQuery['client']>): Promise<unknown>;
  }[] = [
    {
      name: 'changes rows',
      permission: 'tables.updateData',
      call: (client) => client.query('UPDATE ds.t SET a = 2 WHERE true'),
    },
    {
      name: 'streams rows',
      permission: 'tables.updateData',
      call: (client) =>
        client
          .dataset('ds')
          .table('t')
          .insert([{ a: 1 }]),
    },
    {
      name: 'makes a table',
      permission: 'tables.create',
      call: (client) => client.dataset('ds').createTable('n', { schema: 'a:STRING' }),
    },
    {
      name: 'makes a table by SQL',
      permission: 'tables.create',
      call: (client) => client.query('CREATE TABLE ds.n AS SELECT 1 AS a'),
    },
    {
      name: 'changes a table',
      permission: 'tables.update',
      call: (client) => client.dataset('ds').table('t').setMetadata({ description: 'x' }),
    },
    { name: 'drops a table', permission: 'tables.delete', call: (client) => client.dataset('ds').table('t').delete() },
    {
      name: 'looks at a table',
      permission: 'tables.get',
      call: (client) => client.dataset('ds').table('t').getMetadata(),
    },
    { name: 'lists tables', permission: 'tables.list', call: (client) => client.dataset('ds').getTables() },
    { name: 'makes a dataset', permission: 'datasets.create', call: (client) => client.createDataset('n') },
    { name: 'deletes a dataset', permission: 'datasets.delete', call: (client) => client.dataset('ds').delete() },
  ];
  for (const [index, refusal] of denied.entries()) {
    const { name, permission } = refusal;
    it(`is refused to who ${name} without the right to`, async () => {
      const email = `caller${index}@example.com`;
      bq.policy.deny(email, permission);
      await assert.rejects(refusal.call(bq.client(email)), { code: 403, message: /Access Denied|denied/ });
    });
  }

  it('with a read-only token reads, by the short path, and changes nothing', async () => {
    const client = bq.client('owner@example.com', [READ_ONLY]);
    assert.deepEqual((await client.query('SELECT a FROM ds.t'))[0], [{ a: 1 }]);
    assert.deepEqual((await client.dataset('ds').table('t').getRows())[0], [{ a: 1 }]);
    const insufficient = { code: 403, message: 'Request had insufficient authentication scopes.' };
    await assert.rejects(client.createQueryJob('SELECT 1'), insufficient);
    await assert.rejects(
      client
        .dataset('ds')
        .table('t')
        .insert([{ a: 2 }]),
      insufficient,
    );
    await assert.rejects(client.query('DELETE FROM ds.t WHERE true'), { code: 403 });
    const sink = client.dataset('ds').table('t').createWriteStream('json');
    const failed = new Promise((_, reject) => sink.on('error', reject));
    await assert.rejects(Promise.race([failed, pipeline(Readable.from(['{"a":1}\n']), sink).then(() => failed)]), {
      code: 403,
    });
  });

  it("lists of a dataset are IAM's bindings in other words", async () => {
    const dataset = bq.client().dataset('ds');
    const [metadata] = await dataset.getMetadata();
    await dataset.setMetadata({
      access: [...metadata.access, { role: 'READER', userByEmail: 'guest@p.iam.gserviceaccount.com' }],
    });
    assert.deepEqual(
      bq.policy.bindings('projects/test-project/datasets/ds').find(({ role }) => role === 'roles/bigquery.dataViewer'),
      { role: 'roles/bigquery.dataViewer', members: ['serviceAccount:guest@p.iam.gserviceaccount.com'] },
    );
    bq.policy.setBindings('projects/test-project/datasets/ds', [
      { role: 'roles/bigquery.dataEditor', members: ['user:z@example.com'] },
    ]);
    const [changed] = await dataset.getMetadata();
    assert(
      changed.access.some(
        (entry: object) => JSON.stringify(entry) === '{"role":"WRITER","userByEmail":"z@example.com"}',
      ),
    );
  });

  it('of tables can be set by policy', async () => {
    const path = '/bigquery/v2/projects/test-project/datasets/ds/tables/t';
    const policy = { bindings: [{ role: 'roles/bigquery.dataViewer', members: ['user:g@example.com'] }] };
    assert.equal((await bq.call('POST', `${path}:setIamPolicy`, { policy })).status, 200);
    const { bindings } = (await (await bq.call('POST', `${path}:getIamPolicy`, {})).json()) as typeof policy;
    assert.deepEqual(bindings, policy.bindings);
  });
});
