import type { OAuth2Client } from 'google-auth-library';
import type { Check } from '../../credentials/integration-row.ts';
import type { Platform } from '../../platform/platform.ts';
import type { GoogleServiceAccount } from '../service-account.ts';
import { askGoogle, googleApi } from './google-check.ts';

/** What a role is recognised by, since Google tells permissions and never roles. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'roles/bigquery.jobUser': ['bigquery.jobs.create'],
  'roles/bigquery.dataViewer': ['bigquery.tables.get', 'bigquery.tables.getData'],
};

/** The command that grants a role on a project. */
export function grantCommand(projectId: string, email: string, role: string): string {
  return `gcloud projects add-iam-policy-binding ${projectId} --member="serviceAccount:${email}" --role="${role}"`;
}

/** Roles on the project. Only warns: the same right may be granted on a dataset, and the reads that follow decide. */
export async function checkIamPermissions(
  auth: OAuth2Client,
  { config }: Pick<Platform, 'config'>,
  { project_id, client_email }: GoogleServiceAccount,
): Promise<Check> {
  const url = `${googleApi(config.endpoints, 'cloudresourcemanager')}/v1/projects/${encodeURIComponent(project_id)}:testIamPermissions`;
  try {
    const body = { permissions: Object.values(NEEDED).flat() };
    const { permissions = [] } = await askGoogle<{ permissions?: string[] }>(auth, url, { method: 'POST', body });
    const missing = Object.keys(NEEDED).filter(
      (role) => !NEEDED[role]?.every((needed) => permissions.includes(needed)),
    );
    if (missing.length === 0)
      return { id: 'iam_permissions', status: 'pass', message: `The roles on ${project_id} suffice.` };
    return {
      id: 'iam_permissions',
      status: 'warn',
      message: `Not granted on project ${project_id} as a whole: ${missing.join(', ')}.`,
      remedy: missing.map((role) => grantCommand(project_id, client_email, role)).join('\n'),
    };
  } catch {
    const message = `The permissions on ${project_id} could not be asked for; is the Resource Manager API enabled there?`;
    return { id: 'iam_permissions', status: 'warn', message };
  }
}

/** Billing Account Viewer is optional: without it billing accounts have no names. */
export async function checkBillingViewer(
  auth: OAuth2Client,
  { config }: Pick<Platform, 'config'>,
  { client_email }: GoogleServiceAccount,
): Promise<Check> {
  const url = `${googleApi(config.endpoints, 'cloudbilling')}/v1/billingAccounts?pageSize=1`;
  try {
    const { billingAccounts = [] } = await askGoogle<{ billingAccounts?: object[] }>(auth, url);
    if (billingAccounts.length > 0) {
      return { id: 'billing_viewer', status: 'pass', message: 'The account sees its billing account.' };
    }
  } catch {
    // the same as seeing none: an optional right is missing
  }
  return {
    id: 'billing_viewer',
    status: 'warn',
    message: 'roles/billing.viewer is not granted; billing accounts are shown without their names.',
    remedy: `gcloud billing accounts add-iam-policy-binding BILLING_ACCOUNT_ID --member="serviceAccount:${client_email}" --role="roles/billing.viewer"`,
  };
}
