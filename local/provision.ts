import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BigQuery, type TableField } from '@google-cloud/bigquery';
import { authClientFor } from './iam/auth-client.ts';
import type { Cloud } from './cloud.ts';
import type { Binding } from './kit/contracts.ts';
import {
  DEAD_LETTER_SUBSCRIPTION,
  DEAD_LETTER_TOPIC,
  emailOf,
  FUNCTION_GRANTS,
  functionAccount,
  INTEGRATIONS_DATASET,
  JOB_GRANTS,
  jobAccount,
  KEY,
  KEY_RING,
  keyName,
  PUSH_ACCOUNT,
  SCHEDULER_ACCOUNT,
  SCHEDULER_GRANTS,
  VALIDATION_SUBSCRIPTION,
  VALIDATION_TOPIC,
  type Grants,
} from './topology.ts';

const TABLES = join(import.meta.dirname, '../configs/bigquery/integrations');

interface TableFile {
  readonly description?: string;
  readonly schema: TableField[];
  readonly clustering?: string[];
}

/**
 * Makes in the embedded cloud what terraform makes in production: key, topics, tables, roles.
 * Runs at every start; what is there already stays as it is.
 *
 * @param pushEndpoint - Where the validation function listens now.
 */
export async function provision(cloud: Cloud, pushEndpoint: string): Promise<void> {
  await Promise.all([makeKey(cloud), makeTopics(cloud, pushEndpoint), makeTables(cloud)]);
  grantRoles(cloud);
}

/** The service accounts of functions and jobs, whose ids the configuration names. */
export async function makeIdentities({ iam, context: { projectId } }: Cloud): Promise<void> {
  const accounts = [
    ...Object.keys(FUNCTION_GRANTS).map(functionAccount),
    ...Object.keys(JOB_GRANTS).map(jobAccount),
    PUSH_ACCOUNT,
    SCHEDULER_ACCOUNT,
  ];
  for (const account of accounts) {
    if (!iam.findServiceAccount(emailOf(account, projectId))) await iam.createServiceAccount(projectId, account);
  }
}

function grantRoles({ context: { policy, projectId, location } }: Cloud): void {
  const resources: Record<keyof Grants, string> = {
    project: `projects/${projectId}`,
    key: keyName(projectId, location),
    integrations: `projects/${projectId}/datasets/${INTEGRATIONS_DATASET}`,
    topic: `projects/${projectId}/topics/${VALIDATION_TOPIC}`,
    deadLetters: `projects/${projectId}/subscriptions/${DEAD_LETTER_SUBSCRIPTION}`,
  };
  const grants = [
    ...Object.entries(FUNCTION_GRANTS).map(([name, grant]) => [functionAccount(name), grant] as const),
    ...Object.entries(JOB_GRANTS).map(([job, grant]) => [jobAccount(job), grant] as const),
    [SCHEDULER_ACCOUNT, SCHEDULER_GRANTS] as const,
  ];
  for (const [scope, resource] of Object.entries(resources)) {
    const wanted = grants.flatMap(([account, grant]) =>
      (grant[scope as keyof Grants] ?? []).map((role) => ({
        role,
        member: `serviceAccount:${emailOf(account, projectId)}`,
      })),
    );
    policy.setBindings(resource, merge(policy.bindings(resource), wanted));
  }
}

/** Adds members to bindings, as `_iam_member` resources do: what others granted stays. */
function merge(present: readonly Binding[], wanted: readonly { role: string; member: string }[]): Binding[] {
  const byRole = new Map(present.map(({ role, members }) => [role, new Set(members)]));
  for (const { role, member } of wanted) byRole.set(role, (byRole.get(role) ?? new Set()).add(member));
  return [...byRole].map(([role, members]) => ({ role, members: [...members] }));
}

async function makeKey(cloud: Cloud): Promise<void> {
  const { projectId, location } = cloud.context;
  const parent = `projects/${projectId}/locations/${location}`;
  const call = operatorCalls(cloud, cloud.endpoints.kms_rest);
  await call('POST', `/v1/${parent}/keyRings?keyRingId=${KEY_RING}`, {});
  await call('POST', `/v1/${parent}/keyRings/${KEY_RING}/cryptoKeys?cryptoKeyId=${KEY}`, {
    purpose: 'ENCRYPT_DECRYPT',
    rotationPeriod: '7776000s', // 90 days
    nextRotationTime: new Date(cloud.context.clock.now().getTime() + 7_776_000_000).toISOString(),
  });
}

async function makeTopics(cloud: Cloud, pushEndpoint: string): Promise<void> {
  const { PubSub } = await import('@google-cloud/pubsub');
  const { credentials } = await import('@grpc/grpc-js');
  const { projectId } = cloud.context;
  const pubsub = new PubSub({
    projectId,
    apiEndpoint: cloud.endpoints.pubsub,
    sslCreds: credentials.createInsecure(),
    // Unused over an insecure channel; without it the client would look for a metadata server.
    authClient: authClientFor(cloud.iam, cloud.iam.operator.email),
  });
  const pushConfig = {
    pushEndpoint,
    oidcToken: { serviceAccountEmail: emailOf(PUSH_ACCOUNT, projectId), audience: 'validation' },
  };
  await existing(() => pubsub.createTopic(VALIDATION_TOPIC));
  await existing(() => pubsub.createTopic(DEAD_LETTER_TOPIC));
  await existing(() => pubsub.topic(DEAD_LETTER_TOPIC).createSubscription(DEAD_LETTER_SUBSCRIPTION));
  await existing(() =>
    pubsub.topic(VALIDATION_TOPIC).createSubscription(VALIDATION_SUBSCRIPTION, {
      pushConfig,
      ackDeadlineSeconds: 60,
      retryPolicy: { minimumBackoff: { seconds: 10 }, maximumBackoff: { seconds: 600 } },
      deadLetterPolicy: {
        deadLetterTopic: `projects/${projectId}/topics/${DEAD_LETTER_TOPIC}`,
        maxDeliveryAttempts: 10,
      },
    }),
  );
  await pubsub.subscription(VALIDATION_SUBSCRIPTION).modifyPushConfig(pushConfig);
  await pubsub.close();
}

async function makeTables(cloud: Cloud): Promise<void> {
  const bigquery = operatorBigQuery(cloud);
  const dataset = bigquery.dataset(INTEGRATIONS_DATASET);
  await existing(() => dataset.create({ location: cloud.context.location, maxTimeTravelHours: '48' } as object));
  for (const file of (await readdir(TABLES)).filter((name) => name.endsWith('.json'))) {
    const { schema, ...rest } = JSON.parse(await readFile(join(TABLES, file), 'utf8')) as TableFile;
    const table = dataset.table(file.slice(0, -'.json'.length));
    const { clustering, ...others } = rest;
    const metadata = {
      schema: { fields: schema },
      ...others,
      ...(clustering ? { clustering: { fields: clustering } } : {}),
    };
    const [exists] = await table.exists();
    await (exists ? table.setMetadata({ schema: { fields: schema } }) : table.create(metadata as object));
  }
}

/** BigQuery as the operator, who owns every project. */
export function operatorBigQuery(cloud: Cloud, projectId = cloud.context.projectId): BigQuery {
  return new BigQuery({
    projectId,
    apiEndpoint: cloud.endpoints.bigquery,
    authClient: authClientFor(cloud.iam, cloud.iam.operator.email),
  });
}

function operatorCalls(cloud: Cloud, baseUrl: string) {
  return async (verb: string, path: string, body: object): Promise<void> => {
    const token = await cloud.iam.accessToken(cloud.iam.operator.email, [
      'https://www.googleapis.com/auth/cloud-platform',
    ]);
    const response = await fetch(baseUrl + path, {
      method: verb,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok && response.status !== 409) throw new Error(`${verb} ${path}: ${await response.text()}`);
  };
}

/** Runs a creation; that the thing is there already is what we want. */
async function existing(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (err) {
    const { code } = err as { code?: unknown };
    if (code !== 409 && code !== 6) throw err; // HTTP and gRPC ALREADY_EXISTS
  }
}
