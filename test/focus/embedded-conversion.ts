import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BigQuery } from '@google-cloud/bigquery';
import { OAuth2Client } from 'google-auth-library';
import { startCloud } from '../../local/cloud.ts';
import { CONVERT_PERIODS } from '../../shared/pipelines/focus-statements.ts';
import { ensureLookups } from '../../shared/pipelines/lookups.ts';
import { ensureOrgDataset } from '../../shared/pipelines/org-dataset.ts';
import { Warehouse } from '../../shared/pipelines/warehouse.ts';
import { NAMES } from '../sql/catalog.ts';
import type { Cell } from '../sql/google-values.ts';
import type { RawRow } from './raw-rows.ts';

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];

/** Our warehouse on an embedded cloud, with the tables, lookups and procedures of one organisation. */
export interface EmbeddedWarehouse {
  readonly warehouse: Warehouse;
  load(table: string, rows: readonly RawRow[]): Promise<void>;
  convert(periods: readonly Cell[]): Promise<void>;
  /** Rows of a table of the organisation, cells as the comparison with Google's engine has them. */
  rows(table: string): Promise<Record<string, Cell>[]>;
  close(): Promise<void>;
}

export async function startEmbeddedWarehouse(): Promise<EmbeddedWarehouse> {
  const dataDir = await mkdtemp(join(tmpdir(), 'focus-'));
  const cloud = await startCloud({ dataDir, projectId: NAMES.project, location: 'us-central1' });
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: await cloud.iam.accessToken(cloud.iam.operator.email, SCOPES) });
  const bigQuery = new BigQuery({ projectId: NAMES.project, apiEndpoint: cloud.endpoints.bigquery, authClient });
  const plain = new Warehouse(bigQuery, { project: NAMES.project, integrations: NAMES.integrations }, 'us-central1');
  await bigQuery.createDataset(NAMES.integrations, { location: 'us-central1' });
  await ensureLookups(plain);
  const warehouse = await ensureOrgDataset(plain, NAMES.org);
  return {
    warehouse,
    async load(table, rows) {
      const lines = rows.map((row) => `${JSON.stringify(row, withNaN)}\n`);
      const writer = bigQuery
        .dataset(NAMES.org)
        .table(table)
        .createWriteStream({ sourceFormat: 'NEWLINE_DELIMITED_JSON' });
      const complete = once(writer, 'complete');
      await pipeline(Readable.from(lines), writer);
      await complete;
    },
    convert: async (periods) => void (await warehouse.query(CONVERT_PERIODS, { periods })),
    async rows(table) {
      const [rows] = await bigQuery.query(`SELECT * FROM \`${NAMES.project}.${NAMES.org}.${table}\``);
      return (rows as Record<string, unknown>[]).map((row) => cellOf(row) as Record<string, Cell>);
    },
    async close() {
      await cloud.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** JSON has no NaN; BigQuery's load jobs read it as text. */
function withNaN(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The client's own classes (Big, BigQueryTimestamp, ...) as text, all else as it is. */
function cellOf(value: unknown): Cell {
  if (value === null || typeof value !== 'object') return (value ?? null) as Cell;
  if (Array.isArray(value)) return value.map(cellOf);
  const named = value as { constructor: { name: string }; value?: string; toFixed?: () => string };
  if (named.toFixed) return named.toFixed();
  if (named.constructor.name.startsWith('BigQuery') && named.value !== undefined) return plainTime(named.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cellOf(inner)]));
}

const plainTime = (text: string): string =>
  text.replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits ? `.${digits}Z` : 'Z'));
