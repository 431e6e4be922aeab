import assert from 'node:assert/strict';
import { json } from 'node:stream/consumers';
import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import sinon from 'sinon';
import { IntegrationStore } from '../../shared/credentials/integration-store.ts';
import type { IntegrationRow } from '../../shared/credentials/integration-row.ts';
import { withinMs } from '../../shared/platform/deadline.ts';
import { serve } from '../providers/fixtures.ts';
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
  const fromParams = (params: object): IntegrationRow => {
    const plain = Object.entries(params as Record<string, unknown>).map(([name, value]) => {
      return [name, (value as { value?: string } | null)?.value ?? value] as const;
    });
    const row = Object.fromEntries(plain) as unknown as IntegrationRow;
    return { ...row, metadata: JSON.parse(row.metadata as unknown as string), version: Number(row.version) };
  };
  const query = sinon.fake(async ({ query: sql, params }: { query: string; params: IntegrationRow }) => {
    if (sql.startsWith('SELECT')) return [state.row ? [asWire(state.row)] : [], null, {}];
    if (!sql.startsWith('UPDATE')) return [[], null, { numDmlAffectedRows: '1' }];
    const hits = state.row?.version === Number(params.version);
    if (hits) state.row = { ...fromParams(params), version: Number(params.version) + 1 };
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

  it('reaches the wire with every value, times and JSON included', async () => {
    const sent: { name: string; parameterType: { type: string }; parameterValue: { value?: string } }[] = [];
    const { url, close } = await serve((req, res) => {
      void json(req).then((body) => {
        sent.push(...(body as { queryParameters: typeof sent }).queryParameters);
        res
          .writeHead(200, { 'content-type': 'application/json' })
          .end('{"jobComplete":true,"queryId":"q","numDmlAffectedRows":"1"}');
      });
    });
    const client = new BigQuery({ projectId: 'test-project', apiEndpoint: url, authClient: new PassThroughClient() });
    const full = aRow({ metadata: { a: 'ü' }, expires_at: '2027-01-01T00:00:00.000Z' });
    const { version } = await new IntegrationStore(client, CONFIG).replace(full, full);
    await close();
    assert.equal(version, 2);
    const values = Object.fromEntries(sent.map(({ name, parameterValue }) => [name, parameterValue.value]));
    assert.equal(values['expires_at'], '2027-01-01T00:00:00.000Z');
    assert.equal(values['metadata'], '{"a":"ü"}');
    assert.equal(values['version'], '1');
    assert.equal(values['label'], null);
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
