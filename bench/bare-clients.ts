import { BigQuery, type Query } from '@google-cloud/bigquery';
import { KeyManagementServiceClient } from '@google-cloud/kms';
import { PubSub } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import type { Statement } from '../shared/credentials/statements.ts';
import { restEndpoint } from '../shared/gcp/endpoint.ts';
import type { Platform } from '../shared/platform/platform.ts';

/** Google's clients and nothing around them: the least that the product's calls can cost. */
export interface BareClients extends AsyncDisposable {
  query(statement: Statement, params: Record<string, unknown>): Promise<Record<string, unknown>[]>;
  encrypt(plaintext: Buffer, additionalAuthenticatedData: Buffer): Promise<{ ciphertext: string; name: string }>;
  publish(json: object): Promise<void>;
}

export function bareClients({ config, auth }: Platform): BareClients {
  const { projectId, endpoints, kmsKey, validationTopic } = config;
  const authClient = auth!;
  const bigQuery = new BigQuery({ projectId, authClient, apiEndpoint: endpoints.bigquery! });
  const kms = new KeyManagementServiceClient({ fallback: true, authClient, ...restEndpoint(endpoints.kms!) });
  const pubsub = new PubSub({
    projectId,
    authClient,
    apiEndpoint: endpoints.pubsub!,
    sslCreds: credentials.createInsecure(),
  });
  // By itself it would wait 10 ms for more messages.
  const topic = pubsub.topic(validationTopic, { batching: { maxMessages: 1 } });
  const names: Readonly<Record<string, string>> = { project: projectId, integrations: config.integrationsDataset };
  return {
    async query({ sql, types }, params) {
      const query = sql.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => names[name] ?? '');
      const request = { query, params, types: { ...types }, jobCreationMode: 'JOB_CREATION_OPTIONAL' };
      const [rows] = await bigQuery.query(request as Query);
      return rows as Record<string, unknown>[];
    },
    async encrypt(plaintext, additionalAuthenticatedData) {
      const [answer] = await kms.encrypt({ name: kmsKey, plaintext, additionalAuthenticatedData });
      return { ciphertext: Buffer.from(answer.ciphertext as Uint8Array).toString('base64'), name: answer.name ?? '' };
    },
    publish: async (json) => void (await topic.publishMessage({ json })),
    async [Symbol.asyncDispose]() {
      await Promise.all([kms.close(), pubsub.close()]);
    },
  };
}
