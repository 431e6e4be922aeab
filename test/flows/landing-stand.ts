import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BigQuery, Job, TableField } from '@google-cloud/bigquery';
import { customerOwner, exportFields } from '../../local/demo/load-export.ts';
import { operatorBigQuery } from '../../local/provision.ts';
import { addedColumns, rawTable } from '../../shared/pipelines/landing/export-kinds.ts';
import { readTables } from '../../shared/pipelines/table-config.ts';
import { startTestCloud, type TestCloud } from '../harness/cloud.ts';

const PROJECT = 'landing-billing';
export const ACCOUNT = '01A2B3-C4D5E6-F7A8B9';

/** A row of a billing export: what a test cares about; all else is usual. */
export interface Charge {
  readonly cost: unknown;
  readonly [column: string]: unknown;
}

export function charge({ cost, ...row }: Charge, day: string): Record<string, unknown> {
  return {
    billing_account_id: ACCOUNT,
    service: { id: '6F81-5844-456A', description: 'Compute Engine' },
    sku: { id: 'BB77-5FDA-69D9', description: 'N2 Instance Core' },
    project: { id: 'shop' },
    usage_start_time: `${day}T01:00:00Z`,
    usage_end_time: `${day}T02:00:00Z`,
    export_time: `${day}T05:00:00Z`,
    cost,
    currency: 'USD',
    credits: [],
    invoice: { month: day.slice(0, 7).replace('-', '') },
    cost_type: 'regular',
    ...row,
  };
}

export interface TableOptions {
  readonly fields?: readonly TableField[];
  /** As `tables.insert` takes it; null: no partitions. By default a day each, by the time of ingestion. */
  readonly partitioning?: { readonly type: string; readonly field?: string; readonly expirationMs?: string } | null;
}

/** An organisation with a dataset at the customer's. */
export interface Tenant {
  readonly org: string;
  readonly dataset: string;
  /** `project.dataset.table` */
  path(table: string): string;
  makeTable(table: string, options?: TableOptions): Promise<void>;
  /** Replaces the rows of a table, or of one of its partitions when `partition` names it. */
  load(table: string, rows: readonly object[], partition?: string): Promise<void>;
  /** Loads charges of these costs into the partition of each day. */
  loadDays(table: string, days: Readonly<Record<string, readonly number[]>>, more?: object): Promise<void>;
  makeView(table: string, query: string): Promise<void>;
  /** Lets partitions of a table with a day each expire. */
  expireAfter(table: string, days: number): Promise<void>;
  drop(table: string): Promise<void>;
  run(sql: string): Promise<void>;
  connect(metadata: object): Promise<void>;
  revoke(): void;
}

export interface LandingStand {
  readonly cloud: TestCloud;
  readonly owner: BigQuery;
  readonly reader: string;
  tenant(org: string, location?: string): Promise<Tenant>;
  query(sql: string): Promise<Record<string, string>[]>;
  /** What is landed of an organisation: `table day: sum of costs`, sorted; tables without their dataset. */
  landed(org: string): Promise<string[]>;
  /** Of the organisation's last run. */
  lastRun(org: string): Promise<{ state: string; steps: Record<string, string>[] }>;
  quality(org: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function startLandingStand(): Promise<LandingStand> {
  const cloud = await startTestCloud();
  const { iam, endpoints } = cloud.cloud;
  const owner = await customerOwner(iam, endpoints.bigquery, PROJECT);
  await iam.createServiceAccount(PROJECT, 'reader', 'Reader');
  const reader = `reader@${PROJECT}.iam.gserviceaccount.com`;
  iam.grant(`projects/${PROJECT}`, 'roles/bigquery.jobUser', reader);
  const credentials = await iam.createKey(reader, {});
  const operator = operatorBigQuery(cloud.cloud);
  const query = async (sql: string): Promise<Record<string, string>[]> =>
    (await operator.query(sql))[0] as Record<string, string>[];

  async function tenant(org: string, location = 'US'): Promise<Tenant> {
    const dataset = `exports_${org}`;
    const resource = `projects/${PROJECT}/datasets/${dataset}`;
    await owner.createDataset(dataset, { location });
    iam.grant(resource, 'roles/bigquery.dataViewer', reader);
    const load = (table: string, rows: readonly object[], partition?: string): Promise<void> =>
      loadRows(owner, dataset, partition ? `${table}$${partition}` : table, rows);
    return {
      org,
      dataset,
      load,
      path: (table) => `${PROJECT}.${dataset}.${table}`,
      async makeTable(table, { fields = exportFields(), partitioning = { type: 'DAY' } } = {}) {
        const metadata = {
          schema: { fields: [...fields] },
          ...(partitioning ? { timePartitioning: partitioning } : {}),
        };
        await owner.dataset(dataset).createTable(table, metadata);
      },
      async loadDays(table, days, more = {}) {
        for (const [day, costs] of Object.entries(days)) {
          const rows = costs.map((cost) => charge({ cost, ...more }, day));
          await load(table, rows, day.replaceAll('-', ''));
        }
      },
      async makeView(table, sql) {
        await owner.dataset(dataset).createTable(table, { view: { query: sql, useLegacySql: false } });
      },
      async expireAfter(table, days) {
        const timePartitioning = { type: 'DAY', expirationMs: String(days * 86_400_000) };
        await owner.dataset(dataset).table(table).setMetadata({ timePartitioning });
      },
      drop: async (table) => void (await owner.dataset(dataset).table(table).delete()),
      run: async (sql) => void (await owner.query({ query: sql, location })),
      async connect(metadata) {
        const { status, body } = await cloud.call('POST', `/integrations/${org}/gcp/setup`, {
          body: { credentials, metadata },
          headers: { prefer: 'wait=20' },
        });
        assert.equal(status, 201, JSON.stringify(body));
        assert.equal(body.validation_status, 'VALID', JSON.stringify(body.last_check));
      },
      revoke: () => iam.revoke(resource, 'roles/bigquery.dataViewer', reader),
    };
  }

  return {
    cloud,
    owner,
    reader,
    tenant,
    query,
    async landed(org) {
      const rows = await query(`SELECT REGEXP_EXTRACT(x_source_table, r'[^.]+$') AS source,
        CAST(ingestion_date AS STRING) AS day, CAST(SUM(cost) AS STRING) AS cost
        FROM ${org}_prod.cloud_gcp_billing_raw_daily GROUP BY 1, 2 ORDER BY 1, 2`);
      return rows.map(({ source, day, cost }) => `${source} ${day}: ${cost}`);
    },
    async lastRun(org) {
      const [run] = await query(`SELECT run_id, state FROM integrations.pipeline_runs
        WHERE org_slug = '${org}' ORDER BY created_at DESC LIMIT 1`);
      const steps = await query(`SELECT step_id, state, error_code, error_message, remedy
        FROM integrations.pipeline_run_steps WHERE run_id = '${run?.['run_id']}' ORDER BY position`);
      return { state: run?.['state'] ?? 'none', steps };
    },
    async quality(org) {
      const rows = await query(`SELECT DISTINCT check_id, status, observed FROM ${org}_prod.data_quality_results
        WHERE pipeline = 'cloud/gcp/cost/billing' ORDER BY 1, 2, 3`);
      return rows.map(({ check_id, status, observed }) => `${check_id} ${status}: ${observed}`);
    },
    close: () => cloud.close(),
  };
}

/** Columns of another export, as its raw table keeps them. */
export function fieldsOf(table: string): TableField[] {
  const added = addedColumns(rawTable(table));
  const { schema = [] } = readTables('org').find(({ name }) => name === table) ?? {};
  return schema.filter(({ name = '' }) => !added.has(name));
}

async function loadRows(owner: BigQuery, dataset: string, table: string, rows: readonly object[]): Promise<void> {
  const load = owner.dataset(dataset).table(table).createWriteStream({
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    writeDisposition: 'WRITE_TRUNCATE',
    createDisposition: 'CREATE_NEVER',
  });
  load.on('job', (job: Job & { pollIntervalMs?: number }) => (job.pollIntervalMs = 20));
  const done = once(load, 'complete');
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await Promise.all([pipeline(Readable.from([Buffer.from(text)]), load), done]);
}
