import assert from 'node:assert/strict';
import { BigQuery } from '@google-cloud/bigquery';
import { OAuth2Client } from 'google-auth-library';
import { loadExport } from '../../local/demo/load-export.ts';
import { startBigQueryStub } from './bigquery-stub.ts';

const DATASET = { datasetId: 'billing', location: 'us-central1' };

describe('loading the sample export', () => {
  const options = { lastDay: '2026-11-23', rows: 500 };
  const clientOf = (url: string): BigQuery => {
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: 'token' });
    return new BigQuery({ projectId: 'customer', apiEndpoint: url, authClient });
  };

  it('makes a table for each account, and fills each partition by a load job of its own', async () => {
    const stub = await startBigQueryStub();
    const told: number[] = [];
    const tables = await loadExport(clientOf(stub.url), DATASET, options, (rows) => told.push(rows));
    await stub.close();

    assert.deepEqual(tables, [
      'customer.billing.gcp_billing_export_v1_01A2B3_C4D5E6_F7A8B9',
      'customer.billing.gcp_billing_export_v1_0F9E8D_7C6B5A_493827',
    ]);
    assert.deepEqual(stub.created, ['/datasets', '/datasets/billing/tables', '/datasets/billing/tables']);
    assert.equal(new Set(stub.loads.map(({ tableId }) => tableId)).size, 8);
    assert.ok(stub.loads.every(({ tableId }) => /^gcp_billing_export_v1_\w+\$2026\d{4}$/.test(tableId)));
    const rows = stub.loads.flatMap((load) => load.rows);
    assert.equal(rows.length, 500);
    assert.equal(
      told.reduce((sum, count) => sum + count, 0),
      500,
    );
  });

  it('goes on when dataset and tables are there already', async () => {
    const stub = await startBigQueryStub({ existing: true });
    await loadExport(clientOf(stub.url), DATASET, options);
    await stub.close();
    assert.equal(stub.loads.length, 8);
  });

  it('does not wait half a second for each job, as the client would', async () => {
    const stub = await startBigQueryStub();
    const startedAt = performance.now();
    await loadExport(clientOf(stub.url), DATASET, options);
    await stub.close();
    assert.ok(performance.now() - startedAt < 1_500, `${performance.now() - startedAt} ms`);
  });

  it('fails with what BigQuery says about a load', async () => {
    const stub = await startBigQueryStub({ failing: true });
    await assert.rejects(loadExport(clientOf(stub.url), DATASET, options));
    await stub.close();
  });
});
