import { googleHost } from '../../gcp/google-hosts.ts';
import { valuesAt } from '../body-match.ts';
import type { ProviderAnswer } from '../provider-http.ts';
import type { CheckResult, TestRun } from '../test-run.ts';
import { askGoogle, consumerIn, withFacts, type Reader } from './google-api.ts';

/** What a role is recognised by, since Google tells permissions and never roles. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'roles/bigquery.jobUser': ['bigquery.jobs.create'],
  'roles/bigquery.dataViewer': ['bigquery.tables.get', 'bigquery.tables.getData'],
};

/** What counts is that it works: a role that a dataset grants is none that is missing. */
export function weighed(
  { check, missing }: PermissionFinding,
  proven: ReadonlySet<string>,
): PermissionFinding['check'] {
  const isCovered = missing.length > 0 && missing.every((role) => proven.has(role));
  return isCovered
    ? { status: 'pass', message: `What the project does not grant is granted below it: ${missing.join(', ')}.` }
    : check;
}

/** Of these permissions, those that the account has on its project; undefined when that cannot be known. */
export type Granted = ReadonlySet<string> | undefined;

export interface PermissionFinding {
  /** Roles that the project as a whole does not grant. */
  readonly missing: readonly string[];
  readonly check: CheckResult['check'];
  readonly granted: Granted;
}

/**
 * Asks for everything at once that a project can grant. It only warns: the same right may be granted on a dataset, and
 * reading decides. The caller reports.
 */
export async function lookAtPermissions(
  reader: Reader,
  further: readonly string[],
  run: TestRun,
): Promise<PermissionFinding> {
  const permissions = [...Object.values(NEEDED).flat(), ...further];
  const places: Record<string, string> = {
    email: reader.email,
    project: reader.projectId,
    consumer: reader.projectId,
    service: 'cloudresourcemanager.googleapis.com',
  };
  const { check, answer } = await run.look(
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
  const granted = answer?.status === 200 ? grantedIn(answer) : undefined;
  return { check, granted, missing: answer?.status === 200 ? missingRoles(answer) : [] };
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
