import { ERRORS, ServiceError, type ErrorCode, type FieldFault } from '../platform/errors.ts';

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly FieldFault[];
  readonly request_id: string;
}

/** Failures that are ours alone: the user learns that it is so, the log learns why. */
const HIDDEN: ReadonlySet<ErrorCode> = new Set([
  'internal',
  'decryption_failed',
  'decryption_denied',
  'key_version_disabled',
  'key_version_destroyed',
  'unsupported_format',
]);

/** Any failure as a problem document; an unexpected one shows nothing of itself. */
export function toProblem(err: unknown, requestId: string): { problem: Problem; headers: Record<string, string> } {
  const error = err instanceof ServiceError && !HIDDEN.has(err.code) ? err : internal(err);
  const { status, title } = ERRORS[error.code];
  const problem = {
    type: `urn:problem:integration-setup:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    ...(error.faults.length > 0 ? { errors: error.faults } : {}),
    request_id: requestId,
  };
  return { problem, headers: headersOf(error) };
}

function internal(cause: unknown): ServiceError {
  return new ServiceError('internal', 'The request failed on our side; the request id finds it in the log', { cause });
}

function headersOf({ code, retryAfterSeconds }: ServiceError): Record<string, string> {
  const retryAfter = retryAfterSeconds ?? (ERRORS[code].status === 503 ? 5 : undefined);
  return {
    ...(code === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="integrations"' } : {}),
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  };
}
