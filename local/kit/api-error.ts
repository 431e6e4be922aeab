/** gRPC status names by the HTTP status Google's REST APIs give them. */
const STATUS_BY_HTTP: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
  412: 'FAILED_PRECONDITION',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** A refusal in the shape of Google's APIs; the kit turns it into their JSON, the gRPC services into a status. */
export class ApiError extends Error {
  readonly httpStatus: number;
  /** `FAILED_PRECONDITION`, ... */
  readonly status: string;
  /** BigQuery's `errors[0].reason`, such as `notFound`, `duplicate`, `invalidQuery`. */
  readonly reason: string | undefined;

  constructor(
    httpStatus: number,
    message: string,
    options: { status?: string; reason?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ApiError';
    this.httpStatus = httpStatus;
    this.status = options.status ?? STATUS_BY_HTTP[httpStatus] ?? 'UNKNOWN';
    this.reason = options.reason;
  }

  toJSON(): object {
    return {
      error: {
        code: this.httpStatus,
        message: this.message,
        status: this.status,
        errors: [{ message: this.message, domain: 'global', reason: this.reason ?? this.status.toLowerCase() }],
      },
    };
  }
}
