import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PubSub } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import { authClientFor } from '../../local/iam/auth-client.ts';
import { operatorBigQuery } from '../../local/provision.ts';
import { VALIDATION_TOPIC } from '../../local/topology.ts';
import { eventually, type Answer, type TestCloud } from '../harness/cloud.ts';

export interface StoredRow {
  readonly org_slug: string;
  readonly provider_key: string;
  readonly credential_id: string;
  readonly validation_status: string;
  readonly candidate_status: string | null;
  readonly encrypted_credentials: string | null;
  readonly candidate_encrypted_credentials: string | null;
  readonly fingerprint: string;
  readonly kms_key_version: string | null;
  readonly label: string | null;
  readonly version: number;
  readonly deleted_at: { value: string } | null;
}

export interface StoredEvent {
  readonly action: string;
  readonly from_status: string | null;
  readonly to_status: string | null;
  readonly version: number;
  readonly credential_id: string;
}

/** What the events of writes are called: those that made a version. */
const ACCESSES = ['decrypted', 'validation_requested'];

/** A test's hands on a cloud: the API, and what the operator sees behind it. */
export function serviceOf(cloud: TestCloud) {
  const query = async <T>(sql: string, params: object = {}): Promise<T[]> =>
    (await operatorBigQuery(cloud.cloud).query({ query: sql, params }))[0] as T[];
  const pathOf = (org: string, provider = 'openai') => `/integrations/${org}/${provider}`;

  const service = {
    async keyOf(org: string, name = 'valid', provider = 'openai'): Promise<object> {
      return (await cloud.sandboxCases(org)).providers[provider]![name]!.credentials as object;
    },
    get: async (org: string) => (await cloud.call('GET', pathOf(org))).body,
    setUp: (org: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
      cloud.call('POST', `${pathOf(org)}/setup`, { body, headers }),
    put: (org: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
      cloud.call('PUT', pathOf(org), { body, headers }),
    remove: (org: string, headers: Record<string, string> = {}) => cloud.call('DELETE', pathOf(org), { headers }),
    validate: (org: string) => cloud.call('POST', `${pathOf(org)}/validate`),
    async fault(fault: object): Promise<void> {
      assert.equal((await cloud.call('POST', '/local/faults', { body: { rate: 1, ...fault } })).status, 201);
    },
    noFaults: () => cloud.call('DELETE', '/local/faults'),
    advance: (seconds: number) => cloud.call('POST', '/local/clock', { body: { advance_s: seconds } }),
    async upkeep(): Promise<void> {
      await cloud.call('POST', '/local/jobs/upkeep', { body: {} });
    },
    rows: (org: string) =>
      query<StoredRow>('SELECT * FROM integrations.org_integration_credentials WHERE org_slug = @org', { org }),
    async row(org: string): Promise<StoredRow> {
      const rows = await service.rows(org);
      assert.equal(rows.length, 1, `${rows.length} rows of ${org}`);
      return rows[0]!;
    },
    /** Events of writes, in the order of versions. */
    events: async (org: string) =>
      (
        await query<StoredEvent>(
          `SELECT action, from_status, to_status, version, credential_id FROM integrations.org_integration_events
           WHERE org_slug = @org ORDER BY version, occurred_at`,
          { org },
        )
      ).filter(({ action }) => !ACCESSES.includes(action)),
    /** Waits until every message has been tried: what Pub/Sub still keeps rests until it is tried again. */
    async quiet(): Promise<void> {
      const { db, clock } = cloud.cloud.context;
      const waiting = db.prepare(
        "SELECT COUNT(*) AS n FROM pubsub_deliveries WHERE subscription LIKE '%-push' AND (due_ms IS NULL OR due_ms <= ?)",
      );
      await eventually(async () => waiting.get(clock.now().getTime())?.['n'] === 0, 30_000);
    },
    /** Waits until nobody waits for a test any more, and its events are there. */
    async atRest(org: string): Promise<StoredRow> {
      return eventually(async () => {
        const [row] = await service.rows(org);
        if (!row || row.deleted_at) return row;
        return [row.validation_status, row.candidate_status].includes('PENDING') ? undefined : row;
      }, 30_000);
    },
    async publish(...messages: (string | object)[]): Promise<void> {
      const { iam, context, endpoints } = cloud.cloud;
      const pubsub = new PubSub({
        projectId: context.projectId,
        apiEndpoint: endpoints.pubsub,
        sslCreds: credentials.createInsecure(),
        authClient: authClientFor(iam, iam.operator.email),
      });
      for (const message of messages) {
        const text = typeof message === 'string' ? message : JSON.stringify({ request_id: randomUUID(), ...message });
        await pubsub.topic(VALIDATION_TOPIC).publishMessage({ data: Buffer.from(text) });
      }
      await pubsub.close();
    },
    /** Every version has its one event, and each begins where the one before ended. */
    async assertUnbrokenHistory(org: string): Promise<void> {
      const row = await service.row(org);
      const events = await eventually(async () => {
        const found = await service.events(org);
        return found.length >= row.version ? found : undefined;
      });
      assert.deepEqual(
        events.map(({ version }) => version),
        Array.from({ length: row.version }, (_, index) => index + 1),
        JSON.stringify(events),
      );
      let state = 'NOT_CONFIGURED';
      for (const { action, from_status, to_status } of events) {
        assert.equal(from_status, state, `${action} in ${JSON.stringify(events)}`);
        state = to_status ?? '';
      }
    },
  };
  return service;
}

export type Service = ReturnType<typeof serviceOf>;

export const statusesOf = (answers: readonly Answer[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = body?.code ? `${status} ${body.code}` : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

export const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));
