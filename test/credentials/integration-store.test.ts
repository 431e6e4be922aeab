import assert from 'node:assert/strict';
import { BigQuery } from '@google-cloud/bigquery';
import sinon from 'sinon';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';
import { withinMs } from '../../shared/platform/deadline.ts';
import { aRow } from './fixtures.ts';

const CONFIG = { projectId: 'test-project', integrationsDataset: 'integrations', location: 'us-central1' };
const conflict = Object.assign(new Error('Already Exists'), { code: 409 });

/** BigQuery with one table of one row, as far as the store sees it. */
function fakeBigQuery(initial?: IntegrationRow) {
  const state = { row: initial, jobs: new Map<string, { failed: boolean }>() };
  const asWire = (row: IntegrationRow) => ({
    ...row,
    metadata: JSON.stringify(row.metadata),
    last_check: row.last_check && JSON.stringify(row.last_check),
    created_at: BigQuery.timestamp(row.created_at),
    updated_at: BigQuery.timestamp(row.updated_at),
    deleted_at: row.deleted_at && BigQuery.timestamp(row.deleted_at),
  });
  const fromParams = (params: IntegrationRow) => ({
    ...params,
    metadata: JSON.parse(params.metadata as unknown as string),
  });
  const query = sinon.fake(async ({ query: sql, params }: { query: string; params: IntegrationRow }) => {
    if (sql.startsWith('SELECT')) return [state.row ? [asWire(state.row)] : [], null, {}];
    if (!sql.startsWith('UPDATE')) return [[], null, { numDmlAffectedRows: '1' }];
    const hits = state.row?.version === params.version;
    if (hits) state.row = { ...fromParams(params), version: params.version + 1 };
    return [[], null, { numDmlAffectedRows: hits ? '1' : '0' }];
  });
  const createQueryJob = sinon.fake(async ({ jobId, params }: { jobId: string; params: IntegrationRow }) => {
    if (state.jobs.has(jobId)) throw conflict;
    state.jobs.set(jobId, { failed: false });
    state.row ??= fromParams(params);
    return [];
  });
  const job = (id: string) => ({
    getQueryResults: async () => {
      if (state.jobs.get(id)?.failed) throw new Error('the job failed');
      return [[]];
    },
    getMetadata: async () => [
      { status: { state: 'DONE', ...(state.jobs.get(id)?.failed ? { errorResult: {} } : {}) } },
    ],
  });
  const client = { query, createQueryJob, job };
  return { state, client, store: new IntegrationStore(client as unknown as BigQuery, CONFIG) };
}

describe('integration store', () => {
  it('reads with one query on the short path', async () => {
    const { store, client } = fakeBigQuery(aRow({ metadata: { a: 1 } }));
    const row = await store.find('acme', 'OPENAI');
    assert.deepEqual(row?.metadata, { a: 1 });
    assert.equal(row?.created_at, '2026-11-24T12:00:00.000Z');
    sinon.assert.calledOnceWithMatch(client.query, sinon.match({ jobCreationMode: 'JOB_CREATION_OPTIONAL' }));
    assert(!(client.query.firstCall.args[0] as { query: string }).query.includes('encrypted_credentials'));
  });

  it('creates a row once, whoever races', async () => {
    const { store } = fakeBigQuery();
    const drafts = [aRow({ credential_id: 'a' }), aRow({ credential_id: 'b' }), aRow({ credential_id: 'c' })];
    const made = await Promise.all(drafts.map((draft) => store.create(draft)));
    assert.equal(made.filter(Boolean).length, 1);
  });

  it('meets its own job after a lost answer and goes on', async () => {
    const { client, store } = fakeBigQuery();
    const real = client.createQueryJob;
    let calls = 0;
    client.createQueryJob = sinon.fake(async (request: Parameters<typeof real>[0]) => {
      calls += 1;
      if (calls > 1) return real(request);
      await real(request);
      throw new Error('socket hang up');
    });
    assert.equal((await store.create(aRow()))?.credential_id, 'cred_1');
  });

  it('takes the next lock when a job failed on the other side', async () => {
    const { client, state, store } = fakeBigQuery();
    const real = client.createQueryJob;
    client.createQueryJob = sinon.fake(async (request: { jobId: string; params: IntegrationRow }) => {
      if (state.jobs.size > 0) return real(request);
      state.jobs.set(request.jobId, { failed: true });
      return [];
    });
    assert.ok(await store.create(aRow()));
    assert.match([...state.jobs.keys()][1]!, /^cred-init-[0-9a-f]{32}-2$/);
  });

  it('changes a row only in the version it was read in', async () => {
    const { store, state } = fakeBigQuery(aRow({ version: 7 }));
    const changed = await store.replace(aRow({ version: 7 }), aRow({ validation_status: 'VALID' }));
    assert.equal(changed.version, 8);
    assert.equal(state.row?.validation_status, 'VALID');
    await assert.rejects(store.replace(aRow({ version: 7 }), aRow()), { code: 'version_conflict' });
  });

  it('finds out by its write id whether a change without an answer took place', async () => {
    const { store, client } = fakeBigQuery(aRow());
    const real = client.query;
    client.query = sinon.fake(async (request: Parameters<typeof real>[0]) => {
      const answer = await real(request);
      if (request.query.startsWith('UPDATE')) throw new Error('socket hang up');
      return answer;
    });
    assert.equal((await store.replace(aRow(), aRow({ label: 'new' }))).label, 'new');
  });

  it('reports a backend that does not answer in the time of the request', async () => {
    const store = new IntegrationStore({ query: () => new Promise(() => undefined) } as unknown as BigQuery, CONFIG);
    const started = performance.now();
    await assert.rejects(
      withinMs(50, () => store.find('acme', 'OPENAI')),
      { code: 'backend_unavailable' },
    );
    assert(performance.now() - started < 2_000);
  });
});
