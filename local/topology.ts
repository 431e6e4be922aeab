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

/** Starts Cloud Run jobs with arguments, `run.jobs.runWithOverrides`. */
const STARTER = 'roles/run.jobsExecutorWithOverrides';
export const SCHEDULER_GRANTS: Grants = { project: [STARTER] };
const READER: Grants = { project: ['roles/bigquery.jobUser'], integrations: ['roles/bigquery.dataViewer'] };
const WRITER: Grants = { project: ['roles/bigquery.jobUser'], integrations: ['roles/bigquery.dataEditor'] };
const PUBLISHER: Grants = { ...WRITER, topic: ['roles/pubsub.publisher'] };

/** What each function may do, under the service account that {@link functionAccount} names. */
export const FUNCTION_GRANTS: Readonly<Record<string, Grants>> = {
  'integrations-setup': { ...PUBLISHER, key: ['roles/cloudkms.cryptoKeyEncrypter'] },
  'integrations-validate': PUBLISHER,
  'integrations-list': READER,
  'integrations-get': READER,
  'integrations-update': { ...PUBLISHER, key: ['roles/cloudkms.cryptoKeyEncrypter'] },
  'integrations-delete': WRITER,
  validation: { ...WRITER, key: ['roles/cloudkms.cryptoKeyDecrypter'] },
  // It starts jobs in the name of users, with the arguments of their runs.
  pipelines: { ...WRITER, project: ['roles/bigquery.jobUser', STARTER] },
  // Jobs make an organisation's dataset when its first pipeline runs, so the right to read them is on the project; of
  // what else is there, ciphertexts are of no use without the key.
  costs: { project: ['roles/bigquery.jobUser', 'roles/bigquery.dataViewer'] },
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
    project: ['roles/bigquery.jobUser', 'roles/cloudscheduler.viewer'],
    key: ['roles/cloudkms.cryptoKeyEncrypterDecrypter', 'roles/cloudkms.viewer'],
    deadLetters: ['roles/pubsub.subscriber'],
  },
};

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

/** The function's own name, unless it is shorter than Google lets an account's id be. */
export const functionAccount = (name: string): string => (name.length < 6 ? `function-${name}` : name);
export const jobAccount = (job: string): string => `job-${job}`;
export const emailOf = (account: string, projectId: string): string =>
  `${account}@${projectId}.iam.gserviceaccount.com`;
export const keyName = (projectId: string, location: string): string =>
  `projects/${projectId}/locations/${location}/keyRings/${KEY_RING}/cryptoKeys/${KEY}`;

/** Numeric ids of {@link AWS_ACCOUNTS}, as trust policies of AWS name them. */
export function awsSubjects(iam: Pick<Iam, 'findServiceAccount'>, projectId: string): string[] {
  return AWS_ACCOUNTS.map((account) => iam.findServiceAccount(emailOf(account, projectId))?.uniqueId ?? '');
}
