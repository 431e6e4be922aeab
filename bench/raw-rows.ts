import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Job, Table } from '@google-cloud/bigquery';
import { exportTableOf } from '../local/demo/customer.ts';
import { exportPartitions, type ExportPartition } from '../local/demo/export.ts';
import { sampleExport } from './sample-export.ts';

const CHUNK_ROWS = 200;
const POLL_MS = 25;

/** Billing period as the procedure takes it. */
export interface Period {
  readonly billing_account_id: string;
  readonly invoice_month: string;
}

/**
 * Fills a raw table as landing would, without a customer: load jobs of generated rows, one for each account and day.
 *
 * @returns The billing periods of the rows.
 */
export async function loadRawRows(table: Table, rows: number): Promise<Period[]> {
  const partitions = exportPartitions(sampleExport(rows));
  for (const partition of partitions) await loadPartition(table, partition);
  const accounts = [...new Set(partitions.map(({ account }) => account.id))];
  const month = partitions[0]!.partition.slice(0, 6);
  return accounts.map((account) => ({ billing_account_id: account, invoice_month: month }));
}

async function loadPartition(table: Table, partition: ExportPartition): Promise<void> {
  const load = table.createWriteStream({
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    writeDisposition: 'WRITE_APPEND',
    createDisposition: 'CREATE_NEVER',
  });
  load.on('job', (job: Job & { pollIntervalMs?: number }) => (job.pollIntervalMs = POLL_MS));
  await Promise.all([pipeline(Readable.from(ndjson(partition)), load), once(load, 'complete')]);
}

function* ndjson({ account, partition, rows }: ExportPartition): Generator<Buffer> {
  const added = {
    ingestion_date: partition.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'),
    x_source_table: exportTableOf(account),
    x_org_slug: 'bench',
    x_pipeline: 'bench',
    x_run_id: 'bench',
    x_credential_id: 'bench',
    x_loaded_at: '2001-01-01 00:00:00 UTC',
  };
  let lines = '';
  let count = 0;
  for (const row of rows()) {
    const { service, project, location } = row;
    const flat = { service_id: service?.id, project_id: project?.id, location_region: location?.region };
    lines += `${JSON.stringify({ ...row, ...flat, ...added })}\n`;
    if (++count % CHUNK_ROWS > 0) continue;
    yield Buffer.from(lines);
    lines = '';
  }
  if (lines !== '') yield Buffer.from(lines);
}
