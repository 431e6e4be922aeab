import { createHash, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { exportTableOf, type BillingAccount } from '../demo/customer.ts';
import { customerOwner, loadExport } from '../demo/load-export.ts';
import type { Behaviour } from '../iam/accounts.ts';
import type { Iam } from '../iam/iam.ts';
import type { KeyFile } from '../iam/keys.ts';
import type { Clock } from '../kit/contracts.ts';
import { expectation, type CaseOutcome, type ProviderCases, type SandboxCase } from './cases.ts';

export interface GcpCaseDeps {
  readonly iam: Iam;
  readonly clock: Clock;
  /** Base URL of the embedded BigQuery. */
  readonly bigQuery: string;
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
    await loadExport(owner, SANDBOX_DATASET, { lastDay, rows: SAMPLE_ROWS, accounts: [account], daysBack: [1, 0] });
  };
  const [credentials] = await Promise.all([caseCredentials(projectId, deps), makeTable()]);
  // Now that the dataset is there: making it sets its policy.
  for (const [, outcome, { client_email: email }] of credentials) {
    const dataset = `projects/${projectId}/datasets/${SANDBOX_DATASET}`;
    if (outcome !== 'insufficient_permission') deps.iam.grant(dataset, 'roles/bigquery.dataViewer', email!);
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

type MadeCase = readonly [name: string, outcome: CaseOutcome, key: NonNullable<SandboxCase['credentials']>];

function caseCredentials(projectId: string, { iam, clock }: GcpCaseDeps): Promise<MadeCase[]> {
  const reader = (suffix: string): Promise<string> => makeReader(iam, projectId, suffix);
  const key = async (suffix: string, validBefore?: Date): Promise<KeyFile> =>
    iam.createKey(await reader(suffix), validBefore ? { validBefore } : {});
  const troubled = async (behaviour: Behaviour): Promise<MadeCase> => {
    const file = await key(behaviour.replaceAll('_', '-'));
    iam.setBehaviour(file.client_email, behaviour);
    return [behaviour, behaviour, fieldsOf(file)];
  };
  return Promise.all([
    key('valid').then((file): MadeCase => ['valid', 'accepted', fieldsOf(file)]),
    reader('wrong').then(async (email): Promise<MadeCase> => ['wrong', 'rejected', await unknownKey(projectId, email)]),
    key('revoked').then((file): MadeCase => {
      iam.deleteKey(file.private_key_id);
      return ['revoked', 'rejected', fieldsOf(file)];
    }),
    // Google refuses an expired key with the words for an unknown one; only a stated `expires_at` tells them apart.
    key('expired', new Date(clock.now().getTime() - 3_600_000)).then((file): MadeCase => [
      'expired',
      'rejected',
      fieldsOf(file),
    ]),
    key('no-data').then((file): MadeCase => ['insufficient_permission', 'insufficient_permission', fieldsOf(file)]),
    troubled('rate_limited'),
    troubled('unreachable'),
    troubled('provider_error'),
  ]);
}

/** A service account that may run queries; what it may read is granted with the dataset. */
async function makeReader(iam: Iam, projectId: string, suffix: string): Promise<string> {
  const accountId = `finops-${suffix}`;
  const email = `${accountId}@${projectId}.iam.gserviceaccount.com`;
  // It is there already when an earlier attempt to make the cases was cut off.
  if (!iam.findServiceAccount(email)) await iam.createServiceAccount(projectId, accountId, 'FinOps reader');
  iam.grant(`projects/${projectId}`, 'roles/bigquery.jobUser', email);
  return email;
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

function fieldsOf(file: KeyFile): Record<string, string> {
  return { ...file };
}
