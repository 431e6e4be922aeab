import { googleHost } from '../../gcp/google-hosts.ts';
import type { ProviderAnswer } from '../provider-http.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { askGoogle, consumerIn, isDenied, type Reader } from './google-api.ts';
import { askForPermissions } from './permission-check.ts';
import { unlessInEffectSoon } from './propagation.ts';

/** Long enough for `SELECT 1`, and shorter than the answer may take. */
const QUERY_TIMEOUT_MS = 8_000;

/** Whether the account may run queries in its project, which is the right that jobUser gives. The caller reports. */
export async function lookAtJobUser(reader: Reader, run: TestRun): Promise<CheckResult> {
  const places: Record<string, string> = { ...placesOf(reader), permission: 'bigquery.jobs.create' };
  let answer: ProviderAnswer | undefined;
  const asked = await run.look(
    'job_user',
    async () => {
      answer = await askForQuery(reader, { query: 'SELECT 1' }, run);
      places['consumer'] = consumerIn(answer) ?? reader.projectId;
      return answer;
    },
    { host: googleHost('bigquery'), places },
  );
  if (!answer || !isDenied(answer)) return asked;
  return unlessInEffectSoon(asked, run, {
    ask: () => askForPermissions(reader, ['bigquery.jobs.create'], run),
    host: googleHost('cloudresourcemanager'),
    needed: ['bigquery.jobs.create'],
    places,
  });
}

export function placesOf({ email, projectId }: Reader): Record<string, string> {
  return { email, project: projectId, consumer: projectId, service: 'bigquery.googleapis.com' };
}

/** One `jobs.query`, in the location of what it reads; a job is made only when the query takes long. */
export function askForQuery(
  { projectId, token }: Reader,
  { query, location }: { readonly query: string; readonly location?: string | undefined },
  { endpoints }: TestRun,
): Promise<ProviderAnswer> {
  return askGoogle(endpoints, {
    label: 'bigquery',
    path: `/bigquery/v2/projects/${encodeURIComponent(projectId)}/queries`,
    token,
    body: {
      query,
      useLegacySql: false,
      maxResults: 1,
      timeoutMs: QUERY_TIMEOUT_MS,
      jobCreationMode: 'JOB_CREATION_OPTIONAL',
      ...(location ? { location } : {}),
    },
  });
}
