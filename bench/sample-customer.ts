import { BigQuery } from '@google-cloud/bigquery';
import { loadExport } from '../local/demo/load-export.ts';
import type { BareClients } from './bare-clients.ts';
import type { BenchCloud } from './bench-cloud.ts';
import type { DeployedFunction } from './deployed-function.ts';
import { sampleExport } from './sample-export.ts';
import { goodBody, untilTested } from './seeded-orgs.ts';

const DATASET = 'bench_export';

interface AccessEntry {
  readonly role?: string;
  readonly userByEmail?: string;
}

/**
 * An organisation whose Google Cloud integration is VALID, with an export of so many rows at the customer.
 *
 * @returns Paths `project.dataset.table` of the export.
 */
export async function connectCustomer(
  org: string,
  rows: number,
  { cloud, setup, bare }: { cloud: BenchCloud; setup: DeployedFunction; bare: BareClients },
): Promise<string[]> {
  const { credentials } = goodBody(await cloud.sandbox(org), 'gcp') as {
    credentials: { project_id: string; client_email: string };
  };
  const owner = ownerOf(credentials.project_id, cloud);
  const tables = await loadExport(owner, { datasetId: DATASET, location: 'US' }, sampleExport(rows));
  await letRead(owner, credentials.client_email);
  const [billing_export_table, ...further] = tables;
  const metadata = {
    billing_export_table,
    additional_billing_accounts: further.map((table) => ({ billing_export_table: table })),
  };
  const token = await cloud.token([org]);
  await setup.call({
    verb: 'POST',
    path: `/integrations/${org}/gcp/setup`,
    token,
    body: { credentials, metadata },
  });
  await untilTested(bare);
  return tables;
}

function ownerOf(projectId: string, { platform: { auth, config } }: BenchCloud): BigQuery {
  return new BigQuery({ projectId, authClient: auth!, apiEndpoint: config.endpoints.bigquery! });
}

async function letRead(owner: BigQuery, userByEmail: string): Promise<void> {
  const dataset = owner.dataset(DATASET);
  const [{ access = [] }] = (await dataset.getMetadata()) as unknown as [{ access?: AccessEntry[] }];
  await dataset.setMetadata({ access: [...access, { role: 'READER', userByEmail }] });
}
