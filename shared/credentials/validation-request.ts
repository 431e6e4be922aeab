import { randomUUID } from 'node:crypto';
import type { Topic } from '@google-cloud/pubsub';
import { bounded, unavailable } from '../platform/deadline.ts';
import { ServiceError } from '../platform/errors.ts';
import type { VisibleRow } from './integration-row.ts';

/** Asks for a test of one version of a credential. Holds ids only. */
export interface ValidationRequest {
  readonly org: string;
  readonly provider_key: string;
  readonly credential_id: string;
  readonly version: number;
  readonly request_id: string;
}

export function validationRequest(row: VisibleRow): ValidationRequest {
  const { org_slug: org, provider_key, credential_id, version } = row;
  return { org, provider_key, credential_id, version, request_id: randomUUID() };
}

export interface ValidationTopic {
  publish(request: ValidationRequest): Promise<void>;
}

const PUBLISH_LIMIT_MS = 3_500;

/** The topic that the validation function is subscribed to. */
export function validationTopic(topic: Pick<Topic, 'publishMessage'>): ValidationTopic {
  return {
    async publish(request) {
      try {
        await bounded('Pub/Sub', topic.publishMessage({ json: request }), PUBLISH_LIMIT_MS);
      } catch (err) {
        throw err instanceof ServiceError ? err : unavailable('Pub/Sub', err);
      }
    },
  };
}
