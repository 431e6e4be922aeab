import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BigQuery, type Job, type TableField } from '@google-cloud/bigquery';
import { ADDED_COLUMNS } from '../../shared/pipelines/landing/raw-columns.ts';
import { authClientFor } from '../iam/auth-client.ts';
import type { Iam } from '../iam/iam.ts';
import { exportTableOf } from './customer.ts';
import { exportPartitions, type ExportOptions, type ExportPartition } from './export.ts';
import type { ExportRow } from './export-row.ts';

/** Loads running at once; the engine behind is one. */
const PARALLEL_LOADS = 4;

/** The customer's own BigQuery, as somebody who may do everything in that project. */
export async function customerOwner(iam: Iam, endpoint: string, projectId: string): Promise<BigQuery> {
  const email = `billing-owner@${projectId}.iam.gserviceaccount.com`;
  if (!iam.findServiceAccount(email)) await iam.createServiceAccount(projectId, 'billing-owner', 'Billing owner');
  iam.grant(`projects/${projectId}`, 'roles/bigquery.admin', email);
  return new BigQuery({ projectId, apiEndpoint: endpoint, authClient: authClientFor(iam, email) });
}

/**
 * Puts a sample export where Google would: one table for each billing account, partitioned by ingestion time.
 * Loaded again, a partition is replaced.
 *
 * @param onLoaded - Told of each partition with its number of rows.
 * @returns Paths `project.dataset.table`, in the order of the accounts.
 */
export async function loadExport(
  bigQuery: BigQuery,
  { datasetId, location }: { datasetId: string; location: string },
  options: ExportOptions,
  onLoaded: (rows: number) => void = () => undefined,
): Promise<string[]> {
  const partitions = exportPartitions(options);
  const tableIds = [...new Set(partitions.map(({ account }) => exportTableOf(account)))];
  await unlessPresent(bigQuery.createDataset(datasetId, { location }));
  for (const tableId of tableIds) await makeTable(bigQuery, datasetId, tableId);

  const waiting = partitions.values();
  const worker = async (): Promise<void> => {
    for (const partition of waiting) onLoaded(await loadPartition(bigQuery, datasetId, partition));
  };
  await Promise.all(Array.from({ length: PARALLEL_LOADS }, worker));
  return tableIds.map((tableId) => `${bigQuery.projectId}.${datasetId}.${tableId}`);
}

async function makeTable(bigQuery: BigQuery, datasetId: string, tableId: string): Promise<void> {
  const metadata = { schema: { fields: exportFields() }, timePartitioning: { type: 'DAY' } };
  await unlessPresent(bigQuery.dataset(datasetId).createTable(tableId, metadata));
}

async function unlessPresent(creation: Promise<unknown>): Promise<void> {
  await creation.catch((err: { code?: unknown }) => {
    if (err.code !== 409) throw err;
  });
}

const RAW_TABLE = join(import.meta.dirname, '../../configs/bigquery/org/cloud_gcp_billing_raw_daily.json');

/** The raw table keeps the export's columns as they are; without ours and those of the detailed export it is the standard one. */
export function exportFields(): TableField[] {
  const { schema } = JSON.parse(readFileSync(RAW_TABLE, 'utf8')) as { schema: TableField[] };
  return schema.filter(({ name = '' }) => !ADDED_COLUMNS.has(name) && name !== 'resource');
}

/** The client asks twice a second whether a job is done; small loads are done much sooner. */
const POLL_MS = 25;

async function loadPartition(bigQuery: BigQuery, datasetId: string, partition: ExportPartition): Promise<number> {
  const tableId = `${exportTableOf(partition.account)}$${partition.partition}`;
  const load = bigQuery.dataset(datasetId).table(tableId).createWriteStream({
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    writeDisposition: 'WRITE_TRUNCATE',
    createDisposition: 'CREATE_NEVER',
  });
  load.on('job', (job: Job & { pollIntervalMs?: number }) => (job.pollIntervalMs = POLL_MS));
  const done = once(load, 'complete');
  const count = { rows: 0 };
  await Promise.all([pipeline(Readable.from(ndjson(partition.rows(), count)), load), done]);
  return count.rows;
}

const CHUNK_ROWS = 200;

/** Some rows at a time: one write for each row would cost more than making it. */
function* ndjson(rows: Iterable<ExportRow>, count: { rows: number }): Generator<Buffer> {
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(JSON.stringify(row));
    count.rows += 1;
    if (lines.length < CHUNK_ROWS) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}
