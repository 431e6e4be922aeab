import assert from 'node:assert/strict';
import { customerOwner, loadExport } from '../../local/demo/load-export.ts';
import type { TestCloud } from '../harness/cloud.ts';

/** Days of a sample export that ends on 2026-03-03, in two billing accounts and currencies. */
export const EXPORT = { lastDay: '2026-03-03', rows: 300, daysBack: [3, 0] };

/** An organisation whose Google Cloud is connected, with a sample export to read. */
export interface ConnectedOrg {
  readonly org: string;
  /** The customer's project and service account. */
  readonly projectId: string;
  readonly email: string;
}

/** Connects an organisation through the API and waits for the verdict. */
export async function connectOrg(cloud: TestCloud, org: string): Promise<ConnectedOrg> {
  const { providers } = await cloud.sandboxCases(org);
  const { credentials = {} } = providers['gcp']?.['valid'] ?? {};
  const { project_id: projectId = '', client_email: email = '' } = credentials;
  const owner = await customerOwner(cloud.cloud.iam, cloud.cloud.endpoints.bigquery, projectId);
  const dataset = `export_of_${org}`;
  const tables = await loadExport(owner, { datasetId: dataset, location: 'us-central1' }, EXPORT);
  cloud.cloud.iam.grant(`projects/${projectId}/datasets/${dataset}`, 'roles/bigquery.dataViewer', email);
  const metadata = {
    billing_export_table: tables[0],
    additional_billing_accounts: tables.slice(1).map((table) => ({ billing_export_table: table })),
  };
  const { status, body } = await cloud.call('POST', `/integrations/${org}/gcp/setup`, {
    body: { credentials, metadata },
    headers: { prefer: 'wait=20' },
  });
  assert.equal(`${status} ${body.validation_status}`, '201 VALID', JSON.stringify(body));
  return { org, projectId, email };
}
