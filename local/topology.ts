import type { Iam } from './iam/iam.ts';

/** What `terraform apply` makes in production, as data: identities, their roles, topics, the key. The embedded cloud is provisioned from it. */

export const KEY_RING = 'integration-setup';
export const KEY = 'credentials';
export const VALIDATION_TOPIC = 'integration-validation';
export const DEAD_LETTER_TOPIC = 'integration-validation-dead-letter';
export const VALIDATION_SUBSCRIPTION = 'integration-validation-push';
export const DEAD_LETTER_SUBSCRIPTION = 'integration-validation-dead-letter-pull';
export const INTEGRATIONS_DATASET = 'integrations';
export const PUSH_ACCOUNT = 'pubsub-push';
export const SCHEDULER_ACCOUNT = 'scheduler';

/** Role names by the resource they are granted on. */
export interface Grants {
  readonly project?: readonly string[];
  readonly key?: readonly string[];
  readonly integrations?: readonly string[];
  readonly topic?: readonly string[];
  readonly deadLetters?: readonly string[];
}

const READER: Grants = { project: ['roles/bigquery.jobUser'], integrations: ['roles/bigquery.dataViewer'] };
const WRITER: Grants = { project: ['roles/bigquery.jobUser'], integrations: ['roles/bigquery.dataEditor'] };
const PUBLISHER: Grants = { ...WRITER, topic: ['roles/pubsub.publisher'] };

/** Service account ids of the functions, which are the functions' names, and what each may do. */
export const FUNCTION_GRANTS: Readonly<Record<string, Grants>> = {
  'integrations-setup': { ...PUBLISHER, key: ['roles/cloudkms.cryptoKeyEncrypter'] },
  'integrations-validate': PUBLISHER,
  'integrations-list': READER,
  'integrations-get': READER,
  'integrations-update': { ...PUBLISHER, key: ['roles/cloudkms.cryptoKeyEncrypter'] },
  'integrations-delete': WRITER,
  validation: { ...WRITER, key: ['roles/cloudkms.cryptoKeyDecrypter'] },
  providers: {},
};

/** Jobs make the organisations' datasets, so they edit data in the whole project. */
const JOB: Grants = { project: ['roles/bigquery.jobUser', 'roles/bigquery.dataEditor'] };

export const JOB_GRANTS: Readonly<Record<string, Grants>> = {
  billing: { ...JOB, key: ['roles/cloudkms.cryptoKeyDecrypter'] },
  focus: JOB,
  // Re-encryption opens and seals, and has to know the key's primary version.
  upkeep: {
    ...PUBLISHER,
    key: ['roles/cloudkms.cryptoKeyEncrypterDecrypter', 'roles/cloudkms.viewer'],
    deadLetters: ['roles/pubsub.subscriber'],
  },
};

/** Cron entries, in UTC; off the full hour, as many systems start their work there. */
export const SCHEDULES: readonly { readonly job: string; readonly schedule: string }[] = [
  { job: 'upkeep', schedule: '3-59/10 * * * *' },
  { job: 'billing', schedule: '17 */6 * * *' },
  { job: 'focus', schedule: '17 1-23/6 * * *' },
];

/** Accounts whose identity assumes customers' AWS roles: for a test, and for a dry run. */
export const AWS_ACCOUNTS: readonly string[] = ['validation', 'integrations-setup'];

/**
 * Each organisation has an account of its own, which stands for it at customers' Google Clouds and has no rights here. Those that
 * test credentials or use them may create its tokens, granted on that account alone.
 */
export const ORG_IDENTITY = {
  role: 'roles/iam.serviceAccountTokenCreator',
  users: ['integrations-setup', 'validation', 'job-billing'],
} as const;

export const jobAccount = (job: string): string => `job-${job}`;
export const emailOf = (account: string, projectId: string): string =>
  `${account}@${projectId}.iam.gserviceaccount.com`;
export const keyName = (projectId: string, location: string): string =>
  `projects/${projectId}/locations/${location}/keyRings/${KEY_RING}/cryptoKeys/${KEY}`;

/** Numeric ids of {@link AWS_ACCOUNTS}, as trust policies of AWS name them. */
export function awsSubjects(iam: Pick<Iam, 'findServiceAccount'>, projectId: string): string[] {
  return AWS_ACCOUNTS.map((account) => iam.findServiceAccount(emailOf(account, projectId))?.uniqueId ?? '');
}
