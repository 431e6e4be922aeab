import { Type } from '@sinclair/typebox';
import { ServiceError } from '../../shared/platform/errors.ts';
import { createAjv } from '../../shared/providers/schema-validator.ts';
import type { ValidationRequest } from '../../shared/credentials/validation-request.ts';

/** A Pub/Sub push: the request that was published, and the id that all its deliveries share. */
export interface PushedRequest {
  readonly messageId: string;
  readonly request: ValidationRequest;
}

const Text = Type.String({ minLength: 1, maxLength: 200 });
const ajv = createAjv();
const isEnvelope = ajv.compile<{ message: { data: string; messageId: string } }>(
  Type.Object({ message: Type.Object({ data: Type.String({ maxLength: 20_000 }), messageId: Text }) }),
);
const isRequest = ajv.compile<ValidationRequest>(
  Type.Object({ org: Text, provider_key: Text, credential_id: Text, version: Type.Integer(), request_id: Text }),
);

/** @throws ServiceError `invalid_request` for what is no message of ours; delivering it again would not mend it. */
export function parsePush(body: unknown): PushedRequest {
  if (!isEnvelope(body)) throw notOurs();
  const { data, messageId } = body.message;
  const request = parseJson(Buffer.from(data, 'base64').toString());
  if (!isRequest(request)) throw notOurs();
  return { messageId, request };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notOurs(): ServiceError {
  return new ServiceError('invalid_request', 'This is not a validation request');
}
