import type { BigQuery } from '@google-cloud/bigquery';
import type { Check } from '../../credentials/integration-row.ts';
import { bounded } from '../../platform/deadline.ts';
import type { Metadata } from '../format-check.ts';
import { ANSWER_LIMIT_MS } from '../provider-http.ts';
import type { Outcome } from '../provider-spec.ts';
import type { GoogleServiceAccount } from '../service-account.ts';
import type { ExportTable } from './export-tables.ts';
import { failureOf, outcomeOf, type GoogleFailure } from './google-check.ts';
import { grantCommand } from './permission-checks.ts';

export interface BigQueryFinding {
  readonly outcome: Outcome;
  readonly check: Check;
}

const PROPAGATION = '# new grants take about 2 minutes to work';

/** Whether the account may run queries in its project, which is the right that jobUser gives. */
export async function checkJobUser(bigQuery: BigQuery, account: GoogleServiceAccount): Promise<BigQueryFinding> {
  const { project_id, client_email } = account;
  const role = 'roles/bigquery.jobUser';
  try {
    await inTime(bigQuery.query({ query: 'SELECT 1', jobCreationMode: 'JOB_CREATION_OPTIONAL' }));
    const message = `The account may run queries in ${project_id}.`;
    return { outcome: 'accepted', check: { id: 'job_user', status: 'pass', message } };
  } catch (err) {
    return failed('job_user', failureOf(err), {
      message: `The account may not run queries: ${role} is missing on project ${project_id}.`,
      remedy: `${grantCommand(project_id, client_email, role)}\n${PROPAGATION}`,
    });
  }
}

/** Whether the account may read a table: its description, and one row of it. */
export async function checkTable(
  bigQuery: BigQuery,
  table: ExportTable,
  { client_email }: GoogleServiceAccount,
): Promise<BigQueryFinding> {
  const { field, projectId, datasetId, tableId } = table;
  const id = `table_access:${field}`;
  const name = `${projectId}.${datasetId}.${tableId}`;
  const role = 'roles/bigquery.dataViewer';
  try {
    await readOneRow(bigQuery, table);
    return { outcome: 'accepted', check: { id, status: 'pass', message: `The account reads ${name}.` } };
  } catch (err) {
    const failure = failureOf(err);
    const grant = `${grantCommand(projectId, client_email, role)}\n${PROPAGATION}`;
    return failed(
      id,
      failure,
      failure.status === 404
        ? {
            message: `${name} does not exist, or ${role} is missing; a new export takes some hours until its table is there.`,
            remedy: `Check the name under Billing > Billing export, or:\n${grant}`,
          }
        : { message: `The account may not read ${name}: ${role} is missing.`, remedy: grant },
    );
  }
}

async function readOneRow(bigQuery: BigQuery, { projectId, datasetId, tableId }: ExportTable): Promise<void> {
  const table = bigQuery.dataset(datasetId, { projectId }).table(tableId);
  const [answer] = await inTime(table.getMetadata({ view: 'BASIC' }));
  const metadata = answer as { type?: string; location?: string };
  if (metadata.type === 'TABLE') {
    await inTime(table.getRows({ maxResults: 1, autoPaginate: false }));
    return;
  }
  // Rows of a view come from a query only; the parts of the name fit the pattern of the registry, which has no backtick.
  const query = `SELECT 1 FROM \`${projectId}.${datasetId}.${tableId}\` LIMIT 1`;
  await inTime(bigQuery.query({ query, ...(metadata.location ? { location: metadata.location } : {}) }));
}

const MAX_DATASETS = 20;
const MAX_EXPORT_TABLES = 100;
const EXPORT_NAME = /^(?:gcp_billing_export|cloud_pricing_export|cud_subscriptions_export)/;

/** Datasets and export tables that the account sees in these projects, for a picker; what it cannot list is left out. */
export async function discover(bigQuery: BigQuery, projectIds: readonly string[]): Promise<Metadata> {
  const datasets: string[] = [];
  const exports: string[] = [];
  for (const projectId of projectIds) {
    const [found] = await inTime(
      bigQuery.getDatasets({ projectId, maxResults: MAX_DATASETS, autoPaginate: false }),
    ).catch(() => [[]]);
    for (const dataset of found) {
      datasets.push(`${projectId}.${dataset.id}`);
      const [tables] = await inTime(dataset.getTables({ maxResults: 1_000, autoPaginate: false })).catch(() => [[]]);
      exports.push(
        ...tables.flatMap(({ id }) => (id && EXPORT_NAME.test(id) ? [`${projectId}.${dataset.id}.${id}`] : [])),
      );
    }
  }
  return { datasets, export_tables: exports.slice(0, MAX_EXPORT_TABLES) };
}

/** The client has no limit of its own that would suit a test. */
function inTime<T>(call: Promise<T>): Promise<T> {
  return bounded('BigQuery', call, ANSWER_LIMIT_MS);
}

function failed(id: string, failure: GoogleFailure, missing: { message: string; remedy: string }): BigQueryFinding {
  const outcome = outcomeOf(failure);
  switch (outcome) {
    case 'insufficient_permission':
      return { outcome, check: { id, status: 'fail', ...missing } };
    case 'rejected':
      return { outcome, check: { id, status: 'fail', message: 'BigQuery does not accept the token of this key.' } };
    case 'rate_limited':
      return { outcome, check: { id, status: 'fail', message: 'BigQuery limits the rate; the test is tried again.' } };
    case 'unreachable':
      return {
        outcome,
        check: { id, status: 'fail', message: 'BigQuery could not be reached; the test is tried again.' },
      };
    case 'blocked':
      return { outcome, check: { id, status: 'fail', message: 'Google has blocked this account; ask its support.' } };
    case 'accepted':
    case 'expired':
    case 'provider_error':
      return {
        outcome: 'provider_error',
        check: { id, status: 'fail', message: 'BigQuery failed; the test is tried again.' },
      };
  }
}
