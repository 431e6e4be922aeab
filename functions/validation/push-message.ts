import { Type } from '@sinclair/typebox';
import { ServiceError } from '../../shared/platform/errors.ts';
import { createAjv } from '../../shared/providers/schema-validator.ts';
import { parseValidationRequest, type ValidationRequest } from '../../shared/credentials/validation-request.ts';

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
/** @throws ServiceError `invalid_request` for what is no message of ours; delivering it again would not mend it. */
export function parsePush(body: unknown): PushedRequest {
  if (!isEnvelope(body)) throw notOurs();
  const { data, messageId } = body.message;
  const request = parseValidationRequest(Buffer.from(data, 'base64').toString());
  if (!request) throw notOurs();
  return { messageId, request };
}

function notOurs(): ServiceError {
  return new ServiceError('invalid_request', 'This is not a validation request');
}
