import { orgPrincipal, principalId } from '../../shared/gcp/org-principal.ts';
import type { Iam } from '../iam/iam.ts';
import type { GcpCaseDeps, MadeCase } from './gcp-cases.ts';
import { fieldsOf, JOB_USER, makeReader } from './gcp-readers.ts';

export interface SampleCustomer {
  readonly org: string;
  readonly projectId: string;
  readonly billingAccount: string;
}

/** Cases that are about more than one key: capabilities, switched-off APIs, and no key at all. */
export async function furtherCases(
  { org, projectId, billingAccount }: SampleCustomer,
  deps: Pick<GcpCaseDeps, 'iam' | 'platformProject'>,
): Promise<MadeCase[]> {
  const { iam } = deps;
  const all = fieldsOf(await iam.createKey(await makeReader(iam, projectId, 'every_capability')));
  for (const role of CAPABILITY_ROLES) iam.grant(`projects/${projectId}`, role, all['client_email'] ?? '');
  iam.internals.billingAccounts.open({ id: billingAccount, displayName: org, currencyCode: 'USD' });
  iam.grant(`billingAccounts/${billingAccount}`, 'roles/billing.viewer', all['client_email'] ?? '');
  return [
    ['every_capability', 'accepted', all],
    ['service_disabled', 'accepted', await withoutApis(projectId, iam)],
    ...(await keylessCases(org, projectId, deps)),
  ];
}

const CAPABILITY_ROLES = [
  'roles/compute.viewer',
  'roles/storage.bucketViewer',
  'roles/iam.serviceAccountViewer',
  'roles/monitoring.viewer',
];

/** An account of another project, where what an inventory needs is granted and switched off. */
async function withoutApis(projectId: string, iam: Iam): Promise<Record<string, string>> {
  const bare = projectId.replace(/-billing$/, '-no-apis');
  const email = await makeReader(iam, bare, 'service_disabled');
  for (const role of CAPABILITY_ROLES) iam.grant(`projects/${bare}`, role, email);
  for (const label of ['compute', 'storage', 'monitoring']) {
    iam.internals.services.setEnabled(bare, `${label}.googleapis.com`, false);
  }
  return fieldsOf(await iam.createKey(email));
}

/** What was granted to the organisation's identity instead of a key: roles, an account to act as, or less than it takes. */
async function keylessCases(
  org: string,
  projectId: string,
  { iam, platformProject }: Pick<GcpCaseDeps, 'iam' | 'platformProject'>,
): Promise<MadeCase[]> {
  const principal = orgPrincipal(org, platformProject);
  if (!iam.findServiceAccount(principal)) await iam.createServiceAccount(platformProject, principalId(org));
  iam.grant(`projects/${projectId}`, JOB_USER, principal);
  const actAs = await makeReader(iam, projectId, 'keyless_impersonation');
  const account = `projects/${projectId}/serviceAccounts/${actAs}`;
  iam.grant(account, 'roles/iam.serviceAccountTokenCreator', principal);
  const keyless = { type: 'workload_identity', project_id: projectId };
  const notGranted = await makeReader(iam, projectId, 'keyless_not_granted');
  return [
    ['keyless', 'accepted', keyless],
    ['keyless_impersonation', 'accepted', { ...keyless, service_account: actAs }],
    ['keyless_not_granted', 'insufficient_permission', { ...keyless, service_account: notGranted }],
  ];
}
