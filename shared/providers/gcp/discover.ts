import { valuesAt } from '../body-match.ts';
import type { Metadata } from '../format-check.ts';
import type { TestRun } from '../test-run.ts';
import { askGoogle, type Reader } from './google-api.ts';

const MAX_PROJECTS = 5;
const MAX_DATASETS = 20;
/** As many as the limit of an answer surely holds. */
const MAX_TABLES = 100;
const MAX_EXPORT_TABLES = 100;
const EXPORT_NAME = /^(?:gcp_billing_export|cloud_pricing_export|cud_subscriptions_export)/;
const PLAIN_ID = /^[A-Za-z0-9_-]{1,1024}$/;

/** Datasets and export tables that the account sees in these projects, for a picker; what it cannot list is left out. */
export async function discover(reader: Reader, projectIds: readonly string[], run: TestRun): Promise<Metadata> {
  const found = await Promise.all(
    projectIds.slice(0, MAX_PROJECTS).map(async (projectId) => {
      const ids = await list(
        reader,
        `${projectPath(projectId)}?maxResults=${MAX_DATASETS}`,
        'datasets[].datasetReference.datasetId',
        run,
      );
      return ids.map((datasetId) => ({ projectId, datasetId }));
    }),
  );
  const datasets = found.flat();
  const tables = await Promise.all(
    datasets.map(async ({ projectId, datasetId }) => {
      const path = `${projectPath(projectId)}/${datasetId}/tables?maxResults=${MAX_TABLES}`;
      const ids = await list(reader, path, 'tables[].tableReference.tableId', run);
      return ids.filter((id) => EXPORT_NAME.test(id)).map((id) => `${projectId}.${datasetId}.${id}`);
    }),
  );
  return {
    datasets: datasets.map(({ projectId, datasetId }) => `${projectId}.${datasetId}`),
    export_tables: tables.flat().slice(0, MAX_EXPORT_TABLES),
  };
}

function projectPath(projectId: string): string {
  return `/bigquery/v2/projects/${encodeURIComponent(projectId)}/datasets`;
}

/** One page of a list; nothing when it cannot be had, which says nothing about the credential. */
async function list({ token }: Reader, path: string, ids: string, run: TestRun): Promise<string[]> {
  try {
    const { status, body } = await askGoogle(run.endpoints, { label: 'bigquery', path, token });
    if (status !== 200) return [];
    return valuesAt(body, ids).filter((id): id is string => typeof id === 'string' && PLAIN_ID.test(id));
  } catch {
    return [];
  }
}
