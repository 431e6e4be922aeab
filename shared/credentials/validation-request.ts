import { randomUUID } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import type { Topic } from '@google-cloud/pubsub';
import { bounded, unavailable } from '../platform/deadline.ts';
import { createAjv } from '../providers/schema-validator.ts';
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

const Text = Type.String({ minLength: 1, maxLength: 200 });
const isRequest = createAjv().compile<ValidationRequest>(
  Type.Object({ org: Text, provider_key: Text, credential_id: Text, version: Type.Integer(), request_id: Text }),
);

/** The request in a message's data; undefined when it is none of ours. */
export function parseValidationRequest(data: string): ValidationRequest | undefined {
  try {
    const request: unknown = JSON.parse(data);
    return isRequest(request) ? request : undefined;
  } catch {
    return undefined;
  }
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
