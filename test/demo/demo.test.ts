import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runDemo, type DemoDeps } from '../../local/demo/demo.ts';
import type { PeriodSum } from '../../local/demo/sums.ts';
import { createIam, type Iam } from '../../local/iam/iam.ts';
import { listen, readBody } from '../../local/kit/api-server.ts';
import { startBigQueryStub } from './bigquery-stub.ts';

interface Request {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly prefer: string | string[] | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies of any shape
  readonly body: any;
}

const CUSTOMER = 'acme-billing';
const READER = `finops-valid@${CUSTOMER}.iam.gserviceaccount.com`;
const EXPECT = { validation_status: 'VALID', outcome: 'accepted' } as const;
const CASES = {
  providers: {
    gcp: { valid: { credentials: { project_id: CUSTOMER, client_email: READER }, metadata: {}, expect: EXPECT } },
    openai: { valid: { credentials: { api_key: 'sk-admin-canary' }, expect: EXPECT } },
  },
};
const SUM: PeriodSum = {
  account: '01A2B3-C4D5E6-F7A8B9',
  month: '202611',
  currency: 'USD',
  exported: '12.5',
  billed: '12.5',
  effective: '12.5',
  difference: '0',
};

describe('demo', function () {
  this.timeout(20_000);
  const requests: Request[] = [];
  const jobs: string[] = [];
  const lines: string[] = [];
  let db: DatabaseSync;
  let iam: Iam;
  let bigQuery: Awaited<ReturnType<typeof startBigQueryStub>>;
  let api: Awaited<ReturnType<typeof listen>>;
  let dataDir: string;
  let verdict: object;
  let isEmpty: boolean;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'demo-'));
    db = new DatabaseSync(':memory:');
    const clock = { now: () => new Date('2026-11-23T12:00:00Z'), onAdvance: () => undefined };
    iam = await createIam({ db, clock, projectId: 'ours' });
    await iam.createServiceAccount(CUSTOMER, 'finops-valid');
    bigQuery = await startBigQueryStub();
    api = await listen((req, res) => {
      void readBody(req, 1 << 20).then((bytes) => {
        const { authorization, prefer } = req.headers;
        requests.push({ line: `${req.method} ${req.url}`, authorization, prefer, body: JSON.parse(bytes.toString()) });
        res.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(verdict));
      });
    });
  });
  after(async () => {
    await api.close();
    await bigQuery.close();
    db.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const list of [requests, jobs, lines]) list.length = 0;
    isEmpty = true;
    verdict = { validation_status: 'VALID', fingerprint: '1a557469', last_check: { checks: [] } };
  });

  const play = (exitCode = 0): Promise<void> =>
    runDemo({
      baseUrl: api.url,
      token: 'admin-token',
      cases: async () => CASES,
      runJob: async (job, args) => {
        jobs.push([job, ...args].join(' '));
        return { exit_code: exitCode };
      },
      query: async (sql) => {
        if (sql.includes('org_integration_credentials')) return isEmpty ? [] : [{}];
        return sql.startsWith('WITH money') ? [SUM] : [];
      },
      print: (line) => lines.push(line),
      cloud: {
        iam,
        endpoints: { bigquery: bigQuery.url },
        context: {
          projectId: 'ours',
          location: 'us-central1',
          dataDir,
          clock: { now: () => new Date('2026-11-23T12:00:00Z') },
        },
      } as unknown as DemoDeps['cloud'],
    });

  it('leaves a store alone that holds integrations', async () => {
    isEmpty = false;
    await play();
    assert.deepEqual([requests.length, jobs.length, lines.length], [0, 0, 0]);
  });

  it('connects both providers by the public API and runs both jobs', async () => {
    await play();
    assert.deepEqual(
      requests.map(({ line }) => line),
      ['POST /integrations/acme/gcp/setup', 'POST /integrations/acme/openai/setup'],
    );
    assert.ok(
      requests.every(({ authorization, prefer }) => authorization === 'Bearer admin-token' && prefer === 'wait=20'),
    );
    assert.deepEqual(jobs, ['billing --org acme', 'focus --org acme']);
  });

  it('names the tables of both billing accounts, which the reader may then read', async () => {
    await play();
    assert.deepEqual(requests[0]?.body.metadata, {
      billing_export_table: `${CUSTOMER}.billing_export.gcp_billing_export_v1_01A2B3_C4D5E6_F7A8B9`,
      additional_billing_accounts: [
        {
          name: 'Acme GmbH',
          billing_export_table: `${CUSTOMER}.billing_export.gcp_billing_export_v1_0F9E8D_7C6B5A_493827`,
        },
      ],
    });
    const [readers] = iam.bindings(`projects/${CUSTOMER}/datasets/billing_export`);
    assert.deepEqual(readers, { role: 'roles/bigquery.dataViewer', members: [`serviceAccount:${READER}`] });
  });

  it('prints sums and the query behind them, in lines of at most 100 columns, and no secret', async () => {
    await play();
    const text = lines.join('\n');
    assert.match(text, /20,000 rows, 8 day partitions, 2 billing accounts/);
    assert.match(text, /01A2B3-C4D5E6-F7A8B9 +2026-11 +USD +12\.50 +12\.50 +12\.50 +0\.00/);
    assert.match(text, /WITH money AS/);
    assert.match(await readFile(join(dataDir, 'demo-sums.sql'), 'utf8'), /^WITH money AS/);
    assert.ok(!text.includes('canary') && !text.includes('admin-token'));
    // A name of the customer's table, or a path below a deep folder, is as long as it is.
    for (const line of text.split('\n').filter((each) => !/FROM `|run-query/.test(each)))
      assert.ok(line.length <= 100, `${line.length}: ${line}`);
  });

  it('stops at a provider that does not accept', async () => {
    const check = { status: 'fail', message: 'Google refuses the key.' };
    verdict = { validation_status: 'INVALID', fingerprint: null, last_check: { checks: [check] } };
    await assert.rejects(play(), /gcp came to INVALID: Google refuses the key\./);
    assert.deepEqual(jobs, []);
  });

  it('stops at a job that fails', async () => {
    await assert.rejects(play(1), /Job billing ended with exit code 1/);
    assert.deepEqual(jobs, ['billing --org acme']);
  });
});
