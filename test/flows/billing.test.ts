import assert from 'node:assert/strict';
import { loadExport, customerOwner } from '../../local/demo/load-export.ts';
import { exportRows } from '../../local/demo/export.ts';
import { operatorBigQuery } from '../../local/provision.ts';
import { formatDecimal, parseDecimal } from '../../local/bigquery/values/bignumeric.ts';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';

const EXPORT = { lastDay: '2026-03-03', rows: 1_200, daysBack: [3, 1, 0] };
const WINDOW = ['--from', '2026-02-01', '--to', '2026-04-01'];

/** Sums per account and invoice month, added up by hand: the shortest text of each double, exactly. */
function addUp(): Map<string, string> {
  const sums = new Map<string, bigint>();
  for (const { row } of exportRows(EXPORT)) {
    const key = `${row.billing_account_id} ${row.invoice?.month} ${row.currency}`;
    const amounts = [row.cost, ...(row.credits ?? []).map(({ amount }) => amount)];
    for (const amount of amounts) sums.set(key, (sums.get(key) ?? 0n) + parseDecimal(String(amount ?? 0)));
  }
  return new Map([...sums].map(([key, units]) => [key, formatDecimal(units)]));
}

describe('a billing export, from the customer’s table to FOCUS', function () {
  this.timeout(120_000);
  let cloud: TestCloud;
  let tables: readonly string[];
  let customer: { projectId: string; email: string };

  before(async () => {
    cloud = await startTestCloud();
    const { providers } = await cloud.sandboxCases('acme');
    const valid = providers['gcp']?.['valid'];
    const { project_id: projectId = '', client_email: email = '' } = valid?.credentials ?? {};
    customer = { projectId, email };
    const owner = await customerOwner(cloud.cloud.iam, cloud.cloud.endpoints.bigquery, projectId);
    tables = await loadExport(owner, { datasetId: 'march', location: 'us-central1' }, EXPORT);
    cloud.cloud.iam.grant(`projects/${projectId}/datasets/march`, 'roles/bigquery.dataViewer', email);
    const metadata = {
      billing_export_table: tables[0],
      additional_billing_accounts: tables.slice(1).map((table) => ({ billing_export_table: table })),
    };
    const { status, body } = await cloud.call('POST', '/integrations/acme/gcp/setup', {
      body: { credentials: valid?.credentials, metadata },
      headers: { prefer: 'wait=20' },
    });
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.validation_status, 'VALID', JSON.stringify(body.last_check));
  });
  after(() => cloud.close());

  const run = (job: string, ...args: string[]) => cloud.jobs.run({ job, args: ['--org', 'acme', ...args] });
  const query = async (sql: string): Promise<Record<string, string>[]> =>
    (await operatorBigQuery(cloud.cloud).query(sql))[0] as Record<string, string>[];
  const sums = async (): Promise<Map<string, string>> => {
    const rows =
      await query(`SELECT BillingAccountId, x_InvoiceMonth, BillingCurrency, CAST(SUM(BilledCost) AS STRING) AS billed
      FROM acme_prod.cost_data_standard_1_3 GROUP BY 1, 2, 3`);
    return new Map(
      rows.map((row) => [
        `${row['BillingAccountId']} ${row['x_InvoiceMonth']} ${row['BillingCurrency']}`,
        row['billed'] ?? '',
      ]),
    );
  };
  const fingerprintOf = async (table: string, key: string): Promise<Record<string, string>[]> =>
    query(`SELECT COUNT(*) AS row_count, TO_HEX(SHA256(STRING_AGG(TO_JSON_STRING(t), '' ORDER BY ${key}, TO_JSON_STRING(t)))) AS bytes
      FROM (SELECT * FROM acme_prod.${table}) AS t`);

  it('adds up to the last digit', async () => {
    assert.equal(await run('billing', ...WINDOW), 0);
    assert.equal(await run('focus'), 0);
    assert.deepEqual([...(await sums())].toSorted(), [...addUp()].toSorted());
  });

  it('gives the same bytes when everything runs again', async () => {
    const before = await fingerprintOf('cost_data_standard_1_3', 'x_SourceRowHash');
    assert.equal(await run('billing', ...WINDOW), 0);
    assert.equal(await run('focus'), 0);
    assert.deepEqual(await fingerprintOf('cost_data_standard_1_3', 'x_SourceRowHash'), before);
  });

  it('loses and doubles nothing when a job is killed at some moment and started again', async () => {
    const before = await query('SELECT COUNT(*) AS n FROM acme_prod.cloud_gcp_billing_raw_daily');
    const stop = new AbortController();
    const killed = cloud.jobs.run({
      job: 'billing',
      args: ['--org', 'acme', ...WINDOW],
      signal: stop.signal,
      onLine: (line) => line.includes('unit-landed') && stop.abort(),
    });
    assert.notEqual(await killed, 0);
    assert.equal(await run('billing', ...WINDOW), 0);
    assert.equal(await run('focus'), 0);
    assert.deepEqual(await query('SELECT COUNT(*) AS n FROM acme_prod.cloud_gcp_billing_raw_daily'), before);
    assert.deepEqual([...(await sums())].toSorted(), [...addUp()].toSorted());
  });

  it('reads the export as the customer, and lands as itself', () => {
    const callers = new Map<string, Set<string>>();
    for (const { method, caller } of cloud.cloud.context.journal.calls({ service: 'bigquery' })) {
      callers.set(method, (callers.get(method) ?? new Set()).add(caller));
    }
    assert.deepEqual(
      [...(callers.get('tabledata.list') ?? [])].filter((caller) => caller.startsWith('job-')),
      [],
    );
    assert(callers.get('tabledata.list')?.has(customer.email));
    assert(callers.get('jobs.insert')?.has('job-billing@integration-setup-local.iam.gserviceaccount.com'));
  });

  it('says what is missing when the right to read is taken away, and keeps what it has', async () => {
    const before = await fingerprintOf('cost_data_standard_1_3', 'x_SourceRowHash');
    cloud.cloud.iam.revoke(
      `projects/${customer.projectId}/datasets/march`,
      'roles/bigquery.dataViewer',
      customer.email,
    );
    assert.equal(await run('billing', ...WINDOW), 1);
    const [last] = await query(
      `SELECT state FROM integrations.pipeline_runs WHERE org_slug = 'acme' ORDER BY started_at DESC LIMIT 1`,
    );
    assert.equal(last?.['state'], 'FAILED');
    assert.deepEqual(await fingerprintOf('cost_data_standard_1_3', 'x_SourceRowHash'), before);
  });

  it('fails for one organisation without a pipeline and not for the others', async () => {
    assert.equal(await cloud.jobs.run({ job: 'billing', args: ['--org', 'nobody'] }), 1);
    assert.equal(await run('focus'), 0);
  });
});
