import { googleHost } from '../../gcp/google-hosts.ts';
import { valuesAt } from '../body-match.ts';
import type { ProviderAnswer } from '../provider-http.ts';
import type { TestRun } from '../test-run.ts';
import { askGoogle, consumerIn, withFacts, type Reader } from './google-api.ts';

/** What a role is recognised by, since Google tells permissions and never roles. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'roles/bigquery.jobUser': ['bigquery.jobs.create'],
  'roles/bigquery.dataViewer': ['bigquery.tables.get', 'bigquery.tables.getData'],
};

/** Of these permissions, those that the account has on its project; undefined when that cannot be known. */
export type Granted = ReadonlySet<string> | undefined;

/**
 * Asks for everything at once that a project can grant. Reports `iam_permissions`, which only warns: the same right may be
 * granted on a dataset, and the reads that follow decide.
 */
export async function checkPermissions(reader: Reader, further: readonly string[], run: TestRun): Promise<Granted> {
  const permissions = [...Object.values(NEEDED).flat(), ...further];
  const places: Record<string, string> = {
    email: reader.email,
    project: reader.projectId,
    consumer: reader.projectId,
    service: 'cloudresourcemanager.googleapis.com',
  };
  const { answer } = await run.check(
    'iam_permissions',
    async () => {
      const found = await askForPermissions(reader, permissions, run);
      const missing = missingRoles(found);
      places['missing'] = missing.join(', ');
      places['grants'] = missing.map((role) => grantOnProject(reader, role)).join('\n');
      places['consumer'] = consumerIn(found) ?? reader.projectId;
      return withFacts(found, { missing });
    },
    { host: googleHost('cloudresourcemanager'), places },
  );
  return answer?.status === 200 ? grantedIn(answer) : undefined;
}

export function askForPermissions(
  { projectId, token }: Reader,
  permissions: readonly string[],
  { endpoints }: TestRun,
): Promise<ProviderAnswer> {
  const path = `/v1/projects/${encodeURIComponent(projectId)}:testIamPermissions`;
  return askGoogle(endpoints, { label: 'cloudresourcemanager', path, token, body: { permissions } });
}

export function grantedIn({ body }: ProviderAnswer): ReadonlySet<string> {
  return new Set(valuesAt(body, 'permissions[]').filter((name) => typeof name === 'string'));
}

function missingRoles(answer: ProviderAnswer): string[] {
  const granted = grantedIn(answer);
  return Object.keys(NEEDED).filter((role) => !NEEDED[role]?.every((needed) => granted.has(needed)));
}

function grantOnProject({ projectId, email }: Reader, role: string): string {
  return `gcloud projects add-iam-policy-binding ${projectId} --member="serviceAccount:${email}" --role="${role}"`;
}
