import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dataset } from '@google-cloud/bigquery';
import { loadStream } from '../gcp/load-stream.ts';
import { ensureTable } from './org-dataset.ts';
import { BIGQUERY_CONFIGS, readTables, type TableConfig } from './table-config.ts';
import type { Warehouse } from './warehouse.ts';

/**
 * Loads `configs/bigquery/lookups/*.csv` into the integrations dataset. A table carries the hash of the file it was
 * loaded from, so that an unchanged one costs one read; loading replaces the rows whole, so two jobs may do it at once.
 *
 * @returns The names of the tables that were loaded.
 */
export async function ensureLookups(
  { bigQuery, names, location }: Warehouse,
  configs: URL = BIGQUERY_CONFIGS,
): Promise<string[]> {
  const dataset = bigQuery.dataset(names.integrations, { location });
  const loaded = await Promise.all(
    readTables('lookups', configs).map(async (config) => {
      const csv = readFileSync(new URL(`lookups/${config.name}.csv`, configs));
      return (await loadIfChanged(dataset, config, csv)) ? [config.name] : [];
    }),
  );
  return loaded.flat();
}

async function loadIfChanged(dataset: Dataset, config: TableConfig, csv: Buffer): Promise<boolean> {
  const hash = createHash('sha256').update(JSON.stringify(config)).update(csv).digest('hex').slice(0, 40);
  const table = dataset.table(config.name);
  if ((await labelsOf(dataset, config.name))?.['content_hash'] === hash) return false;
  await ensureTable(dataset, config);
  await pipeline(
    Readable.from([csv]),
    loadStream(table, {
      sourceFormat: 'CSV',
      skipLeadingRows: '1',
      allowQuotedNewlines: true,
      writeDisposition: 'WRITE_TRUNCATE',
      schema: { fields: config.schema },
    }),
  );
  // After the rows: a crash in between loads them once more.
  await table.setMetadata({ labels: { content_hash: hash } });
  return true;
}

async function labelsOf(dataset: Dataset, name: string): Promise<Record<string, string> | undefined> {
  try {
    const [metadata] = await dataset.table(name).getMetadata();
    return (metadata as { labels?: Record<string, string> }).labels;
  } catch (err) {
    if ((err as { code?: unknown }).code === 404) return undefined;
    throw err;
  }
}
