import type { Iam } from '../iam/iam.ts';
import type { KeyFile } from '../iam/keys.ts';

export const JOB_USER = 'roles/bigquery.jobUser';

/** A service account that may run queries; what it may read is granted with the dataset. */
export async function makeReader(iam: Iam, projectId: string, name: string): Promise<string> {
  const accountId = `finops-${name.replaceAll('_', '-')}`;
  const email = `${accountId}@${projectId}.iam.gserviceaccount.com`;
  // It is there already when an earlier attempt to make the cases was cut off.
  if (!iam.findServiceAccount(email)) await iam.createServiceAccount(projectId, accountId, 'FinOps reader');
  iam.grant(`projects/${projectId}`, JOB_USER, email);
  return email;
}

/** A key file as a credential, all of whose fields are text. */
export function fieldsOf(file: KeyFile): Record<string, string> {
  return { ...file };
}
