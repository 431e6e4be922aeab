import { createHash, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { exportTableOf, type BillingAccount } from '../demo/customer.ts';
import { orgPrincipal } from '../../shared/gcp/org-principal.ts';
import { customerOwner, loadExport } from '../demo/load-export.ts';
import type { Behaviour } from '../iam/accounts.ts';
import type { Iam } from '../iam/iam.ts';
import type { KeyFile } from '../iam/keys.ts';
import type { Clock } from '../kit/contracts.ts';
import { expectation, type CaseOutcome, type ProviderCases, type SandboxCase } from './cases.ts';
import { furtherCases } from './gcp-further-cases.ts';
import { fieldsOf, JOB_USER, makeReader } from './gcp-readers.ts';

export interface GcpCaseDeps {
  readonly iam: Iam;
  readonly clock: Clock;
  /** Base URL of the embedded BigQuery. */
  readonly bigQuery: string;
  /** Our own project, where the organisation's identity is. */
  readonly platformProject: string;
}

export const SANDBOX_DATASET = 'billing_sandbox';
const SAMPLE_ROWS = 100;

/** The customer's project of an organisation: a valid project id, another one for each slug. */
export function customerProject(org: string): string {
  const name = org.replaceAll('_', '-');
  if (name.length <= 22) return `${name}-billing`;
  const digest = createHash('sha256').update(org).digest('hex').slice(0, 8);
  return `${name.slice(0, 13)}-${digest}-billing`;
}

/** A customer with an export of a few rows, and service accounts whose keys work, or fail in every way Google knows. */
export async function gcpCases(org: string, deps: GcpCaseDeps): Promise<ProviderCases> {
  const projectId = customerProject(org);
  const account = billingAccountOf(org);
  const makeTable = async (): Promise<void> => {
    const owner = await customerOwner(deps.iam, deps.bigQuery, projectId);
    const lastDay = deps.clock.now().toISOString().slice(0, 10);
    const dataset = { datasetId: SANDBOX_DATASET, location: 'US' };
    await loadExport(owner, dataset, { lastDay, rows: SAMPLE_ROWS, accounts: [account], daysBack: [1, 0] });
  };
  const [made, further] = await Promise.all([
    caseCredentials(projectId, deps),
    furtherCases({ org, projectId, billingAccount: account.id }, deps),
    makeTable(),
  ]);
  const credentials = [...made, ...further];
  // Now that the dataset is there: making it sets its policy.
  for (const [name, , { client_email, service_account }] of credentials) {
    const email = client_email ?? service_account ?? orgPrincipal(org, deps.platformProject);
    const dataset = `projects/${projectId}/datasets/${SANDBOX_DATASET}`;
    const isLeftOut = name === 'insufficient_permission' || !deps.iam.findServiceAccount(email);
    if (!isLeftOut) deps.iam.grant(dataset, 'roles/bigquery.dataViewer', email);
  }
  const metadata = { billing_export_table: `${projectId}.${SANDBOX_DATASET}.${exportTableOf(account)}` };
  const cases: Record<string, SandboxCase> = Object.fromEntries(
    credentials.map(([name, outcome, key]) => [name, { credentials: key, metadata, expect: expectation(outcome) }]),
  );
  return { ...cases, missing_table: withoutTable(cases['valid']?.credentials, metadata) };
}

/** The key works, and the export was switched on so recently that its table is not there yet. */
function withoutTable(
  credentials: SandboxCase['credentials'],
  { billing_export_table: table }: { billing_export_table: string },
): SandboxCase {
  return {
    ...(credentials ? { credentials } : {}),
    metadata: { billing_export_table: `${table}_not_there_yet` },
    expect: expectation('insufficient_permission'),
  };
}

/** A billing account id of the organisation's own. */
function billingAccountOf(org: string): BillingAccount {
  const digits = createHash('sha256').update(`billing-account:${org}`).digest('hex').slice(0, 18).toUpperCase();
  const id = digits.match(/.{6}/g)!.join('-');
  return { id, name: org, currency: 'USD', rate: 1, computeDiscount: 0, share: 1 };
}

/** Name, what its test comes to, and what is set up. */
export type MadeCase = readonly [name: string, outcome: CaseOutcome, key: NonNullable<SandboxCase['credentials']>];

/** What is done to an account or its key once the customer has downloaded it. */
const MISFORTUNES: Readonly<Record<string, (iam: Iam, file: KeyFile) => void>> = {
  revoked: (iam, { private_key_id }) => iam.deleteKey(private_key_id),
  disabled_key: (iam, { private_key_id }) => iam.setKeyDisabled(private_key_id, true),
  disabled_account: (iam, { client_email }) => iam.setAccountDisabled(client_email, true),
  deleted_account: (iam, { client_email }) => iam.deleteServiceAccount(client_email),
};

const TROUBLES: readonly Behaviour[] = ['rate_limited', 'unreachable', 'provider_error'];

function caseCredentials(projectId: string, { iam, clock }: GcpCaseDeps): Promise<MadeCase[]> {
  const reader = (name: string): Promise<string> => makeReader(iam, projectId, name);
  const key = async (name: string, validBefore?: Date): Promise<KeyFile> =>
    iam.createKey(await reader(name), validBefore ? { validBefore } : {});
  const made = async (name: string, outcome: CaseOutcome, file = key(name)): Promise<MadeCase> => [
    name,
    outcome,
    fieldsOf(await file),
  ];
  const broken = async (name: string): Promise<MadeCase> => {
    const file = await key(name);
    MISFORTUNES[name]?.(iam, file);
    return made(name, 'rejected', Promise.resolve(file));
  };
  const troubled = async (behaviour: Behaviour): Promise<MadeCase> => {
    const file = await key(behaviour);
    iam.setBehaviour(file.client_email, behaviour);
    return made(behaviour, behaviour, Promise.resolve(file));
  };
  const withoutJobs = async (): Promise<MadeCase> => {
    const file = await key('no_job_user');
    iam.revoke(`projects/${projectId}`, JOB_USER, file.client_email);
    return made('no_job_user', 'insufficient_permission', Promise.resolve(file));
  };
  return Promise.all([
    made('valid', 'accepted'),
    reader('wrong').then(async (email): Promise<MadeCase> => ['wrong', 'rejected', await unknownKey(projectId, email)]),
    // Google refuses an expired key with the words for an unknown one; only a stated `expires_at` tells them apart.
    made('expired', 'rejected', key('expired', new Date(clock.now().getTime() - 3_600_000))),
    made('insufficient_permission', 'insufficient_permission'),
    withoutJobs(),
    ...Object.keys(MISFORTUNES).map(broken),
    ...TROUBLES.map(troubled),
  ]);
}

const generate = promisify(generateKeyPair);

/** A key file in perfect form whose key Google has never seen. */
async function unknownKey(projectId: string, email: string): Promise<Record<string, string>> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return {
    type: 'service_account',
    project_id: projectId,
    private_key_id: randomBytes(20).toString('hex'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: email,
    token_uri: 'https://oauth2.googleapis.com/token',
    universe_domain: 'googleapis.com',
  };
}
