/** Every failure a caller can meet: its HTTP status, its title, and whether trying again can help. */
export const ERRORS = {
  malformed_json: { status: 400, title: 'The body is not JSON', retryable: false },
  invalid_request: { status: 400, title: 'The request is not valid', retryable: false },
  unauthenticated: { status: 401, title: 'Sign in first', retryable: false },
  forbidden: { status: 403, title: 'Not allowed', retryable: false },
  not_found: { status: 404, title: 'Nothing is there', retryable: false },
  unknown_provider: { status: 404, title: 'No such provider', retryable: false },
  not_configured: { status: 404, title: 'The integration is not set up', retryable: false },
  method_not_allowed: { status: 405, title: 'The path does not answer this method', retryable: false },
  version_conflict: { status: 409, title: 'Somebody else changed the integration', retryable: true },
  integration_exists: { status: 409, title: 'The integration is set up already', retryable: false },
  precondition_failed: { status: 412, title: 'The integration has another version', retryable: false },
  body_too_large: { status: 413, title: 'The body is too large', retryable: false },
  unsupported_media_type: { status: 415, title: 'The body is of another type', retryable: false },
  credential_format: { status: 422, title: 'The credential has a wrong format', retryable: false },
  metadata_invalid: { status: 422, title: 'The metadata is not valid', retryable: false },
  idempotency_key_reused: { status: 422, title: 'The idempotency key belongs to another request', retryable: false },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  backend_unavailable: { status: 503, title: 'A backend does not answer', retryable: true },
  /** A provider gave no verdict on a credential; the status stays and the test is tried again. */
  provider_unreachable: { status: 503, title: 'The provider does not answer', retryable: true },
  /** The stored ciphertext does not open: another row's, damaged, or its key version is disabled. */
  decryption_failed: { status: 500, title: 'The stored credential does not open', retryable: false },
  key_version_disabled: { status: 500, title: 'The key of the stored credential is switched off', retryable: true },
  key_version_destroyed: { status: 500, title: 'The key of the stored credential is destroyed', retryable: false },
  unsupported_format: { status: 500, title: 'The stored credential has an unknown format', retryable: false },
  decryption_denied: { status: 500, title: 'This identity may not open credentials', retryable: false },
  internal: { status: 500, title: 'Something went wrong on our side', retryable: false },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/** What was deployed is faulty: settings, registry, pipelines. Its message names files and variables, and nothing of a user's. */
export class DeploymentError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'DeploymentError';
  }
}

/** One fault of a refused input: where it is, what it is, and how to mend it. */
export interface FieldFault {
  /** JSON pointer into the request body (RFC 6901). */
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface ServiceErrorOptions {
  readonly cause?: unknown;
  readonly faults?: readonly FieldFault[];
  readonly retryAfterSeconds?: number;
}

/** A failure with a stable code. Its message may reach a user, so it never holds a secret or a provider's raw text. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly FieldFault[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ServiceError';
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get httpStatus(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}
